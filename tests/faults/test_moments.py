"""A worker may die at any moment, and any clock may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims, news, slot, tallies
from c8yadmin.jobs.execution.claims import LeaseLost
from c8yadmin.jobs.execution.settlement import settle
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Chunk, Heartbeat, Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.registry import Outcome
from tests.jobs.deaths import Killed
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db
Prepared = Callable[..., Job]
OK = Outcome.ok()


def dies(*_: Any, **__: Any) -> Any:
    raise Killed


def then_dies(work: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> None:
        work(*args, **kwargs)
        raise Killed

    return wrapped


MOMENTS: dict[str, tuple[object, str, bool]] = {
    "before the claim": (claims, "claim", False),
    "after the claim": (claims, "claim", True),
    "before the first commit": (claims, "commit", False),
    "after the first commit": (claims, "commit", True),
    "before it settles": (engine, "settle", False),
    "after it settled": (engine, "settle", True),
    "before it tells": (news, "tell", False),
    "before it ends its turn": (slot, "_end", False),
    "while it looks for more": (slot, "_has_more", False),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.fault("F04")
def test_after_a_death_at_any_moment_the_accounts_are_exact(
    prepared: Prepared, ledger: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    job = prepared(700)
    place, name, after = MOMENTS[moment]
    with monkeypatch.context() as dying:
        dying.setattr(place, name, then_dies(getattr(place, name)) if after else dies)
        with pytest.raises(Killed):
            engine.work(job.pk, "dying")
    Chunk.objects.filter(state="R").update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep()
    for _ in range(5):
        engine.work(job.pk, "survivor")
    assert figures(job) == {"state": "COMPLETED", "total": 700, "ok": 700}
    redone = sum(ledger.done.values()) - len(ledger.done)
    assert redone <= claims.LOOKAHEAD


@pytest.fixture
def lease(prepared: Prepared) -> claims.Lease:
    """A worker's hold on the only chunk of a job with ten targets."""
    found = claims.claim(prepared(10).pk, "living")
    assert found is not None
    return found


@pytest.mark.skipif(connection.vendor == "sqlite", reason="one host has one clock")
@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.fault("F27")
def test_a_host_whose_clock_is_wrong_takes_nothing_from_others(lease: claims.Lease, hours: int) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        assert claims.claim(lease.job_id, "wrong") is None
    assert claims.commit(lease, [(id, OK) for id in lease.ids], []).go_on


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's own clock counts")
@pytest.mark.fault("F27")
def test_a_clock_that_leaps_ahead_costs_the_living_their_lease_and_nothing_else(lease: claims.Lease) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        taker = claims.claim(lease.job_id, "early")
        assert taker is not None
        with pytest.raises(LeaseLost):
            claims.commit(lease, [("1", OK)], lease.ids[1:])
        claims.commit(taker, [(id, OK) for id in taker.ids], [])
        settle(lease.job_id)
    assert tallies.counted(lease.job_id).ok == 10


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's own clock counts")
@pytest.mark.fault("F27")
def test_a_clock_that_falls_back_keeps_no_chunk_with_the_dead(lease: claims.Lease) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        assert claims.claim(lease.job_id, "next") is not None


@pytest.mark.fault("F25")
def test_two_sweepers_ask_for_no_more_slots_than_the_cap(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = prepared(5000)
    sent: list[str] = []
    monkeypatch.setattr("c8yadmin.jobs.execution.wakeups._publish", sent.append)
    sweep()
    sweep()
    assert len(sent) == 8
    leases = [claims.claim(job.pk, "w") for _ in sent]
    assert sum(lease is not None for lease in leases) == 4
    sweep()
    assert len(sent) == 8


@pytest.mark.fault("F26")
def test_without_the_beat_a_running_job_goes_on(prepared: Prepared, ledger: Any) -> None:
    job = prepared(1200)
    Heartbeat.objects.create(name="beat", kind="beat", at=timezone.now() - timedelta(minutes=10))
    for _ in range(5):
        engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 1200, "ok": 1200}


@pytest.mark.fault("F22")
def test_cancel_against_the_last_commit_a_hundred_times(prepared: Prepared) -> None:
    ends = set()
    for turn in range(100):
        lease = claims.claim(prepared(3).pk, "w")
        assert lease is not None
        job = Job.objects.get(pk=lease.job_id)
        done = [(id, OK) for id in lease.ids]
        if turn % 2:
            claims.commit(lease, done, [])
            control.cancel(job, "somebody")
        else:
            control.cancel(job, "somebody")
            claims.commit(lease, done, [])
        ends.add(settle(job.pk))
        assert figures(job)["ok"] == 3
    assert ends == {"CANCELED"}
