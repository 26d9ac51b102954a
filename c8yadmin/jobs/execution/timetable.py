"""When a job may work: begun by its latest start, and during its own hours and its tenant's."""

from __future__ import annotations

from datetime import datetime

from c8yadmin.jobs.execution import hours
from c8yadmin.jobs.execution.pauses import pause
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.states import PauseReason

LATE = "Nobody could start it in time, and nothing was done: its latest start has passed."


def closing(job: Job, now: datetime) -> datetime | None:
    """When the hours end in which the job may be worked, at once where they are garbled; None when it has
    none."""
    limit = limit_of(job.tenant)
    return now if hours.unclear(job, limit) else hours.closing(hours.of(job, limit), now)


def stop_if_untimely(job: Job, now: datetime) -> bool:
    """Pause the job when it may not be worked now, until its hours begin or a person decides; tells whether
    it was."""
    if job.is_late(now):
        pause(job.pk, PauseReason.WINDOW_CLOSED, LATE)
        return True
    limit = limit_of(job.tenant)
    if why := hours.unclear(job, limit):
        pause(job.pk, PauseReason.OUT_OF_HOURS, why)
        return True
    its = hours.of(job, limit)
    if hours.are_open(its, now):
        return False
    _wait(job, its, hours.opening(its, now))
    return True


def _wait(job: Job, its: list[hours.Hours], until: datetime | None) -> None:
    words = hours.words(its)
    if until is None:
        pause(job.pk, PauseReason.OUT_OF_HOURS, f"There is no time at which it may work: {words} never meet.")
    elif job.is_late(until):
        pause(job.pk, PauseReason.WINDOW_CLOSED, f"{LATE} Its hours are {words}.")
    else:
        pause(job.pk, PauseReason.OUT_OF_HOURS, f"It works only {words}.", resume_at=until)
