"""Telling open pages that a job changed; they then ask for what changed with their own rights."""

from __future__ import annotations

import threading
import time

from c8yadmin.jobs.models import Job
from c8yadmin.live.publish import signal

INTERVAL = 0.5  # seconds between two signals about the progress of one job, per process
SLOW, SILENCE = 0.3, 5.0  # seconds; where telling fails or takes so long, nobody is told for a while

_told: dict[str, float] = {}
_lock = threading.Lock()
_silent_until = 0.0


def tell(job: Job, *, urgent: bool = False) -> None:
    """Signal that `job` changed: `urgent` always (a new state), else at most twice a second."""
    if not _due(str(job.pk), urgent):
        return
    began = time.monotonic()
    data = {"job": str(job.pk), "v": time.time_ns() // 1_000_000}
    sent = all(signal(f"{job.tenant}/{listener}", data) for listener in (job.owner, "*admins"))
    if not sent or time.monotonic() - began > SLOW:
        _be_silent()


def _due(job_id: str, urgent: bool) -> bool:
    now = time.monotonic()
    with _lock:
        if now < _silent_until or (not urgent and now - _told.get(job_id, 0.0) < INTERVAL):
            return False
        if len(_told) > 1000:
            _told.clear()
        _told[job_id] = now
        return True


def _be_silent() -> None:
    global _silent_until
    _silent_until = time.monotonic() + SILENCE
