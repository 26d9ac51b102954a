"""What a job waits for, and what holds it back, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from c8yadmin.jobs.execution import hours, pacing
from c8yadmin.jobs.execution.claims import live, live_leases
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.stages import words
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from c8yadmin.jobs.states import RUNNABLE, ChunkState, PauseReason, State
from c8yadmin.ui import times


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence; a moment in it stands apart, so that a page can tell it on the clocks of `zone`, those on
    which it was entered, or without one on the reader's own."""

    text: str
    at: datetime | None = None
    rest: str = ""
    zone: str = ""

    def __str__(self) -> str:
        return f"{self.text}{times.clock(self.at, self.zone) if self.at else ''}{self.rest}"


def notes(job: Job, limit: TenantLimit) -> list[Note]:
    """What there is to say about the job as it stands, most important first; often nothing.

    `limit` is its tenant's.
    """
    if job.standing is State.SCHEDULED and job.scheduled_at:
        return [Note("Starts at ", job.scheduled_at, ".", job.hours_zone), *latest(job)]
    if job.standing is State.PAUSED:
        return list(_paused(job, limit))
    return list(_running(job, limit, clock())) if job.standing in RUNNABLE else []


def latest(job: Job) -> list[Note]:
    """Until when the job has to begin, where that is said."""
    return [Note("At the latest it begins at ", job.not_after, ".", job.hours_zone)] if job.not_after else []


def _paused(job: Job, limit: TenantLimit) -> Iterator[Note]:
    if job.pause_reason == PauseReason.NEEDS_AUTH:
        yield Note(f"It goes on as soon as {job.owner} signs in again, or resumes it here.")
    if job.pause_reason == PauseReason.STAGE_DONE:
        done = f"{words([end for end, _ in job.stage_ends], job.stage)} done; "
        if job.resume_at:
            yield Note(f"{done}goes on at ", job.resume_at, ", or now.")
        else:
            yield Note(f"{done}goes on when you let it.")
    elif job.pause_reason == PauseReason.OUT_OF_HOURS and job.resume_at:
        yield _resumption(job.resume_at, [] if hours.unclear(job, limit) else hours.of(job, limit))


def _resumption(at: datetime, its: list[hours.Hours]) -> Note:
    """Its hours may have been taken away since it stopped."""
    if its:
        return Note(f"Works only {hours.words(its)}; goes on at ", at, ".", its[0].zone.key)
    return Note("Goes on at ", at, ".")


def _running(job: Job, limit: TenantLimit, now: datetime) -> Iterator[Note]:
    if limit.circuit_until and limit.circuit_until > now:
        why = "is in trouble" if limit.circuit_state == "open" else "asked for patience"
        yield Note(f"The tenant {why}: nothing is sent until ", limit.circuit_until, ".")
    elif _waits_for_a_slot(job, limit, now):
        yield Note(f"Waits for its turn: other jobs have all {limit.max_leases} slots of the tenant.")
    if job.stage_until is not None:
        end = job.stage_ends[job.stage][0]
        yield Note(f"Stage {job.stage + 1} of {len(job.stage_ends)}: up to target {end:,}.")
    yield from _speed(job, limit)
    if job.started_at is None:
        yield from latest(job)
    if why := hours.unclear(job, limit):
        yield Note(f"Nothing is sent. {why}")
    elif (its := hours.of(job, limit)) and hours.are_open(its, now):
        yield Note("Works until ", hours.closing(its, now), ", then again in its hours.", its[0].zone.key)


def _speed(job: Job, limit: TenantLimit) -> Iterator[Note]:
    rate = pacing.rate(job)
    if rate and job.rate_per_s and rate < job.rate_per_s:
        yield Note(f"Kept to {rate:g} requests per second; the ramp leads to {job.rate_per_s:g}.")
    elif rate:
        yield Note(f"Kept to {rate:g} requests per second.")
    if limit.rate:
        yield Note(f"All jobs of the tenant together are kept to {limit.rate:g} requests per second.")


def _waits_for_a_slot(job: Job, limit: TenantLimit, now: datetime) -> bool:
    mine = Chunk.objects.filter(live(now), job=job, state=ChunkState.LEASED)
    return live_leases(job.tenant, now) >= limit.max_leases and not mine.exists()
