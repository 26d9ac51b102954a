"""Stages of a running job: where one ends, how it went, and whether the next one may begin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.stages import words
from c8yadmin.jobs.execution.tallies import counted
from c8yadmin.jobs.execution.transitions import SYSTEM, amend, move
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.states import RUNNABLE, ChunkState, PauseReason, State, too_many_failures

BETWEEN = frozenset({PauseReason.STAGE_DONE, PauseReason.STAGE_FAILED})


def is_over(job: Job) -> bool:
    """Whether every target of the job's present stage is done, and there is another one."""
    if job.stage_until is None:
        return False
    rest = Chunk.objects.filter(job=job, seq__lt=job.stage_until).exclude(state=ChunkState.DONE)
    return not rest.exists()


def conclude(job: Job) -> None:
    """Stop after the present stage, or go on at once; belongs into the transaction that found it over.

    Where the share of failures that ends the job was reached within the stage alone, only a person can let
    it go on.
    """
    counts = counted(job.pk, since=job.stage_ends[job.stage - 1][1] if job.stage else 0)
    done = f"{words([targets for targets, _ in job.stage_ends], job.stage)} are done"
    if too_many_failures(counts, job.abort_percent, 1):
        problem = f"{done}, and {counts.failed:,} of these {counts.executed:,} failed: at least "
        problem += f"{job.abort_percent:g} %. Look at them, then let the job go on or cancel it."
        move(job.pk, State.PAUSED, reason=problem, problem=problem, pause_reason=PauseReason.STAGE_FAILED)
    elif job.stage_wait == 0:
        amend(job.pk, RUNNABLE, actor=SYSTEM, reason=f"{done}.", **_next(job))
    else:
        at = None if job.stage_wait is None else clock() + timedelta(seconds=job.stage_wait)
        move(job.pk, State.PAUSED, reason=f"{done}.", pause_reason=PauseReason.STAGE_DONE, resume_at=at)


def onward(job: Job) -> dict[str, Any]:
    """The columns that a paused job has to change to go on: after a stage, those of the next one."""
    return _next(job) if job.pause_reason in BETWEEN else {}


def _next(job: Job) -> dict[str, Any]:
    stage = job.stage + 1
    is_last = stage + 1 >= len(job.stage_ends)
    return {"stage": stage, "stage_until": None if is_last else job.stage_ends[stage][1]}
