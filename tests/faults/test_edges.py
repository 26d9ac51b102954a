"""Edges of the rules: thresholds, doubled targets, fairness, caps, schedules and lost keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Job, JobCredential, TenantLimit
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import Counts, State, too_many_failures
from tests.bench.processes import canned, told
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db
Prepared = Callable[..., Job]


@pytest.mark.fault("F30")
@pytest.mark.parametrize(
    ("failed", "executed", "stops"),
    [
        (199, 1000, False),
        (200, 1000, True),
        (99, 99, False),
        (100, 100, True),
        (19, 99, False),
        (0, 100, False),
    ],
)
def test_the_threshold_is_exact(failed: int, executed: int, stops: bool) -> None:
    assert too_many_failures(Counts(ok=executed - failed, failed=failed), 20, 100) is stops


@pytest.mark.fault("F30")
def test_a_job_whose_every_target_fails_stops_by_itself(prepared: Prepared, ledger: Any) -> None:
    job = prepared(1000)
    ledger.deeds = {"*": lambda _: Outcome.failed("no")}
    for _ in range(3):
        engine.work(job.pk, "w")
    found = figures(job)
    assert found["state"] == State.ABORTED
    assert 100 <= found["failed"] <= 100 + claims.LOOKAHEAD


@pytest.mark.fault("F32")
def test_doubled_ids_over_several_chunks_are_one_target_each(prepared: Prepared, ledger: Any) -> None:
    job = prepared(0, ids=[str(i % 700) for i in range(2100)])
    for _ in range(3):
        engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 700, "ok": 700}
    assert set(ledger.done.values()) == {1}


@pytest.mark.fault("F32")
@pytest.mark.parametrize("n", [0, 1])
def test_a_job_of_no_target_or_one(
    make_job: Callable[..., Job], no_workers: None, ledger: Any, n: int
) -> None:
    ledger.matching = ["7"][:n]
    job = make_job(spec={"filter": ""}, autostart=True)
    for _ in range(3):
        engine.work(job.pk, "w")
        sweep()
    assert figures(job) == (
        {"state": "COMPLETED", "total": 1, "ok": 1} if n else {"state": "COMPLETED", "total": 0}
    )


@pytest.mark.slow
@pytest.mark.fault("F32")
def test_a_million_targets_are_prepared_in_three_minutes_and_little_memory() -> None:
    with canned(2000) as url:
        found = told("jobs", "prepare", url, 1_000_000)
    assert found["wall"] < 180
    assert found["rss"] < 250


@pytest.mark.fault("F35", "F36")
def test_a_tenant_with_many_jobs_keeps_to_its_cap(prepared: Prepared) -> None:
    jobs = [prepared(600) for _ in range(10)]
    leases = [claims.claim(job.pk, "w") for job in jobs * 2]
    assert sum(lease is not None for lease in leases) == TenantLimit.objects.get().max_leases == 4


@pytest.mark.fault("F37")
@pytest.mark.parametrize(
    ("late", "state"), [(timedelta(minutes=5), "QUEUED"), (timedelta(hours=2), "PAUSED")]
)
def test_a_missed_start_is_made_good_within_its_window(
    make_job: Callable[..., Job], no_workers: None, late: timedelta, state: str
) -> None:
    start = timezone.now() + timedelta(hours=1)
    order = {"scheduled_at": start, "not_after": start + timedelta(hours=1)}
    job = make_job(3, autostart=True, settings=order)
    engine.work(job.pk, "w")
    assert figures(job)["state"] == "SCHEDULED"
    missed = timezone.now() - late
    Job.objects.update(scheduled_at=missed, not_after=missed + timedelta(hours=1))
    sweep()
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (state, "WINDOW_CLOSED" if state == "PAUSED" else "")


@pytest.mark.fault("F19")
def test_after_a_lost_key_a_job_asks_for_a_sign_in_once_and_goes_on_with_it(
    prepared: Prepared, ledger: Any, settings: Any, credential: Any
) -> None:
    job = prepared(5)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    for _ in range(3):
        sweep()
        engine.work(job.pk, "w")
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == ("PAUSED", "NEEDS_AUTH")
    assert job.problem
    assert not ledger.done
    control.resume(job, "admin", credential)
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 5, "ok": 5}


def test_a_ciphertext_that_was_moved_to_another_job_is_of_no_use(prepared: Prepared, ledger: Any) -> None:
    mine, other = prepared(3), prepared(3)
    stolen = JobCredential.objects.get(job=other).ciphertext
    JobCredential.objects.filter(job=mine).update(ciphertext=stolen)
    engine.work(mine.pk, "w")
    mine.refresh_from_db()
    assert (mine.state, mine.pause_reason) == ("PAUSED", "NEEDS_AUTH")
    assert not ledger.done
