"""The one entrance to a job's work, for workers and for the command line alike."""

from __future__ import annotations

import logging
import uuid

from c8yadmin.jobs import news
from c8yadmin.jobs.database import retry_db
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.preparation import prepare
from c8yadmin.jobs.settlement import settle
from c8yadmin.jobs.slot import run_slot
from c8yadmin.jobs.states import RUNNABLE, STOPPING, State
from c8yadmin.jobs.wakeups import dispatch, wake

log = logging.getLogger(__name__)


def work(job_id: uuid.UUID, worker: str) -> bool:
    """Do whatever the job needs next, for one turn; tells whether anything could be done.

    A message for a job that is gone, ended, paused or fully taken care of does nothing.
    """
    job = retry_db(Job.objects.filter(pk=job_id).first)
    if job is None:
        log.warning("job %s is gone", job_id)
        return False
    if job.standing is State.PREPARING:
        worked = prepare(job_id)
        if worked:
            dispatch(job)
        return worked
    if job.standing not in RUNNABLE | STOPPING:
        return False
    more = run_slot(job_id, worker)
    after = retry_db(settle, job_id)
    if after is not job.standing:
        news.tell(job, urgent=True)
    if more and after in RUNNABLE:
        wake(job)
    return more
