"""How a job's targets ended: written down, and counted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Sum

from c8yadmin.jobs.execution import reasons
from c8yadmin.jobs.models import Chunk, ItemResult
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import Counts, ItemState

Done = Sequence[tuple[str, Outcome]]


def count(outcomes: Iterable[Outcome]) -> Counts:
    """How many of `outcomes` ended in which way."""
    states = [outcome.state for outcome in outcomes]
    return Counts(
        *(states.count(s) for s in (ItemState.OK, ItemState.FAILED, ItemState.SKIPPED, ItemState.UNKNOWN))
    )


def write(chunk_id: int, first: int, done: Done, now: datetime) -> None:
    """Keep how targets of the chunk ended, from the place `first` on; of what ended well no row is kept."""
    ItemResult.objects.bulk_create(
        ItemResult(
            chunk_id=chunk_id,
            idx=first + place,
            item_id=id,
            outcome=outcome.state,
            http_status=outcome.status,
            error_code=outcome.code[:100],
            message=storable(outcome.message)[:500],
            reason=reasons.key(outcome.state, outcome.status, outcome.code[:100], outcome.message[:500], id),
            at=now,
        )
        for place, (id, outcome) in enumerate(done)
        if outcome.state is not ItemState.OK
    )


def storable(text: str) -> str:
    """`text` as every database takes it: PostgreSQL refuses NUL, and no encoding takes a lone surrogate."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()


def counted(job_id: uuid.UUID, *, since: int = 0) -> Counts:
    """How the job's targets ended so far, those of chunks from the place `since` on."""
    chunks = Chunk.objects.filter(job_id=job_id, seq__gte=since)
    sums = chunks.aggregate(**{name: Sum(name) for name in Counts.__slots__})
    return Counts(**{name: n or 0 for name, n in sums.items()})
