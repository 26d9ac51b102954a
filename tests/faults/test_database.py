"""A database that is full, read-only or locked: nothing is lost, and work goes on when it is well again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.sweeper import sweep
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db(transaction=True)
Prepared = Callable[..., Job]


@contextmanager
def every_connection(on: str, off: str) -> Iterator[None]:
    """Say `on` to the open connection and to each that is opened meanwhile, and `off` to the last of them."""

    def say(connection: BaseDatabaseWrapper, **signal: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(on)

    say(connection)
    connection_created.connect(say)
    try:
        yield
    finally:
        connection_created.disconnect(say)
        with connection.cursor() as cursor:
            cursor.execute(off)


def full() -> AbstractContextManager[None]:
    """No page more for the database."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
    return every_connection(f"PRAGMA max_page_count={pages}", "PRAGMA max_page_count=1073741823")


def read_only() -> AbstractContextManager[None]:
    """Every write is refused."""
    if connection.vendor == "sqlite":
        return every_connection("PRAGMA query_only=ON", "PRAGMA query_only=OFF")
    setting = "SET default_transaction_read_only = {}"
    return every_connection(setting.format("on"), setting.format("off"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("c8yadmin.jobs.database.PATIENCE", 0.2)


def recover(job: Job, ledger: Any) -> None:
    """The sweeper's and the workers' next minutes."""
    Chunk.objects.filter(state="R").update(lease_until=timezone.now())
    Chunk.objects.update(not_before=None)
    sweep()
    for _ in range(5):
        engine.work(job.pk, "healthy")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the limit is SQLite's")
@pytest.mark.fault("F15")
def test_on_a_full_disk_the_job_waits_and_goes_on_with_exact_counts(
    prepared: Prepared, ledger: Any, impatient: None
) -> None:
    job = prepared(700, settings={"abort_percent": 101})
    ledger.deeds = {"*": lambda id: Outcome.failed(f"{id} " + "no " * 150)}
    with full(), pytest.raises(DatabaseError, match="full"):
        engine.work(job.pk, "cramped")
    recover(job, ledger)
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 700, "failed": 700}
    assert len(ledger.done) == 700


@pytest.mark.fault("F15")
def test_on_a_read_only_database_nothing_is_sent(prepared: Prepared, ledger: Any, impatient: None) -> None:
    job = prepared(20)
    with read_only(), pytest.raises(DatabaseError):
        engine.work(job.pk, "powerless")
    assert not ledger.done
    recover(job, ledger)
    assert figures(job) == {"state": "COMPLETED", "total": 20, "ok": 20}
    assert set(ledger.done.values()) == {1}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows, not files")
@pytest.mark.fault("F14")
def test_a_writer_waits_for_one_who_holds_the_database_for_long(tmp_path: Path) -> None:
    import sqlite3

    from django.db.backends.sqlite3.base import DatabaseWrapper

    path = tmp_path / "locked.sqlite3"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("CREATE TABLE kept (value)")
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(6, other.execute, ("COMMIT",)).start()
    ours = DatabaseWrapper({**connection.settings_dict, "NAME": str(path)})
    try:
        with ours.cursor() as cursor:
            cursor.execute("INSERT INTO kept VALUES (1)")
    finally:
        ours.close()
        other.close()
