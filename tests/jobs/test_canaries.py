"""Passwords and tokens of jobs are found nowhere but sealed in their row, whatever goes wrong."""

from __future__ import annotations

import base64
import io
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from redis import Redis

from c8yadmin.jobs.authority import credentials, deputies
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Job, JobCredential
from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from tests.jobs.lending import JOBS, OBJECTS, confirm, consent, end_token, waits_for_its_owner, work
from tests.processes import eventually

CANARY = "pw-canary-of-a-job"
ROOT = Path(__file__).resolve().parents[2]


def stored() -> str:
    """All that the database holds, as its owner would read it."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # a name from the database itself
            found.append(f"{table}: {cursor.fetchall()!r}")
    return "\n".join(found)


class Watch:
    """What can be seen from outside while a test runs."""

    def __init__(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        self._caplog, self._capfd, self._pages = caplog, capfd, ""
        caplog.set_level(logging.DEBUG)

    def look(self, browser: Client, job: Job) -> None:
        """Read all pages of the job, and the database as it is now."""
        for page in ("", "log/", "targets/", "results/"):
            answer = browser.get(f"{JOBS}{job.pk}/{page}")
            self._pages += answer.content.decode() + str(answer.headers)
        for step in ("show", "results"):
            said = io.StringIO()
            call_command("job", step, str(job.pk), stdout=said)
            self._pages += said.getvalue()
        self._pages += stored()

    def add(self, text: str) -> None:
        self._pages += text

    @property
    def all(self) -> str:
        return self._pages + self._caplog.text + "".join(self._capfd.readouterr())


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Watch:
    return Watch(caplog, capfd)


@pytest.fixture
def canary(sandbox: Sandbox) -> str:
    """The password of `admin` in `acme`."""
    sandbox.tenant("acme").passwords["admin"] = CANARY
    sandbox.credentials["acme"]["admin"]["password"] = CANARY
    return CANARY


def token_of(job: Job) -> str:
    kept = credentials.unlock(job)
    assert kept is not None
    return kept.secret.reveal()


@pytest.mark.django_db
def test_a_kept_password_and_its_tokens_are_found_nowhere(
    canary: str, prepared: Any, sandbox: Sandbox, watch: Watch
) -> None:
    browser, job = prepared()
    refused = confirm(browser, job, **consent("pw-canary-mistyped"))
    watch.add(refused.content.decode())
    confirm(browser, job, **consent(canary))
    tokens = [token_of(job)]
    watch.look(browser, job)
    end_token(job)
    sandbox.faults.add(OBJECTS, status=401, message=f"Who is {canary}?", times=1)
    work(job)
    watch.look(browser, job)
    tokens += [token_of(job)] if JobCredential.objects.exists() else []
    sweep()
    work(job)
    watch.look(browser, job)
    seen = watch.all
    assert "pw-canary-mistyped" not in seen
    assert not [token for token in tokens if token in seen]
    assert seen.count(CANARY) == seen.count(f"Who is {CANARY}?")  # the tenant itself said it


@pytest.mark.django_db
def test_a_password_that_is_refused_later_is_found_nowhere(
    canary: str, prepared: Any, sandbox: Sandbox, watch: Watch
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(canary))
    end_token(job)
    sandbox.tenant("acme").passwords["admin"] = "another-1"
    sandbox.faults.add("/tenant/oauth", status=401, message=f"No user admin with {canary}")
    work(job)
    assert waits_for_its_owner(job)
    watch.look(browser, job)
    assert "No user admin with •••" in job.problem
    assert CANARY not in watch.all


@pytest.mark.django_db
def test_a_fault_of_the_console_shows_no_password(
    canary: str, prepared: Any, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, job = prepared()

    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("A fault of the console itself.")

    browser.raise_request_exception = False
    monkeypatch.setattr(credentials, "keep", explode)
    answer = confirm(browser, job, **consent(canary))
    assert answer.status_code == 500
    watch.add(answer.content.decode())
    monkeypatch.undo()
    confirm(browser, job, **consent(canary))
    monkeypatch.setattr(deputies, "why_not", explode)
    with pytest.raises(RuntimeError):
        work(job)
    watch.add(repr(Job.objects.get()) + repr(JobCredential.objects.get()))
    assert CANARY not in watch.all


@pytest.mark.django_db
def test_the_service_users_password_is_found_nowhere(
    canary: str, prepared: Any, settings: Any, sandbox: Sandbox, watch: Watch
) -> None:
    settings.SERVICE_USERS = {"acme": {"user": "admin", "password": canary}}
    browser, job = prepared(user="operator")
    confirm(browser, job, service="on")
    watch.look(browser, job)
    sandbox.faults.add("/user/acme/users/operator", status=403, message="No")
    work(job)
    watch.look(browser, job)
    assert CANARY not in watch.all


@pytest.mark.django_db
def test_the_command_line_shows_no_password(
    canary: str, sandbox: Sandbox, watch: Watch, monkeypatch: pytest.MonkeyPatch, no_workers: None
) -> None:
    environment = {"BASEURL": "http://acme.sandbox", "TENANT": "acme", "USER": "admin", "PASSWORD": canary}
    for name, value in environment.items():
        monkeypatch.setenv(f"C8Y_{name}", value)
    said = io.StringIO()
    call_command("job", "submit", "inventory.set", "--ids", "1", "--param", "c8y_Note=1", stdout=said)
    monkeypatch.setenv("C8Y_USER", "nobody")
    with pytest.raises(CommandError) as refused:
        call_command("job", "submit", "inventory.set", "--ids", "2", "--param", "c8y_Note=1")
    watch.add(said.getvalue() + str(refused.value) + repr(refused.value.__cause__) + stored())
    assert CANARY not in watch.all


# --- with everything that a worker, Redis and Celery's events have to say


class Overheard:
    """All that anybody says to a Redis: messages, events, signals, keys; encoded bodies are decoded."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=600)
        self._said: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        eventually(lambda: self._redis.ping() and self._said)

    def _listen(self) -> None:
        with self._redis.monitor() as monitor:
            while not self._over.is_set():
                self._said.append(str(monitor.next_command()["command"]))

    @property
    def text(self) -> str:
        said = "\n".join(self._said)
        bodies = re.findall(r'"body\\*": \\*"([A-Za-z0-9+/=]+)', said)
        return said + "\n".join(base64.b64decode(body).decode() for body in bodies)

    def close(self) -> None:
        self._over.set()
        self._redis.ping()
        self._thread.join()
        self._redis.close()


@pytest.fixture
def overheard(redis_url: str) -> Iterator[Overheard]:
    ears = Overheard(redis_url)
    yield ears
    ears.close()


@pytest.fixture
def shell(sandbox: Sandbox, canary: str, redis_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of processes that work with a database, a Redis and a tenant of their own."""
    server = Server(sandbox).start()
    yield {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "c8yadmin.settings",
        "C8YADMIN_DATA_DIR": str(tmp_path / "data"),
        "C8YADMIN_LOG_LEVEL": "DEBUG",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'jobs.sqlite3'}",
        "REDIS_URL": redis_url,
        "C8Y_BASEURL": server.base_url,
        "C8Y_TENANT": "acme",
        "C8Y_USER": "admin",
        "C8Y_PASSWORD": canary,
    }
    server.close()


def run(shell: dict[str, str], *command: str) -> str:
    words = [sys.executable, "manage.py", *command]
    done = subprocess.run(words, env=shell, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_workers_redis_and_celerys_events_tell_no_password(
    shell: dict[str, str], overheard: Overheard, tmp_path: Path, sandbox: Sandbox
) -> None:
    told = run(shell, "migrate", "--verbosity", "0")
    log = tmp_path / "worker.log"
    sandbox.faults.add(OBJECTS, status=401, message="Bad credentials", times=1, method="PUT")
    worker = [sys.executable, "-m", "celery", "-A", "c8yadmin.celery", "worker", "-P", "solo", "-E"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*worker, "-l", "DEBUG"], env=shell, cwd=ROOT, stdout=out, stderr=out, start_new_session=True
        )
        try:
            told += run(shell, "job", "submit", "inventory.set", "--ids", "1,2,3", "--param", "c8y_Note=1")
            eventually(lambda: log.read_text().count(" succeeded in ") >= 2, 40)
        finally:
            process.terminate()
            process.wait(30)
    told += run(shell, "job", "list") + run(shell, "job", "audit")
    files = b"".join(path.read_bytes() for path in tmp_path.glob("jobs.sqlite3*")).decode("latin-1")
    heard, logged = overheard.text, log.read_text()
    assert "c8yadmin.jobs.tasks.work" in heard
    assert "task-succeeded" in heard
    assert "c8yadmin.jobs.tasks.work" in logged
    assert "inventory.set" in files
    assert "All counts and states agree." in told
    assert CANARY not in told + heard + logged + files
