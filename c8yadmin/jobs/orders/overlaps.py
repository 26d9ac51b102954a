"""Other jobs that are about the same targets: allowed, but nobody should be surprised by them."""

from __future__ import annotations

import json
from typing import Any

from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.registry import find_target
from c8yadmin.jobs.states import STOPPING, TERMINAL

SHOWN = 5


def overlaps(job: Job) -> list[dict[str, Any]]:
    """The unfinished jobs of the same tenant that share targets with `job`, those with the most first.

    Each is `{"job": id, "summary": words, "n": shared targets}`, five at most. Reads all ids of these jobs,
    chunk by chunk. Targets that the console holds itself, such as rows of a file, are shared with nobody.
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
    return [{"job": str(other.pk), "summary": other.summary, "n": n} for n, other in most]


def _chunks(job: Job) -> Any:
    rows = Chunk.objects.filter(job=job).order_by("seq").values_list("ids", flat=True)
    return (json.loads(ids) for ids in rows.iterator(chunk_size=100))
