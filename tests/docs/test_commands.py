"""Every command and snippet of the documentation is run here, or parsed by what would run it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from django.core.management import get_commands, load_command_class

from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server

PAGES = {str(path): path.read_text() for path in (Path("README.md"), *sorted(Path("docs").glob("*.md")))}
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`((?:[A-Z_]+=\S+ )*(?:make|python manage\.py|celery -A) [^`\n]+)`")
BIN = Path(sys.executable).parent


def shell_blocks() -> list[str]:
    return [text for page in PAGES.values() for name, text in BLOCK.findall(page) if name in ("bash", "sh")]


def commands() -> list[str]:
    """One-line commands of the shell blocks, and those that stand in the text."""
    lines = [line for block in shell_blocks() if "<<EOF" not in block for line in block.splitlines() if line]
    inline = [command for page in PAGES.values() for command in INLINE.findall(BLOCK.sub("", page))]
    return sorted({part for line in [*lines, *inline] for part in line.split(" && ")})


def section(title: str) -> str:
    """What operations.md says under this heading."""
    return PAGES["docs/operations.md"].split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("command", commands())
def test_a_documented_command_is_one_that_works(command: str, tmp_path: Path) -> None:
    words = [word for word in shlex.split(command) if not re.match(r"[A-Z0-9_]+=", word)]
    match words:
        case ["make", *_]:
            targets_exist(command)
        case ["python", "manage.py", name, *options] | ["c8yadmin", name, *options]:
            options_are_understood(name, options)
        case ["celery", "-A", application, name, *options]:
            celery_understands(application, name, options)
        case ["python", "-c", code]:
            snippet_runs(code, tmp_path)
        case ["python", "-m", "zipfile", "-c", archive, *files]:
            files_are_packed(archive, files, tmp_path)
        case ["docker", *options]:
            docker_is_asked(command, options)
        case ["git", "clone", *_] | ["cd", _] | ["rm" | "cp", *_]:  # test_restoring.py runs the latter whole
            assert command in PAGES["README.md"] + section("Backup")
        case _:
            pytest.fail(f"no test knows how to try {command!r}")


def targets_exist(command: str) -> None:
    dry = re.sub(r"\bmake\b", "make --dry-run", command, count=1)
    subprocess.run(["bash", "-c", dry], check=True, capture_output=True)


def options_are_understood(name: str, options: list[str]) -> None:
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    with pytest.raises(SystemExit) if "--help" in options else contextlib.nullcontext():
        parser.parse_args(options)


def celery_understands(application: str, name: str, options: list[str]) -> None:
    command = [sys.executable, "-m", "celery", "-A", application, name, "--help"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for option in options:
        assert not option.startswith("-") or re.search(rf"(^|\s){option}\b", told), f"{name} has no {option}"


def docker_is_asked(command: str, options: list[str]) -> None:
    """Without an engine: the Dockerfile has the stage that is built, and what is saved was built before."""
    match options:
        case ["compose", *_]:
            assert command in section("Backup")
        case ["build", "--platform", "linux/amd64", "--target", stage, "--tag", _, "."]:
            assert re.search(rf"^FROM \S+ AS {stage}$", Path("Dockerfile").read_text(), re.MULTILINE)
        case ["save", "--output", "image.tar", tag]:
            assert f"--tag {tag} ." in PAGES["docs/microservice.md"]
        case _:
            pytest.fail(f"no test knows how to try docker {shlex.join(options)}")


def files_are_packed(archive: str, files: list[str], folder: Path) -> None:
    """The documented command, with an image that is none."""
    (folder / "c8yadmin").symlink_to(Path("c8yadmin").resolve())
    (folder / "image.tar").write_bytes(b"layers")
    subprocess.run([sys.executable, "-m", "zipfile", "-c", archive, *files], cwd=folder, check=True)
    with zipfile.ZipFile(folder / archive) as packed:
        assert packed.namelist() == ["cumulocity.json", "image.tar"]
        json.loads(packed.read("cumulocity.json"))


def snippet_runs(code: str, folder: Path) -> None:
    (folder / ".data").mkdir()
    sqlite3.connect(folder / ".data/c8yadmin.sqlite3").execute("CREATE TABLE kept (value)").connection.close()
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True
    )
    if "Fernet" in code:
        Fernet(told.stdout.strip())
    else:
        copy = sqlite3.connect(folder / ".data/backup.sqlite3")
        assert copy.execute("SELECT name FROM sqlite_master").fetchall() == [("kept",)]
        copy.close()


def test_the_secrets_of_the_documented_file_are_good_and_all_that_compose_asks_for(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("there is no openssl here")
    writes = next(block for block in shell_blocks() if "<<EOF" in block)
    subprocess.run(["bash", "-euc", writes], cwd=tmp_path, check=True)
    written = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    Fernet(written["C8YADMIN_ENCRYPTION_KEYS"])
    assert len(written["C8YADMIN_SECRET_KEY"]) >= 32
    assert set(re.findall(r"\$\{(\w+):\?", Path("compose.yaml").read_text())) <= set(written)


def test_compose_runs_the_documented_processes_with_commands_that_exist() -> None:
    services: dict[str, Any] = yaml.safe_load(Path("compose.yaml").read_text())["services"]
    assert set(services) == {"migrate", "web", "worker", "beat", "redis", "postgres"}
    for name in ("worker", "beat"):
        _, _, _, application, process, *options = services[name]["command"]
        celery_understands(application, process, options)
    options_are_understood(services["migrate"]["command"][2], services["migrate"]["command"][3:])


def test_the_image_is_built_from_files_that_exist_and_are_let_in() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", Path("Dockerfile").read_text(), re.MULTILINE)
    let_in = {line[1:] for line in Path(".dockerignore").read_text().splitlines() if line.startswith("!")}
    names = {name for line in copied for name in line.split()}
    assert names == let_in
    assert all(Path(name).exists() for name in names)


@pytest.mark.parametrize("path", sorted(PAGES))
def test_a_link_to_another_page_leads_somewhere(path: str) -> None:
    for target in re.findall(r"(?<!!)\[[^]]*\]\((?!https?:)([^)#]+)", PAGES[path]):
        assert (Path(path).parent / target).exists(), target


def test_the_snippet_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    [snippet] = [text for name, text in BLOCK.findall(PAGES["README.md"]) if name == "python"]
    sandbox = Sandbox(devices=20, seed=7)
    with Server(sandbox).start() as server:
        own = {
            "https://acme.cumulocity.com": server.base_url,
            "t12345": "acme",
            '"admin", "secret"': f'"admin", "{sandbox.credentials["acme"]["admin"]["password"]}"',
        }
        for documented, here in own.items():
            assert documented in snippet
            snippet = snippet.replace(documented, here)
        exec(compile(snippet, "snippet", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out.strip()
