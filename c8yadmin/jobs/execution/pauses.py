"""A job that stops by itself, and goes on when its time has come or somebody resumes it."""

from __future__ import annotations

import contextlib
import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from c8yadmin.jobs.execution import news
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.staging import onward
from c8yadmin.jobs.execution.transitions import SYSTEM, NotAllowed, move
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.states import PauseReason, State, resumed


def pause(job_id: uuid.UUID, why: PauseReason, problem: str, *, resume_at: datetime | None = None) -> None:
    """Pause the job and say why; of no effect when it has stopped already.

    One that goes on by itself, at `resume_at`, is no problem that somebody has to look at.
    """
    with contextlib.suppress(NotAllowed):
        retry_db(
            move,
            job_id,
            State.PAUSED,
            reason=problem,
            pause_reason=why,
            problem="" if resume_at else problem[:1000],
            resume_at=resume_at,
            lease_until=None,
        )
        news.tell(Job.objects.get(pk=job_id), urgent=True)


def go_on(
    job_id: uuid.UUID, *, actor: str = SYSTEM, reason: str, due: datetime | None = None, **changes: Any
) -> None:
    """Let a paused job go on where it stopped; a stage that was over is followed by the next one.

    With `due` only if it goes on by itself by then; `changes` are columns that it gets meanwhile. Raises
    NotAllowed when it is not paused.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if due is not None and not (job.resume_at and job.resume_at <= due):
            return
        late = {"not_after": None} if job.pause_reason == PauseReason.WINDOW_CLOSED else {}
        start = changes.get("scheduled_at", job.scheduled_at)
        early = start is not None and start > clock()
        after = resumed(job.prepared_at is not None, early)
        if job.standing is not State.PAUSED:  # READY may become QUEUED too, but by a confirmation
            raise NotAllowed(job.standing, after)
        changes = {"prepare_attempts": 0} | late | onward(job) | changes
        move(job_id, after, actor=actor, reason=reason, **changes)
