"""How fast a job may go: its own limit, and the ramp by which it gets there.

A ramp begins slowly, multiplies its pace after every interval of undisturbed work, and halves it when the
tenant is in trouble.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from c8yadmin.jobs.execution.rate import Limit
from c8yadmin.jobs.models import Job, TenantLimit

SHARE = 0.1  # of the calls between two commits: from here on trouble is more than an accident
MANY = 1000
STRETCH = 5.0  # seconds between two milestones
AT_ONCE = timedelta(seconds=2)  # several workers meet the same trouble: it slows the job down once


@dataclass(frozen=True, slots=True)
class Ramp:
    """`start` requests per second, `factor` times as many after every `seconds`, up to `limit`."""

    start: float
    factor: float
    seconds: float
    limit: float

    def grown(self, pace: float) -> float:
        """The pace after one more interval."""
        return min(self.limit, pace * self.factor)

    def halved(self, pace: float) -> float:
        """The pace after trouble: never slower than at the start."""
        return max(min(self.start, pace), pace / 2)

    def duration(self, requests: float) -> float:
        """Seconds that so many requests take where nothing else slows them down."""
        pace, spent = min(self.start, self.limit), 0.0
        while pace < self.limit and requests > pace * self.seconds:
            requests -= pace * self.seconds
            pace, spent = self.grown(pace), spent + self.seconds
        return spent + requests / pace


def ramp(job: Job) -> Ramp | None:
    """The job's ramp; it needs a rate to grow to."""
    if job.ramp_from is None or not job.rate_per_s:
        return None
    return Ramp(job.ramp_from, job.ramp_factor, job.ramp_seconds, job.rate_per_s)


def rate(job: Job) -> float | None:
    """Requests per second that the job may send now; None without a limit of its own."""
    return min(job.rate_per_s, job.pace) if job.rate_per_s and job.pace and ramp(job) else job.rate_per_s


def slots(job: Job) -> int:
    """How many slots the job can keep busy at its rate, where a call takes up to a second: more of them would
    only wait, and keep workers from other jobs."""
    its = rate(job)
    return MANY if its is None else ceil(its / job.parallel)


def step(job: Job, now: datetime, *, trouble: bool) -> None:
    """Grow the job's pace after an undisturbed interval, or halve it; whoever is second changes nothing."""
    its = ramp(job)
    if its is None or job.pace is None or job.pace_at is None:
        return
    pace = its.halved(job.pace) if trouble else its.grown(job.pace)
    due = job.pace_at + (AT_ONCE if trouble else timedelta(seconds=its.seconds))
    if now < due or (pace == job.pace and not trouble):
        return
    same = Job.objects.filter(pk=job.pk, pace=job.pace, pace_at=job.pace_at)
    if same.update(pace=pace, pace_at=now):
        job.pace, job.pace_at = pace, now


def limits(job: Job, tenant: TenantLimit) -> list[Limit]:
    """What holds the job's requests back: the tenant's rate, and its own."""
    own = rate(job)
    found = [Limit(f"tenant:{job.tenant}", tenant.rate, tenant.burst)] if tenant.rate else []
    return [*found, Limit(f"job:{job.pk}", own, max(1.0, own))] if own else found


def milestone(job: Job, now: datetime, executed: Callable[[], int]) -> None:
    """Note how far the job is, every now and then: from the last two of these its speed is told."""
    last = job.marks[-1] if job.marks else None
    if last is None or now.timestamp() - last[0] >= STRETCH:
        job.marks = [*job.marks[-1:], [now.timestamp(), executed()]]
        Job.objects.filter(pk=job.pk).update(marks=job.marks)
