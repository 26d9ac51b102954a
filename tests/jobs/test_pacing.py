"""How fast jobs go: ramps, the tenant's patience, and as many slots as a rate keeps busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import circuit, claims, pacing
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.pages.progress import Progress
from c8yadmin.jobs.pages.waiting import notes
from c8yadmin.jobs.registry import Outcome
from sdk import RateLimited, ServerError
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures

MakeJob = Callable[..., Job]
RAMP = {"rate_per_s": 80.0, "ramp_from": 10.0, "ramp_factor": 2.0, "ramp_seconds": 60}


@pytest.fixture
def running(make_job: MakeJob, no_workers: None) -> Callable[..., Job]:
    """A job with frozen targets, of which a worker has leased the first chunk and given it back."""

    def make(n: int = 600, **settings: Any) -> Job:
        job = make_job(n, autostart=True, settings=settings)
        engine.work(job.pk, "w")
        lease = claims.claim(job.pk, "w")
        assert lease is not None
        claims.commit(lease, [], lease.ids, release=True)
        job.refresh_from_db()
        return job

    return make


def committed(job: Job, *, trouble: bool = False, later: float = 0.0) -> float | None:
    """The rate of the job after one more commit, `later` seconds after the last change of its pace."""
    job.refresh_from_db()
    Job.objects.filter(pk=job.pk).update(pace_at=clock() - timedelta(seconds=later))
    lease = claims.claim(job.pk, "w")
    assert lease is not None
    claims.commit(
        lease, [(lease.ids[lease.cursor], Outcome.ok())], lease.ids[lease.cursor + 1 :], trouble=trouble
    )
    claims.commit(lease, [], lease.ids[lease.cursor :], release=True)
    job.refresh_from_db()
    return pacing.rate(job)


def patience(kind: type[RateLimited | ServerError], status: int) -> RateLimited | ServerError:
    error = kind("Later, please.", status=status)
    error.retry_after = 30
    return error


def test_a_ramp_grows_with_every_undisturbed_interval_of_work(running: Callable[..., Job]) -> None:
    job = running(**RAMP)
    assert pacing.rate(job) == 10
    assert committed(job, later=59) == 10
    assert [committed(job, later=61) for _ in range(5)] == [20, 40, 80, 80, 80]


def test_trouble_halves_the_pace_once_however_many_workers_meet_it(running: Callable[..., Job]) -> None:
    job = running(**RAMP)
    Job.objects.filter(pk=job.pk).update(pace=80.0)
    assert committed(job, trouble=True, later=30) == 40
    assert committed(job, trouble=True, later=1) == 40
    assert committed(job, trouble=True, later=30) == 20
    assert [committed(job, trouble=True, later=30) for _ in range(3)] == [10, 10, 10]
    assert committed(job, later=30) == 10
    assert committed(job, later=61) == 20


def test_a_job_that_stands_still_does_not_get_faster(running: Callable[..., Job]) -> None:
    job = running(**RAMP)
    Job.objects.filter(pk=job.pk).update(pace_at=clock() - timedelta(hours=5))
    job.refresh_from_db()
    assert pacing.rate(job) == 10


def test_a_job_is_slowed_down_by_a_tenant_that_asks_for_patience(
    running: Callable[..., Job], ledger: Ledger
) -> None:
    job = running(50, **RAMP)
    some_time_ago = clock() - 5 * pacing.AT_ONCE
    Job.objects.filter(pk=job.pk).update(pace=80.0, pace_at=some_time_ago)

    def impatient(_: str) -> Outcome:
        raise patience(RateLimited, 429)

    ledger.deeds = {"20": impatient}
    engine.work(job.pk, "w")
    job.refresh_from_db()
    assert pacing.rate(job) == 40
    words = [str(note) for note in notes(job, limit_of(job.tenant))]
    assert any(text.startswith("The tenant asked for patience: nothing is sent until") for text in words)
    assert "Kept to 40 requests per second; the ramp leads to 80." in words


def test_others_learn_of_a_hold_before_the_slot_that_met_it_has_ended(
    make_job: MakeJob, ledger: Ledger, no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call under way may take many seconds; until then the others would go on asking."""
    job = make_job(20, autostart=True)
    engine.work(job.pk, "w")
    told: list[str] = []
    hold = circuit.hold

    def noted(*args: Any, **more: Any) -> None:
        told.append("held")
        hold(*args, **more)

    def slow(_: str) -> Outcome:
        time.sleep(0.6)
        told.append("slow one ended")
        return Outcome.ok()

    def impatient(_: str) -> Outcome:
        time.sleep(0.1)
        raise patience(ServerError, 503)

    monkeypatch.setattr(circuit, "hold", noted)
    ledger.deeds = {"5": slow, "6": impatient}
    engine.work(job.pk, "w")
    assert told[0] == "held"
    assert "slow one ended" in told
    assert TenantLimit.objects.get().circuit_until is not None


def test_a_job_of_a_low_rate_has_no_more_slots_than_it_keeps_busy(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    slow = make_job(3000, autostart=True, settings={"rate_per_s": 5.0})
    fast = make_job(3000, autostart=True, settings={"rate_per_s": 17.0})
    for job in (slow, fast):
        engine.work(job.pk, "w")
    leases = [claims.claim(job.pk, "w") for job in (slow, slow, fast, fast, fast, fast)]
    assert [lease is not None for lease in leases] == [True, False, True, True, True, False]


def test_the_speed_shown_is_that_of_the_last_seconds(running: Callable[..., Job]) -> None:
    job = running(600)
    now = clock().timestamp()
    Job.objects.filter(pk=job.pk).update(marks=[[now - 8.0, 0], [now - 3.0, 0]])
    lease = claims.claim(job.pk, "w")
    assert lease is not None
    claims.commit(lease, [(id, Outcome.ok()) for id in lease.ids[:80]], lease.ids[80:])
    job.refresh_from_db()
    progress = Progress.of(job)
    assert progress.rate == pytest.approx(10, rel=0.1)
    assert progress.seconds_left == pytest.approx(52, rel=0.1)


def test_milestones_are_few_and_move_on(running: Callable[..., Job]) -> None:
    job = running(600)
    assert len(job.marks) == 1
    first = job.marks[0]
    committed(job)
    assert job.marks == [first]
    Job.objects.filter(pk=job.pk).update(marks=[[first[0] - 60, 0], [first[0] - 6, 0]])
    committed(job)
    assert [n for _, n in job.marks] == [0, 2]


def test_a_job_under_a_rate_of_the_tenant_says_so(running: Callable[..., Job]) -> None:
    job = running(10, rate_per_s=5.0)
    TenantLimit.objects.update(rate=20)
    assert [str(note) for note in notes(job, limit_of(job.tenant))] == [
        "Kept to 5 requests per second.",
        "All jobs of the tenant together are kept to 20 requests per second.",
    ]


def test_a_job_whose_turn_has_not_come_says_so(
    make_job: MakeJob, running: Callable[..., Job], ledger: Ledger
) -> None:
    large, small = running(3000), running(10)
    while claims.claim(large.pk, "w"):
        pass
    assert "Waits for its turn: other jobs have all 4 slots of the tenant." in map(
        str, notes(small, limit_of(small.tenant))
    )
    assert figures(small)["state"] == "RUNNING"
