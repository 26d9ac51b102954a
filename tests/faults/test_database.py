"""A database that is full, read-only or locked: nothing is lost, and work goes on when it is well again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

import pytest
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import Client
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution.audit import audit
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.registry import Outcome
from tests.jobs.reading import figures
from tests.web.words import words

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


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: the disk is full' USING ERRCODE = 'disk_full'; END $$
LANGUAGE plpgsql;
CREATE TRIGGER full_disk BEFORE INSERT ON jobs_itemresult EXECUTE FUNCTION full_disk();
"""
ROOM = "DROP TRIGGER full_disk ON jobs_itemresult; DROP FUNCTION full_disk()"


def full() -> AbstractContextManager[None]:
    """No page more for the database, of what it has in use; on PostgreSQL, for the results of targets."""
    if connection.vendor == "postgresql":
        return once_for_all(FULL, ROOM)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # what other tests have left empty would be room
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
    return every_connection(f"PRAGMA max_page_count={pages}", "PRAGMA max_page_count=1073741823")


@contextmanager
def once_for_all(on: str, off: str) -> Iterator[None]:
    """Say `on` to the server, and `off` in the end."""
    with connection.cursor() as cursor:
        cursor.execute(on)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(off)


def read_only() -> AbstractContextManager[None]:
    """Every write is refused."""
    if connection.vendor == "sqlite":
        return every_connection("PRAGMA query_only=ON", "PRAGMA query_only=OFF")
    setting = "SET default_transaction_read_only = {}"
    return every_connection(setting.format("on"), setting.format("off"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.database.PATIENCE", 0.2)


def recover(job: Job, ledger: Any) -> None:
    """The sweeper's and the workers' next minutes."""
    Chunk.objects.filter(state="R").update(lease_until=timezone.now())
    Chunk.objects.update(not_before=None)
    sweep()
    for _ in range(5):
        engine.work(job.pk, "healthy")


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


@pytest.fixture
def other_writer() -> Iterator[Callable[[float], None]]:
    """Holds the database's only lock for writing for so many seconds, from another connection."""
    import sqlite3

    name = str(connection.settings_dict["NAME"])
    other = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
    timers: list[threading.Timer] = []

    def hold(seconds: float) -> None:
        other.execute("BEGIN IMMEDIATE")
        timers.append(threading.Timer(seconds, other.execute, ("ROLLBACK",)))
        timers[-1].start()

    yield hold
    for timer in timers:
        timer.join()
    other.close()


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows, not files")
@pytest.mark.fault("F14")
def test_while_another_writer_holds_the_database_for_20_s_users_wait_and_jobs_lose_nothing(
    sign_in: Callable[..., Client],
    make_job: Callable[..., Job],
    no_workers: None,
    settings: Any,
    ledger: Any,
    other_writer: Callable[[float], None],
) -> None:
    job = make_job(300)
    engine.work(job.pk, "preparer")
    settings.TENANT_CONNECTOR = "tests.tenants.connector"
    browser = sign_in()
    other_writer(20)
    began = time.monotonic()
    assert browser.get(f"/t/acme/jobs/{job.pk}/").status_code == 200
    assert time.monotonic() - began < 5  # reading waits for nobody
    assert browser.post(f"/t/acme/jobs/{job.pk}/confirm/").status_code == 302
    assert 15 < time.monotonic() - began < 30
    settings.TENANT_CONNECTOR = "tests.jobs.conftest.NoWay"
    ledger.deeds = {"150": lambda id: other_writer(5) or Outcome.ok()}
    while not Job.objects.get(pk=job.pk).is_terminal:
        engine.work(job.pk, "worker")
    assert figures(job) == {"state": "COMPLETED", "total": 300, "ok": 300}
    assert set(ledger.done.values()) == {1}
    assert list(audit()) == []


@pytest.mark.fault("F15")
def test_pages_say_that_nothing_can_be_saved_and_the_health_page_that_it_is_the_database(
    sign_in: Callable[..., Client],
    make_job: Callable[..., Job],
    no_workers: None,
    settings: Any,
    impatient: None,
) -> None:
    job, waiting = make_job(3), make_job(3, autostart=True)
    for one in (job, waiting):
        engine.work(one.pk, "preparer")
    settings.TENANT_CONNECTOR = "tests.tenants.connector"
    browser = sign_in()
    path = f"/t/acme/jobs/{job.pk}/"
    with read_only():
        refused: Any = browser.post(f"{path}confirm/")
        assert refused.status_code == 503
        assert "The console cannot save anything just now" in words(refused)
        assert browser.get(path).status_code == 200
        assert "takes no changes" in words(cast(Any, browser.get("/t/acme/jobs/health/")))
        assert "takes no changes" in words(cast(Any, browser.get(f"/t/acme/jobs/{waiting.pk}/")))
        assert browser.get("/healthz").status_code == 200
    assert figures(job) == {"state": "READY", "total": 3, "pending": 3}
    assert browser.post(f"{path}confirm/").status_code == 302
