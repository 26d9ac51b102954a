"""Dockerfile and compose.yaml, step by step without an engine: without any right of root's, in a folder that
cannot be written to, with the documented variables."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet

from c8yadmin.demo.plan import free_port, healthy
from tests.processes import eventually

pytestmark = pytest.mark.xdist_group("image")
DOCKERFILE = Path("Dockerfile").read_text().replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load(Path("compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
CONFIGURATION = Path("docs/configuration.md").read_text()
BIN = str(Path(sys.executable).parent)


def stage(name: str) -> str:
    """The instructions of a stage of the Dockerfile."""
    found = re.search(rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


def exec_form(instruction: str, text: str) -> list[str]:
    [words] = re.findall(rf"^(?:HEALTHCHECK .*)?{instruction} (\[.*\])$", text, re.MULTILINE)
    return list(json.loads(words))


@dataclass
class Container:
    """The image's files and user, without an engine."""

    folder: Path
    redis_url: str
    port: int = field(default_factory=free_port)
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def build(self) -> None:
        """Do what the stages say to fill /app."""
        app = self.app
        app.mkdir()
        for source in re.findall(r"^COPY (?!--from)(\S+) \S+$", stage("build"), re.MULTILINE):
            copy = shutil.copytree if Path(source).is_dir() else shutil.copy
            copy(source, app / source)
        (app / "node_modules").symlink_to(Path("node_modules").resolve())
        run = r"^RUN (C8YADMIN_DATA_DIR=)\S+ \S+( manage.py [^&]+)&&"
        [(folder, collect)] = re.findall(run, stage("build"), re.MULTILINE)
        step = f"{folder}{self.folder}/build {sys.executable}{collect}"
        subprocess.run(["bash", "-euc", step], cwd=app, check=True, capture_output=True, env=clean())
        (app / "node_modules").unlink()
        subprocess.run(["chmod", "-R", "a-w,a+rX", str(app)], check=True)
        self.data.mkdir(mode=0o700)

    @property
    def app(self) -> Path:
        return self.folder / "app"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        """The image's variables, and what compose.yaml adds to them."""
        image = dict(re.findall(r"(\w+)=(\S+)", re.findall(r"^ENV (.*)$", stage("console"), re.MULTILINE)[0]))
        given = {
            "C8YADMIN_SECRET_KEY": "s" * 50,
            "C8YADMIN_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "C8YADMIN_ALLOWED_HOSTS": "console.example.com",
            "C8YADMIN_TENANT_HOSTS": "*.cumulocity.com",
        }
        image |= {"PATH": f"{BIN}:/usr/bin:/bin", "C8YADMIN_DATA_DIR": str(self.data)}
        written = SERVICES["web"]["environment"]
        composed = {name: filled(text, given) for name, text in written.items()}
        database = f"sqlite:///{self.data}/console.sqlite3"
        return {**image, **composed, "DATABASE_URL": database, "REDIS_URL": self.redis_url, "HOME": "/"}

    def start(self, name: str, command: list[str]) -> None:
        own = SERVICES[name].get("environment", {})
        extra = {key: value for key, value in own.items() if key not in SERVICES["web"]["environment"]}
        with self.log(name).open("wb") as log:
            self.started[name] = subprocess.Popen(
                bare(command), cwd=self.app, env=self.environment | extra, stdout=log, stderr=log
            )

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            bare(command), cwd=self.app, env=self.environment, text=True, capture_output=True, check=False
        )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def ask(self, address: str, **headers: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", address, headers=headers)
        answer = connection.getresponse()
        told = answer.status, answer.read().decode()
        connection.close()
        return told

    def close(self) -> None:
        for process in self.started.values():
            if process.poll() is None:
                process.kill()
                process.wait()


def bare(command: list[str]) -> list[str]:
    """`command` as compose.yaml lets it run: even root gets no capability, and cannot get one."""
    drop = ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    return [*drop, *command] if os.geteuid() == 0 and shutil.which("setpriv") else command


def clean() -> dict[str, str]:
    """This process's environment without its settings."""
    ours = re.compile("C8YADMIN_|DJANGO_|PYTHONPATH|DATABASE_URL|REDIS_URL")
    return {name: value for name, value in os.environ.items() if not ours.match(name)}


def filled(text: str, given: dict[str, str]) -> str:
    """`${NAME:-default}` and `${NAME:?words}` with the values of a file .env."""
    return re.sub(r"\$\{(\w+)(?::([-?])([^}]*))?\}", lambda found: given.get(found[1], found[3] or ""), text)


@pytest.fixture(scope="module")
def container(redis_url: str) -> Iterator[Container]:
    with tempfile.TemporaryDirectory(prefix="c8yadmin-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = Container(folder, redis_url)
        made.build()
        yield made
        made.close()
        subprocess.run(["chmod", "-R", "u+w", name], check=True)


def test_the_image_runs_without_a_right_of_roots_and_ends_in_good_order(container: Container) -> None:
    migrated = container.run(SERVICES["migrate"]["command"])
    assert migrated.returncode == 0, migrated.stderr
    serve = [*exec_form("CMD", stage("console").partition("HEALTHCHECK")[2].partition("\n")[2]), "--port"]
    container.start("web", [*serve, str(container.port)])
    for name in ("worker", "beat"):
        words = (word.replace("/tmp/", f"{container.data}/") for word in SERVICES[name]["command"])  # noqa: S108
        container.start(name, list(words))
    eventually(lambda: healthy(container.port), 30)
    health = exec_form("CMD", re.findall(r"^HEALTHCHECK.*$", stage("console"), re.MULTILINE)[0])
    assert container.run([*health, str(container.port)]).returncode == 0
    assert container.run([*health, str(free_port())]).returncode == 1
    eventually(lambda: container.ask("/healthz?all")[0] == 200, 60)
    page = container.ask("/sign-in/", **{"Host": "console.example.com", "X-Forwarded-Proto": "https"})
    assert page[0] == 200
    assert (
        container.ask("/sign-in/", Host="console.example.com")[0] == 301
    )  # as compose.yaml has it: HTTPS only
    assert_written(container, "web")
    for name, process in container.started.items():
        assert_ends(name, process)


def assert_written(container: Container, name: str) -> None:
    """Each event is one JSON object; a request has an id."""
    events = [json.loads(line) for line in container.log(name).read_text().splitlines()]
    assert all("request_id" in event for event in events if event["event"] == "request_finished")
    assert any(event.get("request") == "GET /sign-in/" for event in events), events


def assert_ends(name: str, process: subprocess.Popen[bytes]) -> None:
    """SIGTERM ends it within the time that compose grants (10 s where it says nothing)."""
    grace = int(SERVICES[name].get("stop_grace_period", "10s").removesuffix("s"))
    before = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(grace + 5) in (0, -signal.SIGTERM)  # uvicorn tells how it was ended
    assert time.monotonic() - before < grace


def test_compose_passes_only_settings_that_exist() -> None:
    named = {name for service in SERVICES.values() for name in service.get("environment", {})}
    own = {name for name in named if name.startswith("C8YADMIN_")}
    assert own
    assert all(f"| `{name}`" in CONFIGURATION for name in own)
