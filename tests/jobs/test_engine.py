"""A job from its submission to its end, with workers that answer at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from c8yadmin.jobs.models import ItemResult, Job, JobCredential
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import State
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures, steps

MakeJob = Callable[..., Job]


def test_a_confirmed_job_does_every_target_once(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(1234)
    job.refresh_from_db()
    assert (job.state, job.total) == (State.READY, 1234)
    assert not ledger.done

    control.confirm(job, "admin", typed="1,234")

    assert figures(job) == {"state": "COMPLETED", "total": 1234, "ok": 1234}
    assert len(ledger.done) == 1234
    assert set(ledger.done.values()) == {1}


def test_every_step_is_written_down(make_job: MakeJob) -> None:
    job = make_job(2)
    control.confirm(job, "admin", typed=None)
    assert steps(job) == ["PREPARING", "READY", "QUEUED", "RUNNING", "COMPLETED"]
    assert job.events.get(after="QUEUED").actor == "admin"


def test_exceptions_are_counted_and_told_one_by_one(make_job: MakeJob, ledger: Ledger) -> None:
    ledger.deeds = {
        "2": lambda _: Outcome.failed("The tenant says no.", "inventory/invalid", 422),
        "4": lambda _: Outcome.already_so("It was so."),
        "5": lambda _: Outcome.unknown("No answer."),
    }
    job = make_job(6, autostart=True)
    assert figures(job) == {
        "state": "COMPLETED_WITH_ERRORS",
        "total": 6,
        "ok": 3,
        "failed": 1,
        "skipped": 1,
        "unknown": 1,
    }
    failed = ItemResult.objects.get(outcome="FAILED")
    assert (failed.item_id, failed.http_status, failed.message) == ("2", 422, "The tenant says no.")


def test_an_error_of_the_action_itself_fails_that_target_only(make_job: MakeJob, ledger: Ledger) -> None:
    def broken(_: str) -> Outcome:
        raise ZeroDivisionError

    ledger.deeds = {"3": broken}
    job = make_job(5, autostart=True)
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 5, "ok": 4, "failed": 1}
    assert ItemResult.objects.get().message == "Unexpected error in the console: ZeroDivisionError."


def test_a_job_without_targets_cannot_be_confirmed(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(spec={"filter": ""})
    job.refresh_from_db()
    assert (job.state, job.total) == (State.READY, 0)
    with pytest.raises(control.NotConfirmed, match="nothing to confirm"):
        control.confirm(job, "admin", typed=None)


def test_a_wrong_typed_count_starts_nothing(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(3)
    job.refresh_from_db()
    for typed in ("", "4", "three", "3.0", "³", "9" * 50):
        with pytest.raises(control.NotConfirmed):
            control.confirm(job, "admin", typed=typed)
    assert not ledger.done


def test_the_credential_goes_when_the_job_ends(make_job: MakeJob) -> None:
    job = make_job(2)
    assert JobCredential.objects.filter(job=job).exists()
    control.confirm(job, "admin", typed=None)
    assert not JobCredential.objects.filter(job=job).exists()


def test_the_secret_is_nowhere_in_the_job(make_job: MakeJob) -> None:
    job = make_job(2)
    rows = [*Job.objects.values(), *JobCredential.objects.values(), *job.events.values()]
    assert "canary-secret-1" not in repr(rows)


def test_too_many_failures_stop_the_job(make_job: MakeJob, ledger: Ledger) -> None:
    ledger.deeds = {"*": lambda _: Outcome.failed("no")}
    job = make_job(1000, autostart=True, settings={"parallel": 4})
    found = figures(job)
    assert found["state"] == "ABORTED"
    assert 100 <= found["failed"] <= 200
    assert found["failed"] + found["canceled"] == 1000
    assert "failed" in Job.objects.get(pk=job.pk).problem


def test_doubled_targets_are_done_once(make_job: MakeJob, ledger: Ledger) -> None:
    job = make_job(ids=["1", "2", "1", "3", "2"], autostart=True)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    assert set(ledger.done.values()) == {1}
