"""The real thing: Celery workers, a beat, Redis, and a tenant behind HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from sdk import BasicAuth, CumulocityClient
from tests.processes import eventually

ROOT = Path(__file__).resolve().parents[2]
# Where the tests run on PostgreSQL, the other processes use the same database, so the test must not hide in a
# transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def process(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a group of its own, which is gone afterwards with all it started."""
    with log.open("ab") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield running
    finally:
        kill(running)


def kill(running: subprocess.Popen[bytes]) -> None:
    """`kill -9` the process and its children."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


@pytest.fixture
def tenant(tmp_path: Path, free_port: int) -> Iterator[dict[str, str]]:
    """A sandbox of 1,200 devices with answers after 100 ms; gives the C8Y_… variables of its admin."""
    with sandbox(tmp_path, free_port, devices=1200, latency=60) as admin:
        yield admin


@contextmanager
def sandbox(folder: Path, port: int, *, devices: int, latency: int) -> Iterator[dict[str, str]]:
    """A tenant of so many devices that takes `latency` ms for each answer; gives the C8Y_… variables of its
    admin."""
    ready = folder / "ready.json"
    options = ["--port", str(port), "--devices", str(devices), "--latency-ms", str(latency), "--no-live"]
    with process(["sdk.sandbox", *options, "--ready-file", str(ready)], {}, folder / "sandbox.log"):
        eventually(ready.exists, 20)
        told = json.loads(ready.read_text())
        acme = told["tenants"][0]
        yield {
            "C8Y_BASEURL": told["base_url"],
            "C8Y_TENANT": acme["id"],
            "C8Y_USER": "admin",
            "C8Y_PASSWORD": acme["users"]["admin"]["password"],
        }


@pytest.fixture
def environment(tmp_path: Path, tenant: dict[str, str]) -> dict[str, str]:
    """What a shell would hold: a database of its own, the tenant, and no Redis."""
    found = {
        **tenant,
        "DJANGO_SETTINGS_MODULE": "c8yadmin.settings",
        "C8YADMIN_DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": _database(tmp_path),
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    manage(found, "migrate", "--verbosity", "0")
    return found


def _database(folder: Path) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{folder / 'jobs.sqlite3'}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def job(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    """What `manage.py job … --json` prints."""
    done = manage(environment, "job", *arguments, "--json")
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def noted(tenant: dict[str, str]) -> Callable[[], int]:
    """How many objects of the tenant have the fragment c8y_Note; a total is told again for 10 seconds."""
    auth = BasicAuth(tenant["C8Y_USER"], tenant["C8Y_PASSWORD"])
    client = CumulocityClient(tenant["C8Y_BASEURL"], tenant["C8Y_TENANT"], auth)
    return lambda: len(client.inventory.get_all(query="has(c8y_Note)", limit=None))


SUBMIT = ("submit", "inventory.set", "--query", "has(c8y_IsDevice)", "--param", 'c8y_Note={"text":"hi"}')


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_finishes_by_itself_with_exact_counts(
    environment: dict[str, str], redis_url: str, tmp_path: Path, noted: Callable[[], int]
) -> None:
    environment = {**environment, "REDIS_URL": redis_url}
    worker = ["celery", "-A", "c8yadmin", "worker", "-c", "1", "-l", "WARNING", "--without-gossip"]
    beat = ["celery", "-A", "c8yadmin", "beat", "-s", str(tmp_path / "beat"), "--pidfile", ""]
    with (
        process([*worker, "-n", "one@test"], environment, tmp_path / "one.log") as one,
        process([*worker, "-n", "two@test"], environment, tmp_path / "two.log"),
        process(beat, environment, tmp_path / "beat.log"),
    ):
        id = job(environment, *SUBMIT)["id"]
        eventually(lambda: noted() > 150, 30)
        kill(one)
        dead = time.monotonic()
        assert noted() < 1200
        assert job(environment, "show", id)["state"] == "RUNNING"
        eventually(lambda: job(environment, "show", id)["state"] == "COMPLETED", 40)
        found = job(environment, "show", id)
    assert (found["total"], found["ok"], found["failed"], found["skipped"]) == (1200, 1200, 0, 0)
    assert noted() == 1200
    assert time.monotonic() - dead < 40


def test_the_command_line_finishes_a_job_without_workers_and_without_redis(
    environment: dict[str, str], noted: Callable[[], int]
) -> None:
    query = ("--query", "name eq '*1'", "--param", 'c8y_Note={"text":"hi"}')
    done = manage(environment, "job", "submit", "inventory.set", *query, "--wait", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert list(found) == [
        "id", "action", "state", "total", "ok", "failed", "skipped", "unknown", "canceled", "pending",
        "created_at", "started_at", "finished_at",
    ]  # fmt: skip
    assert (found["state"], found["action"]) == ("COMPLETED", "inventory.set")
    assert found["total"] == found["ok"] == noted() > 50
    assert tenant_password_is_not_in(environment, done.stdout + done.stderr)

    bad = manage(
        environment, "job", "submit", "inventory.set", "--ids", "1", "--param", "a=1", "--wait", "--json"
    )
    assert bad.returncode == 1
    failed = json.loads(bad.stdout)
    assert (failed["state"], failed["failed"]) == ("COMPLETED_WITH_ERRORS", 1)


def tenant_password_is_not_in(environment: dict[str, str], text: str) -> bool:
    return environment["C8Y_PASSWORD"] not in text
