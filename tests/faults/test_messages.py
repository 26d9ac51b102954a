"""What a worker does with messages that it should never get: nothing but a line in the log."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.jobs import engine, tasks
from c8yadmin.jobs.execution import wakeups
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Job
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db
Prepared = Callable[..., Job]


def deliver(**message: Any) -> None:
    """As a worker takes it from the queue."""
    tasks.work.apply(kwargs=message, throw=True)


@pytest.mark.parametrize(
    "message",
    [
        {"job_id": "no id at all"},
        {"job_id": "\0" * 100_000},
        {"job_id": None},
        {"job_id": 7},
        {"job_id": ["x"]},
        {"job_id": {"$gt": ""}},
        {},
        {"job_id": str(uuid.uuid4())},
        {"job_id": str(uuid.uuid4()), "later": {"unheard": "of"}},
    ],
    ids=["text", "long", "none", "number", "list", "object", "empty", "unknown", "later"],
)
@pytest.mark.fault("F24")
def test_a_forged_wakeup_is_dropped_with_a_line_in_the_log(
    message: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        deliver(**message)
    [line] = caplog.messages
    assert len(line) < 300


@pytest.mark.fault("F23")
def test_ten_wakeups_for_one_job_do_every_target_once(prepared: Prepared, ledger: Any) -> None:
    job = prepared(700)
    for _ in range(10):
        deliver(job_id=str(job.pk))
    assert figures(job) == {"state": "COMPLETED", "total": 700, "ok": 700}
    assert set(ledger.done.values()) == {1}


@pytest.mark.fault("F08")
def test_a_worker_that_hears_from_the_queue_again_tries_it_at_once(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def tried() -> int:
        wakeups._publish("somebody")
        return sum("queue offline" in line for line in caplog.messages)

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    deliver(job_id=str(uuid.uuid4()))
    assert [tried(), tried()] == [1, 1]  # whoever met a dead queue leaves it alone for a while
    tasks.sweep.apply(throw=True)
    assert [tried(), tried()] == [2, 2]
    deliver(job_id=str(uuid.uuid4()))
    assert tried() == 3


def test_a_forged_wakeup_starts_nothing_that_was_not_confirmed(
    make_job: Callable[..., Job], ledger: Any, no_workers: None
) -> None:
    job = make_job(5)
    deliver(job_id=str(job.pk))
    for _ in range(3):
        deliver(job_id=str(job.pk))
    assert figures(job) == {"state": "READY", "total": 5, "pending": 5}
    assert not ledger.done


@pytest.mark.parametrize(
    "change", [{"action": "gone.away"}, {"params_version": 9}, {"engine_version": 9}], ids=str
)
@pytest.mark.fault("F24", "F28")
def test_what_no_worker_understands_waits_says_so_and_goes_on_when_one_does(
    prepared: Prepared, ledger: Any, change: dict[str, Any]
) -> None:
    job = prepared(5)
    before = {name: getattr(job, name) for name in change}
    Job.objects.update(**change)
    for _ in range(3):
        sweep()
        deliver(job_id=str(job.pk))
    assert not ledger.done
    assert figures(job) == {"state": "QUEUED", "total": 5, "pending": 5}
    assert "another version" in Job.objects.get().problem
    Job.objects.update(**before)
    deliver(job_id=str(job.pk))
    assert figures(job) == {"state": "COMPLETED", "total": 5, "ok": 5}
    assert Job.objects.get().problem == ""


@pytest.mark.fault("F28")
def test_a_job_that_an_old_worker_cannot_prepare_waits_and_says_so(
    make_job: Callable[..., Job], no_workers: None
) -> None:
    job = make_job(5, autostart=True)
    Job.objects.update(params_version=9)
    assert engine.work(job.pk, "old") is False
    assert "another version" in Job.objects.get().problem
    Job.objects.update(params_version=1, lease_until=None)
    assert engine.work(job.pk, "new")
    assert Job.objects.get().problem == ""
