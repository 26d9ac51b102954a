"""Bringing a job to its end once nobody works on it."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models import F

from c8yadmin.jobs.batches import awaits_finish
from c8yadmin.jobs.execution import staging
from c8yadmin.jobs.execution.claims import live, lock, slim
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.tallies import counted
from c8yadmin.jobs.execution.transitions import move
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.states import RUNNABLE, STOPPING, ChunkState, State, end_of_stop, end_of_work


def settle(job_id: uuid.UUID) -> State:
    """End the job if its work is done, or if it is stopping and the last lease is over; let it stop after a
    stage; tell where it stands.

    Safe to call at any time by anybody. A dead worker's lease is revoked before the job ends, so that the
    worker's late commit cannot change the numbers of a job that has ended.
    """
    with transaction.atomic():
        job = slim().get(pk=job_id)
        if job.standing not in RUNNABLE | STOPPING:
            return job.standing
        lock(job.tenant)
        job.refresh_from_db()
        end = _end(job)
        if end is not None:
            move(job_id, end, problem=job.problem)
            return end
        if job.standing in RUNNABLE and staging.is_over(job):
            staging.conclude(job)
            job.refresh_from_db(fields=["state"])
        return job.standing


def _end(job: Job) -> State | None:
    chunks = Chunk.objects.filter(job_id=job.pk)
    if job.standing in RUNNABLE:
        open_chunks = chunks.exclude(state=ChunkState.DONE)
        unfinished = open_chunks.exists() or awaits_finish(job)
        return None if unfinished else end_of_work(counted(job.pk))
    if job.standing in STOPPING:
        leased, now = chunks.filter(state=ChunkState.LEASED), clock()
        if leased.filter(live(now)).exists():
            return None
        leased.update(state=ChunkState.PENDING, token=F("token") + 1, lease_until=None)
        return end_of_stop(job.standing)
    return None
