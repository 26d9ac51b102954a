"""A prepared job that is let go: its stages are laid out, and it waits for its time or for a worker."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import F

from c8yadmin.jobs.execution import stages
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.transitions import move
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.states import State
from c8yadmin.jobs.undoing import images

ASIDE = 1_000_000_000  # added to the places of chunks while they move: no two may ever be the same


def launch(job_id: uuid.UUID, *, actor: str, reason: str, details: dict[str, Any] | None = None) -> None:
    """Let a prepared job begin now or at its time; `approvals` calls it, in its transaction.

    Raises NotAllowed when the job is neither READY nor waits for approval.
    """
    job = Job.objects.get(pk=job_id)
    after = State.SCHEDULED if job.scheduled_at and job.scheduled_at > clock() else State.QUEUED
    move(job_id, after, actor=actor, reason=reason, details=details, pace=job.ramp_from)
    Job.objects.filter(pk=job_id).update(**_stage_columns(job))


def _stage_columns(job: Job) -> dict[str, Any]:
    """The job's stages as numbers of targets and chunks; nothing to write where there is only one."""
    ends = stages.ends(job.stages, job.total)
    if len(ends) < 2:
        return {"stage_ends": [], "stage_until": None}
    chunks = _cut(job_id=job.pk, places=ends[:-1])
    pairs = list(zip(ends, [*chunks, Chunk.objects.filter(job=job).count()], strict=True))
    return {"stage_ends": pairs, "stage_until": chunks[0]}


def _cut(job_id: uuid.UUID, places: Sequence[int]) -> list[int]:
    """Let chunks end after each of `places` targets; answers how many chunks lie before each."""
    sizes = Chunk.objects.filter(job_id=job_id).order_by("seq").values_list("n", flat=True)
    found, before, seq = [], 0, 0
    rest = list(sizes)
    for place in places:
        while rest and before + rest[0] <= place:
            before, seq = before + rest.pop(0), seq + 1
        if before < place:
            _halve(Chunk.objects.get(job_id=job_id, seq=seq), place - before)
            rest[0] -= place - before
            before, seq = place, seq + 1
        found.append(seq)
    return found


def _halve(chunk: Chunk, first: int) -> None:
    """Two chunks in place of `chunk`, which nobody has worked at yet; the former with `first` targets."""
    ids = chunk.targets
    later = Chunk.objects.filter(job_id=chunk.job_id, seq__gt=chunk.seq)
    later.update(seq=F("seq") + ASIDE)
    Chunk.objects.filter(job_id=chunk.job_id, seq__gt=ASIDE).update(seq=F("seq") - ASIDE + 1)
    Chunk.objects.filter(pk=chunk.pk).update(ids=json.dumps(ids[:first]), n=first)
    other = Chunk.objects.create(
        job_id=chunk.job_id, seq=chunk.seq + 1, ids=json.dumps(ids[first:]), n=len(ids) - first
    )
    images.part(chunk.pk, other.pk, ids[first:])
