"""The one entrance to a job's work, for workers and for the command line alike."""

from __future__ import annotations

import logging
import uuid

from c8yadmin.jobs.batches import finish
from c8yadmin.jobs.execution import news
from c8yadmin.jobs.execution.batch_runs import work_of
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.fairness import choose
from c8yadmin.jobs.execution.preparation import prepare
from c8yadmin.jobs.execution.settlement import settle
from c8yadmin.jobs.execution.slot import run_slot
from c8yadmin.jobs.execution.timetable import stop_if_untimely
from c8yadmin.jobs.execution.wakeups import dispatch, wake
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.states import RUNNABLE, STOPPING, State

log = logging.getLogger(__name__)


def serve(job_id: uuid.UUID, worker: str) -> bool:
    """Answer a wake-up for the job, with a turn for whichever job it is fair to work at now.

    The job that was named comes next where the other one has no more for this worker, or is prepared now:
    otherwise its wake-ups would become fewer.
    """
    job = retry_db(Job.objects.filter(pk=job_id).first)
    if job is None or job.standing not in RUNNABLE | {State.PREPARING}:
        return work(job_id, worker)
    chosen = retry_db(choose, job_id)
    if chosen.job != job_id and work(chosen.job, worker) and not chosen.is_preparing:
        return True
    return work(job_id, worker)


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
    return _turn(job, worker)


def _turn(job: Job, worker: str) -> bool:
    if job.standing in RUNNABLE and stop_if_untimely(job, retry_db(clock)):
        return False
    more = run_slot(job.pk, worker, work_of(job))
    retry_db(finish, job.pk)
    after = retry_db(settle, job.pk)
    if after is not job.standing:
        news.tell(job, urgent=True)
    if after in RUNNABLE and retry_db(_is_in_another_stage, job):
        dispatch(job)
        return True
    if more and after in RUNNABLE:
        wake(job)
    return more


def _is_in_another_stage(job: Job) -> bool:
    return not Job.objects.filter(pk=job.pk, stage=job.stage).exists()
