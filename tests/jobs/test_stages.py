"""A few targets first, then more, then all: where a job stops, and how it goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution.audit import audit_job
from c8yadmin.jobs.execution.differences import frozen
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import PauseReason, State
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures, steps

MakeJob = Callable[..., Job]
CANARY = {"stages": ["10", "10%", "100%"], "stage_wait": 600}


def staged(make_job: MakeJob, n: int, **settings: object) -> Job:
    job = make_job(n, autostart=True, settings=CANARY | settings)
    job.refresh_from_db()
    return job


def wait_is_over(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(resume_at=timezone.now() - timedelta(seconds=1))
    sweep()
    job.refresh_from_db()


def test_a_job_stops_after_each_stage_and_goes_on_by_itself(make_job: MakeJob, ledger: Ledger) -> None:
    job = staged(make_job, 1200)
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.STAGE_DONE)
    assert set(ledger.done) == {str(i) for i in range(1, 11)}
    assert job.resume_at is not None
    assert timedelta(seconds=590) < job.resume_at - timezone.now() <= timedelta(seconds=600)
    assert not job.problem
    sweep()
    assert len(ledger.done) == 10

    wait_is_over(job)
    assert (job.pause_reason, job.stage) == (PauseReason.STAGE_DONE, 1)
    assert len(ledger.done) == 120
    wait_is_over(job)
    assert figures(job) == {"state": "COMPLETED", "total": 1200, "ok": 1200}
    assert set(ledger.done.values()) == {1}
    assert steps(job).count("PAUSED") == 2


def test_the_targets_keep_their_order_where_chunks_are_cut(make_job: MakeJob, ledger: Ledger) -> None:
    job = staged(make_job, 1700, stages=["10", "500", "50%"], parallel=1)  # so they end in their order, too
    assert job.stage_ends == [[10, 1], [500, 2], [850, 3], [1700, 6]]
    sizes = list(Chunk.objects.filter(job=job).order_by("seq").values_list("n", flat=True))
    assert sizes == [10, 490, 350, 150, 500, 200]
    assert frozen(job, 0, 1700) == [str(i) for i in range(1, 1701)]
    assert audit_job(job.pk) == []


def test_without_a_wait_a_person_lets_it_go_on(make_job: MakeJob, ledger: Ledger) -> None:
    job = staged(make_job, 100, stages=["10"], stage_wait=None)
    assert (job.state, job.resume_at) == (State.PAUSED, None)
    sweep()
    assert len(ledger.done) == 10
    control.resume(job, "admin")
    assert figures(job) == {"state": "COMPLETED", "total": 100, "ok": 100}
    assert job.events.get(after="QUEUED", before="PAUSED").actor == "admin"


def test_a_person_need_not_wait_for_the_time(make_job: MakeJob, ledger: Ledger) -> None:
    job = staged(make_job, 100)
    control.resume(job, "admin")
    assert figures(job) == {"state": "COMPLETED", "total": 100, "ok": 100}


def test_without_any_wait_the_next_stage_begins_at_once(make_job: MakeJob, ledger: Ledger) -> None:
    job = staged(make_job, 1200, stage_wait=0)
    assert figures(job) == {"state": "COMPLETED", "total": 1200, "ok": 1200}
    told = [event.reason for event in job.events.filter(before="RUNNING", after="RUNNING")]
    assert told == ["The first 10 are done.", "Targets 11 to 120 are done."]


@pytest.mark.parametrize(("failing", "reason"), [(1, "STAGE_DONE"), (2, "STAGE_FAILED")])
def test_a_stage_that_fails_too_much_waits_for_a_person(
    make_job: MakeJob, ledger: Ledger, failing: int, reason: str
) -> None:
    ledger.deeds = {str(n): lambda _: Outcome.failed("no") for n in range(1, failing + 1)}
    job = staged(make_job, 1000)
    assert job.pause_reason == reason
    if reason == "STAGE_FAILED":
        assert job.problem == (
            "The first 10 are done, and 2 of these 10 failed: at least 20 %. Look at them, then let the job "
            "go on or cancel it."
        )
        assert job.resume_at is None
        control.resume(job, "admin")
        job.refresh_from_db()
        assert (job.stage, len(ledger.done)) == (1, 100)


def test_the_failures_of_an_earlier_stage_do_not_count_again(make_job: MakeJob, ledger: Ledger) -> None:
    ledger.deeds = {str(n): lambda _: Outcome.failed("no") for n in range(1, 6)}
    job = staged(make_job, 1000)
    assert job.pause_reason == PauseReason.STAGE_FAILED
    control.resume(job, "admin")
    job.refresh_from_db()
    assert (job.pause_reason, job.stage) == (PauseReason.STAGE_DONE, 1)


def test_a_job_paused_by_a_person_within_a_stage_goes_on_within_it(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    job = make_job(1000, autostart=True, settings=CANARY)
    engine.work(job.pk, "w")
    control.pause(job, "admin")
    control.resume(job, "admin")
    engine.work(job.pk, "w")
    job.refresh_from_db()
    assert (job.pause_reason, job.stage, len(ledger.done)) == (PauseReason.STAGE_DONE, 0, 10)


def test_a_canceled_job_between_two_stages_never_starts_the_rest(make_job: MakeJob, ledger: Ledger) -> None:
    job = staged(make_job, 1000)
    control.cancel(job, "admin")
    assert figures(job) == {"state": "CANCELED", "total": 1000, "ok": 10, "canceled": 990}
    wait_is_over(job)
    assert job.state == State.CANCELED


def test_a_job_that_is_smaller_than_its_first_stage_runs_through(make_job: MakeJob, ledger: Ledger) -> None:
    job = staged(make_job, 7)
    assert figures(job) == {"state": "COMPLETED", "total": 7, "ok": 7}
