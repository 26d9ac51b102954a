"""When jobs may work: their latest start, their hours, and those of their tenant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Chunk, Job, JobCredential, TenantLimit
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.states import PauseReason, State
from tests.jobs.clocks import held
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures, steps

MakeJob = Callable[..., Job]


def around(minutes_before: int, minutes_after: int) -> dict[str, str]:
    """Hours in UTC that begin so many minutes ago, or in so many where negative, and end after now."""
    now = clock()
    start, end = now - timedelta(minutes=minutes_before), now + timedelta(minutes=minutes_after)
    return {"hours": f"{start:%H:%M}-{end:%H:%M}", "hours_zone": "UTC"}


OPEN, LATER = (60, 60), (-60, 120)


def test_a_job_works_only_in_its_hours_and_goes_on_by_itself(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(30, autostart=True, settings=around(*LATER))
    job.refresh_from_db()
    assert (job.state, job.pause_reason, job.problem) == (State.PAUSED, PauseReason.OUT_OF_HOURS, "")
    assert job.resume_at is not None
    assert timedelta(minutes=58) < job.resume_at - clock() <= timedelta(minutes=60)
    assert not ledger.done
    sweep()
    assert not ledger.done

    Job.objects.update(**around(*OPEN), resume_at=clock() - timedelta(seconds=1))
    sweep()
    assert figures(job) == {"state": "COMPLETED", "total": 30, "ok": 30}
    assert "Its hours have begun." in job.events.values_list("reason", flat=True)


def test_the_hours_of_the_tenant_hold_for_all_its_jobs(make_job: MakeJob, ledger: Ledger) -> None:
    TenantLimit.objects.create(tenant="acme", **around(*LATER))
    job = make_job(30, autostart=True)
    job.refresh_from_db()
    assert job.pause_reason == PauseReason.OUT_OF_HOURS
    assert not ledger.done


def test_hours_that_never_meet_are_told_in_words(make_job: MakeJob, ledger: Ledger) -> None:
    TenantLimit.objects.create(tenant="acme", hours="08:00-09:00", hours_zone="UTC")
    job = make_job(30, autostart=True, settings={"hours": "20:00-21:00", "hours_zone": "Europe/Berlin"})
    job.refresh_from_db()
    assert (job.state, job.resume_at) == (State.PAUSED, None)
    assert job.problem == (
        "There is no time at which it may work: 20:00–21:00 (Europe/Berlin) and 08:00–09:00 (UTC) never meet."
    )


def test_nothing_is_claimed_after_the_hours_have_ended(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    job = make_job(30, autostart=True, settings=around(*OPEN))
    engine.work(job.pk, "w")
    Job.objects.update(**around(*LATER))
    assert claims.claim(job.pk, "w") is None
    engine.work(job.pk, "w")
    job.refresh_from_db()
    assert (job.pause_reason, len(ledger.done)) == (PauseReason.OUT_OF_HOURS, 0)


def test_a_turn_ends_with_the_hours(
    make_job: MakeJob, ledger: Ledger, no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(30, autostart=True)
    engine.work(job.pk, "w")
    soon = clock() + timedelta(milliseconds=1)
    monkeypatch.setattr("c8yadmin.jobs.execution.timetable.closing", lambda *_: soon)
    engine.work(job.pk, "w")
    assert len(ledger.done) <= 1


@pytest.mark.fault("F37")
def test_a_night_in_which_the_clocks_go_back_has_one_pause(make_job: MakeJob, ledger: Ledger) -> None:
    with held(datetime.fromisoformat("2026-10-24T23:30:00+02:00")):
        job = make_job(3, settings={"hours": "03:30-05:00", "hours_zone": "Europe/Berlin"})
        control.confirm(job, "admin", typed=None)
        job.refresh_from_db()
        assert job.resume_at == datetime.fromisoformat("2026-10-25T03:30:00+01:00")
        control.cancel(job, "admin")  # its sign-in would be over when the clock is right again


@pytest.mark.fault("F37")
def test_a_job_that_cannot_start_in_time_does_nothing_and_says_so(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    job = make_job(30, autostart=True, settings={"not_after": clock() + timedelta(hours=1)})
    engine.work(job.pk, "w")
    Job.objects.update(not_after=clock() - timedelta(seconds=1))
    assert claims.claim(job.pk, "too late") is None
    sweep()
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.WINDOW_CLOSED)
    assert job.problem == "Nobody could start it in time, and nothing was done: its latest start has passed."
    assert not ledger.done

    control.resume(job, "admin")  # somebody wants it all the same
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 30, "ok": 30}


def test_a_job_that_has_begun_in_time_is_finished_after_its_latest_start(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    job = make_job(600, autostart=True, settings={"not_after": clock() + timedelta(hours=1)})
    engine.work(job.pk, "w")
    lease = claims.claim(job.pk, "w")
    assert lease is not None
    claims.commit(lease, [], lease.ids, release=True)
    Job.objects.update(not_after=clock() - timedelta(seconds=1))
    sweep()
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 600, "ok": 600}


def test_hours_that_begin_after_the_latest_start_make_it_impossible(
    make_job: MakeJob, ledger: Ledger
) -> None:
    settings = around(*LATER) | {"not_after": clock() + timedelta(minutes=10)}
    job = make_job(30, autostart=True, settings=settings)
    job.refresh_from_db()
    assert (job.state, job.pause_reason, job.resume_at) == (State.PAUSED, PauseReason.WINDOW_CLOSED, None)


def test_a_pause_by_a_person_is_not_ended_by_the_clock(
    make_job: MakeJob, ledger: Ledger, no_workers: None
) -> None:
    job = make_job(30, autostart=True, settings=around(*LATER))
    engine.work(job.pk, "w")
    engine.work(job.pk, "w")
    control.resume(job, "admin")
    control.pause(job, "admin")
    job.refresh_from_db()
    assert (job.pause_reason, job.resume_at) == (PauseReason.USER, None)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        sweep()
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.USER)


def test_a_job_whose_sign_in_ended_while_it_waited_asks_for_one(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(30, autostart=True, settings=around(*LATER))
    JobCredential.objects.all().delete()
    Job.objects.update(**around(*OPEN), resume_at=clock() - timedelta(seconds=1))
    sweep()
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.NEEDS_AUTH)
    assert not Chunk.objects.filter(token__gt=0).exists()


def test_garbled_hours_stop_the_job_in_words_and_crash_nothing(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(30, autostart=True, settings={"hours": "sometimes", "hours_zone": "UTC"})
    job.refresh_from_db()
    assert job.state == State.PAUSED
    assert "Its hours cannot be understood" in job.problem
    assert steps(job)[-1] == "PAUSED"
    settings: dict[str, Any] = {"hours": ""}
    Job.objects.update(**settings)
    control.resume(job, "admin")
    assert figures(job) == {"state": "COMPLETED", "total": 30, "ok": 30}
