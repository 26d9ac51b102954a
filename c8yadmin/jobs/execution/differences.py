"""What a job would change: a sample of its targets, before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from c8yadmin.jobs.models import Chunk, Job

SAMPLE = 5
_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; None stands for absent."""

    path: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The differences between two states of a target, by the path of each value, in the order of the
    paths."""
    return sorted(_differences(before, after, ""), key=lambda change: change.path)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str) -> Iterator[Change]:
    for name in before.keys() | after.keys():
        old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
        path = f"{prefix}{name}"
        if isinstance(old, dict) and isinstance(new, dict) and old and new:
            yield from _differences(old, new, f"{path}.")
        elif not same(old, new):
            yield Change(path, _shown(old), _shown(new))


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: true is not 1 there."""
    if one is _ABSENT or other is _ABSENT:
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _shown(value: Any) -> Any:
    if value is _ABSENT:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def sample(job: Job) -> list[str]:
    """Up to five of the job's targets, spread over all of them."""
    sizes = list(Chunk.objects.filter(job=job).order_by("seq").values_list("n", flat=True))
    total = sum(sizes)
    places = sorted({round(i * (total - 1) / (SAMPLE - 1)) for i in range(SAMPLE)}) if total else []
    return [id for place in places for id in frozen(job, place, 1, sizes)]


def frozen(job: Job, start: int, count: int, sizes: list[int] | None = None) -> list[str]:
    """`count` of the job's frozen targets from the place `start`; chunk by chunk, however many there are."""
    if sizes is None:
        sizes = list(Chunk.objects.filter(job=job).order_by("seq").values_list("n", flat=True))
    ends = list(accumulate(sizes))
    wanted = [i for i, end in enumerate(ends) if end > start and end - sizes[i] < start + count]
    if not wanted:
        return []
    offset = start - (ends[wanted[0]] - sizes[wanted[0]])
    chunks = Chunk.objects.filter(job=job, seq__in=wanted).order_by("seq")
    return [id for chunk in chunks for id in chunk.targets][offset : offset + count]
