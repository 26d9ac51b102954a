"""Telling workers that a job waits for them. A wake-up may be lost or doubled: the sweeper makes good for
it."""

from __future__ import annotations

import logging
import time
from importlib import import_module
from threading import local
from typing import TYPE_CHECKING

from c8yadmin.jobs.batches import awaits_finish
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.database import retry_db
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.states import RUNNABLE, State
from c8yadmin.live.publish import reachable

if TYPE_CHECKING:
    from celery import Celery

log = logging.getLogger(__name__)

TASK = "c8yadmin.jobs.tasks.work"
EXPIRES = 10  # seconds; by then the sweeper has sent another one
OFFLINE = 15.0  # seconds without trying a broker that did not answer

_inline = local()
_offline_until = 0.0


def dispatch(job: Job) -> None:
    """Send as many wake-ups as there are slots that would find something to do now."""
    job.refresh_from_db(fields=["state", "stage_until"])
    if job.standing is State.PREPARING:
        wake(job)
    elif job.standing in RUNNABLE:
        wake(job, retry_db(claims.slots_wanted, job) or retry_db(awaits_finish, job))


def heard() -> None:
    """A message has come through: the broker answers again, whatever this process has met."""
    global _offline_until
    _offline_until = 0.0


def wake(job: Job, times: int = 1) -> None:
    """Send wake-ups for the job. Never raises for a dead broker."""
    if times and _celery().conf.task_always_eager:
        _work_inline(str(job.pk))
        return
    for _ in range(times):
        _publish(str(job.pk))


def _celery() -> Celery:
    """Imported here, because it weighs 5 MB that a web process without jobs can do without."""
    from c8yadmin.celery import app  # noqa: PLC0415

    return app


def _publish(job_id: str) -> None:
    global _offline_until
    from kombu.exceptions import OperationalError  # noqa: PLC0415  # comes with Celery

    if time.monotonic() < _offline_until:
        return
    try:
        # Celery itself would wait three times ten seconds for a Redis that accepts and never answers.
        if not reachable():
            raise OperationalError("Redis does not answer.")
        _celery().send_task(TASK, kwargs={"job_id": job_id}, expires=EXPIRES)
    except (OperationalError, OSError) as error:
        log.warning("queue offline, the sweeper will catch up: %s", type(error).__name__)
        _offline_until = time.monotonic() + OFFLINE


def _work_inline(job_id: str) -> None:
    """Without workers (tests, `CELERY_TASK_ALWAYS_EAGER`): a wake-up during work waits until that is done."""
    waiting: list[str] | None = getattr(_inline, "waiting", None)
    if waiting is not None:
        waiting.append(job_id)
        return
    import_module(TASK.rpartition(".")[0])  # a worker has done it when it started
    _inline.waiting = waiting = [job_id]
    try:
        while waiting:
            _celery().tasks[TASK].apply(kwargs={"job_id": waiting.pop(0)}, throw=True)
    finally:
        del _inline.waiting
