"""Telling open pages that a job changed; they then ask for what changed with their own rights."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from django.db import Error

from c8yadmin.jobs.authority import hearing
from c8yadmin.jobs.models import Job
from c8yadmin.live.publish import signals

INTERVAL = 0.5  # seconds between two signals about the progress of one job, per process
SLOW, SILENCE = 0.3, 5.0  # seconds; where telling takes so long, or fails, less is told for a while

_told: dict[str, float] = {}
_lock = threading.Lock()
_silent_until = _slow_until = 0.0


def tell(job: Job, *, urgent: bool = False) -> None:
    """Signal that `job` changed: `urgent` always (a new state), else at most twice a second."""
    if not _due(str(job.pk), urgent):
        return
    now = time.time_ns() // 1_000_000
    news = [(topic, {"job": what, "v": now}) for topic, what in _signals(job, urgent)]
    began = time.monotonic()
    sent = signals(news)
    if not sent or time.monotonic() - began > SLOW:
        _be_silent(entirely=not sent)


def _signals(job: Job, urgent: bool) -> Iterator[tuple[str, str]]:
    """Who is told of what: of the job, and of all that waits for approval where that is more or less now."""
    listeners, decided = [f"{job.tenant}/{job.owner}", f"{job.tenant}/*admins"], False
    with contextlib.suppress(Error):  # then those hear of it who need no look-up
        listeners += hearing.approvers(job)
        decided = urgent and hearing.is_decided(job)
    if decided:
        listeners += hearing.deciding(job)
        yield from ((topic, hearing.APPROVALS) for topic in listeners)
    yield from ((topic, str(job.pk)) for topic in listeners)


def _due(job_id: str, urgent: bool) -> bool:
    now = time.monotonic()
    with _lock:
        soon = now < _slow_until or now - _told.get(job_id, 0.0) < INTERVAL
        if now < _silent_until or (not urgent and soon):
            return False
        if len(_told) > 1000:
            _told.clear()
        _told[job_id] = now
        return True


def _be_silent(entirely: bool) -> None:
    """Tell nobody of progress for a while, and of nothing at all where nobody hears it: the end of a job that
    went unheard would stay off the pages that follow it."""
    global _silent_until, _slow_until
    _slow_until = time.monotonic() + SILENCE
    if entirely:
        _silent_until = _slow_until
