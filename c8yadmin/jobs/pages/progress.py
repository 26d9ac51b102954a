"""How far a job is, how fast it goes and how long it will take."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import Sum

from c8yadmin.jobs.execution import pacing
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.stages import ends
from c8yadmin.jobs.execution.tallies import counted
from c8yadmin.jobs.execution.transitions import words
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.registry import find_action
from c8yadmin.jobs.states import Counts, State

SETTLED = 2.0  # seconds before a rate says anything


@dataclass(frozen=True, slots=True)
class Progress:
    """The figures of a job at one moment; every target is in exactly one of the six counts.

    `rate` is in targets per second and `seconds_left` what that means for the rest; None while nobody can
    know.
    """

    total: int
    ok: int
    failed: int
    skipped: int
    unknown: int
    canceled: int
    pending: int
    rate: float | None = None
    seconds_left: float | None = None

    @classmethod
    def of(cls, job: Job) -> Progress:
        """The figures of `job` as it was read."""
        counts = counted(job.pk)
        return cls._of(job, counts, _rate(job, counts))

    @classmethod
    def of_all(cls, jobs: Sequence[Job]) -> dict[uuid.UUID, Progress]:
        """The figures of several jobs, without rates, in one query."""
        names = Counts.__slots__
        sums: Iterable[tuple[Any, ...]] = (
            Chunk.objects.filter(job__in=[job.pk for job in jobs])
            .order_by()
            .values_list("job_id")
            .annotate(*(Sum(name) for name in names))
        )
        found = {job_id: Counts(*counts) for job_id, *counts in sums}
        return {job.pk: cls._of(job, found.get(job.pk, Counts()), None) for job in jobs}

    @classmethod
    def _of(cls, job: Job, counts: Counts, rate: float | None) -> Progress:
        rest = job.total - counts.executed
        canceled, pending = (rest, 0) if job.is_terminal else (0, rest)
        left = max(pending / rate, pending * _least(job)) if rate else None
        return cls(
            job.total, counts.ok, counts.failed, counts.skipped, counts.unknown, canceled, pending, rate, left
        )

    @property
    def speed(self) -> str:
        """How fast it goes: `12.5 per second`, `3 per minute`; empty while nobody can know."""
        if not self.rate:
            return ""
        if self.rate >= 0.5:
            return f"{self.rate:,.1f} per second"
        often = self.rate * 60
        return f"{often:.1f} per minute" if often >= 0.5 else f"{often * 60:.1f} per hour"

    @property
    def executed(self) -> int:
        return self.ok + self.failed + self.skipped + self.unknown


def _rate(job: Job, counts: Counts) -> float | None:
    """Over the last seconds: what was done before a pause, or at another speed, says nothing about now."""
    if job.standing is not State.RUNNING or not job.marks:
        return None
    since, executed = job.marks[0]
    seconds, done = clock().timestamp() - since, counts.executed - executed
    return done / seconds if done > 0 and seconds > SETTLED else None


def _least(job: Job) -> float:
    """How many seconds a target takes at least, by the rates that hold now."""
    rates = [rate for rate in (limit_of(job.tenant).rate, pacing.rate(job)) if rate]
    return max((_calls(job) / rate for rate in rates), default=0.0)


def _calls(job: Job) -> int:
    """Requests for each target."""
    calls: int = job.preview.get("calls", 1)
    return calls


def forecast(job: Job, limit: TenantLimit) -> float | None:
    """Seconds that the job will take, its waits between stages included, from how fast the tenant answered
    for the preview; None if it was not asked."""
    latency: float | None = job.preview.get("latency")
    if not latency or not job.total:
        return None
    slots = max(1, min(limit.max_leases, job.chunks.count()))
    calls = job.total * _calls(job)
    ramp = pacing.ramp(job)
    rates = [calls / rate for rate in (limit.rate, job.rate_per_s) if rate]
    working = max([calls * latency / (job.parallel * slots), *rates, ramp.duration(calls) if ramp else 0.0])
    return float(working) + (len(ends(job.stages, job.total)) - 1) * (job.stage_wait or 0)


def foreseen(job: Job, limit: TenantLimit) -> str:
    """The forecast in words; empty where there is none."""
    seconds = forecast(job, limit)
    return duration(seconds) if seconds is not None else ""


@dataclass(frozen=True, slots=True)
class Tab:
    """What the browser's tab says of a job: some words, and a ring that is drawn so far and looks so."""

    words: str
    percent: int
    look: Literal["going", "waiting", "done", "warning", "failed"]

    @classmethod
    def of(cls, job: Job, progress: Progress) -> Tab:
        """100 % is said by none but a job that is over: before that, something is still to be done."""
        percent = min(99, progress.executed * 100 // progress.total) if progress.total else 0
        match job.standing:
            case State.QUEUED | State.RUNNING:
                return cls(f"{percent} %", percent, "going")
            case State.READY if not job.total:
                return cls("Nothing to do", 0, "waiting")
            case State.COMPLETED:
                return cls("Done", 100, "done")
            case State.COMPLETED_WITH_ERRORS:
                return cls(f"Done, {progress.failed + progress.unknown:,} failed", 100, "warning")
            case State.FAILED | State.ABORTED:
                return cls(_capital(job), percent, "failed")
            case State.PREPARING | State.CANCELING | State.ABORTING:
                return cls(_capital(job), percent, "going")
        return cls(_capital(job), percent, "waiting")


def _capital(job: Job) -> str:
    return words(job.standing).capitalize()


def duration(seconds: float) -> str:
    """An estimate as people say it: `less than a second`, `about 40 s`, `about 12 min`, `about 2 h 5 min`."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes // 60:,} h {minutes % 60} min"


def summary(job: Job) -> dict[str, Any]:
    """The job as the command line prints it."""
    progress = Progress.of(job)
    return {
        "id": str(job.pk),
        "action": job.action,
        "state": job.state,
        "total": progress.total,
        "ok": progress.ok,
        "failed": progress.failed,
        "skipped": progress.skipped,
        "unknown": progress.unknown,
        "canceled": progress.canceled,
        "pending": progress.pending,
        "created_at": _iso(job.created_at),
        "started_at": _iso(job.started_at),
        "finished_at": _iso(job.finished_at),
        **figures(job),
    }


def figures(job: Job) -> dict[str, int]:
    """What the job's action counts beside its targets."""
    action = find_action(job.action)
    return action.figures(job.params) if action else {}


def fruitless(job: Job, beside: Mapping[str, int]) -> str:
    """Why a prepared job has no targets, where its action knows more than that nothing matched; `beside` are
    its `figures`."""
    action = find_action(job.action)
    return action.fruitless(job.params, beside) if action and job.prepared_at and not job.total else ""


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
