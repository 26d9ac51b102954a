"""How a job works, in words, for whoever has to approve it and for its owner while it waits."""

from __future__ import annotations

from collections.abc import Iterator

from c8yadmin.jobs.execution import hours
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.options import span
from c8yadmin.jobs.pages.waiting import Note, latest
from c8yadmin.jobs.states import NEVER, State

WAITING = (State.AWAITING_APPROVAL, State.SCHEDULED, State.PAUSED)


def terms(job: Job) -> Iterator[Note]:
    """When it begins, how fast it goes, in which stages, and when it ends itself; nothing once it works.

    When a confirmed job begins is among its `waiting.notes`.
    """
    if job.standing is State.AWAITING_APPROVAL:
        yield from _beginning(job)
    if job.standing in WAITING:
        yield from _manner(job)


def _beginning(job: Job) -> Iterator[Note]:
    if job.scheduled_at:
        yield Note("Begins at ", job.scheduled_at, ".", job.hours_zone)
    else:
        yield Note("Begins as soon as it is approved.")
    yield from latest(job)


def _manner(job: Job) -> Iterator[Note]:
    if why := hours.unclear(job):
        yield Note(why)
    elif its := hours.of(job):
        yield Note(f"Works only {hours.words(its)}.")
    yield Note(_speed(job))
    if job.stages:
        yield Note(f"Goes in stages of {', '.join(job.stages)}, {_between(job.stage_wait)}.")
    yield Note(_end(job))


def _between(wait: int | None) -> str:
    if wait is None:
        return "and waits for a person between them"
    return f"with {span(wait)} between them" if wait else "one right after the other"


def _end(job: Job) -> str:
    if job.abort_percent >= NEVER:
        return "Goes on to its end, however many targets fail."
    least = f"{job.abort_minimum:,} target{'s' if job.abort_minimum > 1 else ''}"
    if job.total < job.abort_minimum:
        why = f"failures would end it after {least} at the earliest"
        return f"Goes on to its end, however many targets fail: {why}."
    done = f"not before {least} {'are' if job.abort_minimum > 1 else 'is'} done"
    return f"Ends itself when {job.abort_percent:g} % of what is done has failed, but {done}."


def _speed(job: Job) -> str:
    rate = f"at most {job.rate_per_s:g} requests per second" if job.rate_per_s else "no limit of its own"
    ramp = f", beginning with {job.ramp_from:g}" if job.ramp_from else ""
    return f"Up to {job.parallel} calls at the same time in each slot, {rate}{ramp}."
