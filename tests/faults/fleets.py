"""What the tests of real processes share: a fleet, a job that outlasts what is done to it, and its end."""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sdk.sandbox import Sandbox
from tests.faults.fleet import Fleet
from tests.faults.traffic import Traffic

DEVICES = 800
LEASE = 8.0
SWEEP = 5.0
RECOVERY = 15.0  # seconds within which others go on after a death
BOOT = 8.0  # seconds more where nobody lives, until new workers have started
SET = ("submit", "inventory.set", "--query", "has(c8y_IsDevice)", "--param", "fragment=c8y_Note")
UNHURRIED = ("--rate", "80")  # a read and a change of each device: some 20 seconds
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


def own_database(folder: Path) -> str:
    """A new database, of the kind that the tests run on."""
    if not ON_POSTGRES:
        return f"sqlite:///{folder / 'jobs.sqlite3'}"
    import psycopg

    name = f"fleet_{uuid.uuid4().hex}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Everything runs, and after the test all counts and states agree."""
    sandbox = Sandbox(devices=DEVICES, seed=7, latency=0.03)
    with Fleet(tmp_path, sandbox, own_database(tmp_path)) as running:
        yield running
        told = running.manage("job", "audit", "--json")
        assert json.loads(told.stdout) == [], told.stdout


@pytest.fixture
def traffic(fleet: Fleet) -> Traffic:
    return Traffic(fleet.sandbox)


@pytest.fixture
def noted(fleet: Fleet) -> Callable[[], int]:
    """How many devices have been changed."""
    objects = fleet.sandbox.tenant("acme").inventory.objects
    return lambda: sum("c8y_Note" in found for found in list(objects.values()))


def begun(fleet: Fleet, noted: Callable[[], int]) -> str:
    """A job that is under way, and will be for a while; its id."""
    id: str = fleet.job(*SET, "--param", "value=1", *UNHURRIED)["id"]
    fleet.until(lambda: noted() > 50, 40)
    return id


def finished(fleet: Fleet, id: str, noted: Callable[[], int]) -> None:
    """The job ends with exact counts."""
    fleet.until(lambda: state(fleet, id).startswith("COMPLETED"), 120)
    found = fleet.job("show", id)
    assert (found["state"], found["ok"], found["total"]) == ("COMPLETED", found["total"], noted())


def moves(noted: Callable[[], int]) -> Callable[[], bool]:
    """Whether more was changed than now."""
    before = noted()
    return lambda: noted() > before


def state(fleet: Fleet, id: str) -> str:
    """Where the job stands, without a process that would take the time of those it is about."""
    states = {uuid.UUID(str(key)).hex: state for key, state in _rows(fleet, "SELECT id, state FROM jobs_job")}
    return str(states[uuid.UUID(id).hex])


def leases(fleet: Fleet) -> dict[int, str]:
    """Which of the workers hold which chunks now."""
    pids = {pid: name for name in fleet.workers for pid in fleet.children(name)}
    held = _rows(fleet, "SELECT id, worker FROM jobs_chunk WHERE state = 'R'")
    return {chunk: pids.get(int(worker.rpartition(":")[2]), "") for chunk, worker in held}


def holder(fleet: Fleet, target: str) -> int:
    """The process id of the worker that has leased the chunk with this target; 0 where nobody has."""
    held = _rows(fleet, "SELECT worker, ids FROM jobs_chunk WHERE state = 'R'")
    return next((int(worker.rpartition(":")[2]) for worker, ids in held if f'"{target}"' in ids), 0)


def _rows(fleet: Fleet, query: str) -> list[Any]:
    url = fleet.environment["DATABASE_URL"]
    if not url.startswith("postgres"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as file:
            return file.execute(query).fetchall()
    import psycopg

    with psycopg.connect(url) as server:
        return server.execute(query.encode()).fetchall()
