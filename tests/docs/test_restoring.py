"""A backup that is made and restored as documented holds what was there when it was made, nothing else."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tests import postgres
from tests.docs.test_commands import BLOCK, section

BACKUP, DUMP, RESTORE, RESTORE_DUMP = (text for _, text in BLOCK.findall(section("Backup")))
WRITE = """
import os, sqlite3
connection = sqlite3.connect(".data/c8yadmin.sqlite3")
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("CREATE TABLE IF NOT EXISTS kept (value)")
connection.execute("INSERT INTO kept VALUES ('{}')")
connection.commit()
os._exit(0)  # as killed: what was written stands beside the file
"""
# Docker for who is in the container already; services are neither stopped nor started.
DOCKER = """#!/bin/sh
shift
case "$1" in
exec) shift 3; exec "$@" ;;
esac
"""


def run(script: str, folder: Path, **environment: str) -> str:
    programs = folder / "bin"
    found = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", **environment}
    return subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=found, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the documented commands run: `python` is this one, and its `manage.py` does nothing."""
    (tmp_path / ".data").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "bin" / "docker").write_text(DOCKER)
    (tmp_path / "bin" / "docker").chmod(0o755)
    (tmp_path / "manage.py").touch()
    return tmp_path


def test_a_copy_of_sqlite_comes_back_without_what_stood_beside_the_old_file(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", WRITE.format("before")], cwd=folder, check=True)
    run(BACKUP, folder)
    subprocess.run([sys.executable, "-c", WRITE.format("later")], cwd=folder, check=True)
    file = folder / ".data/c8yadmin.sqlite3"
    assert b"later" in Path(f"{file}-wal").read_bytes()
    run(RESTORE, folder)
    restored = sqlite3.connect(file)
    assert restored.execute("SELECT value FROM kept").fetchall() == [("before",)]
    assert restored.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    restored.close()


@pytest.fixture
def server() -> Iterator[str]:
    """The folder of a private PostgreSQL."""
    programs = postgres.programs()
    if programs is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("there is no PostgreSQL here")
    with postgres.server(programs) as url:
        yield parse_qs(urlsplit(url).query)["host"][0]


def test_a_dump_of_postgresql_comes_back_without_tables_of_later_releases(folder: Path, server: str) -> None:
    psql = "psql --username c8yadmin --no-psqlrc --tuples-only --no-align --quiet"

    def asked(sql: str) -> list[str]:
        return run(f'{psql} c8yadmin --command "{sql}"', folder, PGHOST=server).split()

    run("createdb --username c8yadmin c8yadmin", folder, PGHOST=server)
    asked("CREATE TABLE kept (value text); INSERT INTO kept VALUES ('before')")
    run(DUMP, folder, PGHOST=server)
    asked("CREATE TABLE newer (value text); INSERT INTO kept VALUES ('later')")
    run(RESTORE_DUMP, folder, PGHOST=server)
    assert asked("SELECT value FROM kept") == ["before"]
    assert asked("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == ["kept"]


def test_what_is_stopped_and_started_are_services_of_compose(folder: Path) -> None:
    calls = [line.split()[2:] for line in RESTORE_DUMP.splitlines() if " exec " not in line]
    assert [words[0] for words in calls] == ["stop", "up"]
    services = yaml.safe_load(Path("compose.yaml").read_text())["services"]
    named = {word for words in calls for word in words[1:] if not word.startswith("--")}
    assert named == {"web", "worker", "beat"} <= services.keys()
