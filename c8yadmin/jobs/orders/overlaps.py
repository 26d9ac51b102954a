"""Other jobs that are about the same targets: allowed, but nobody should be surprised by them."""

from __future__ import annotations

import json
from typing import Any

from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.registry import find_action, find_target
from c8yadmin.jobs.states import STOPPING, TERMINAL

SHOWN = 5


def overlaps(job: Job) -> list[dict[str, Any]]:
    """The unfinished jobs of the same tenant that share targets with `job`, those with the most first.

    Each is `{"job": id, "summary": words, "n": shared targets, "then": what comes of it}`, five at most.
    Reads all ids of these jobs, chunk by chunk. Targets that the console holds itself, such as rows of a
    file, are shared with nobody.
    """
    kind = find_target(job.target_kind)
    if kind and kind.source:
        return []
    others = Job.objects.filter(
        tenant=job.tenant, target_kind=job.target_kind, prepared_at__isnull=False
    ).exclude(state__in=[*TERMINAL, *STOPPING])
    found = list(others.exclude(pk=job.pk))
    if not found:
        return []
    mine = {id for ids in _chunks(job) for id in ids}
    shared = [(sum(len(mine.intersection(ids)) for ids in _chunks(other)), other) for other in found]
    most = sorted((pair for pair in shared if pair[0]), key=lambda pair: -pair[0])[:SHOWN]
    return [
        {"job": str(other.pk), "summary": other.summary, "n": n, "then": _then(job, other)}
        for n, other in most
    ]


def _then(job: Job, other: Job) -> str:
    """What becomes of the targets that two jobs share."""
    both = [action for one in (job, other) if (action := find_action(one.action))]
    natures = {action.nature for action in both}
    if any(action.reads for action in both):
        return "Both may run: an export has what is there when it is read."
    if "deletion" in natures:
        return "Both may run: what one of them has deleted, the other skips."
    if "addition" in natures:
        return "Both may run, and both take effect."
    return "Both may run: where they change the same, the last change stays."


def _chunks(job: Job) -> Any:
    rows = Chunk.objects.filter(job=job).order_by("seq").values_list("ids", flat=True)
    return (json.loads(ids) for ids in rows.iterator(chunk_size=100))
