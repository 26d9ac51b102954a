"""A job that stops by itself, until somebody resumes it."""

from __future__ import annotations

import contextlib
import uuid

from c8yadmin.jobs import news
from c8yadmin.jobs.database import retry_db
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.states import PauseReason, State
from c8yadmin.jobs.transitions import NotAllowed, move


def pause(job_id: uuid.UUID, why: PauseReason, problem: str) -> None:
    """Pause the job and say why; of no effect when it has stopped already."""
    with contextlib.suppress(NotAllowed):
        retry_db(
            move,
            job_id,
            State.PAUSED,
            reason=problem,
            pause_reason=why,
            problem=problem[:1000],
            lease_until=None,
        )
        news.tell(Job.objects.get(pk=job_id), urgent=True)
