"""Where a job's targets come from: portion after portion, so that any worker can go on after any of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from c8yadmin.jobs.models import CHUNK_SIZE, Job
from c8yadmin.jobs.orders import scopes
from c8yadmin.jobs.registry import Batch, TargetKind
from c8yadmin.jobs.undoing import images
from c8yadmin.jobs.undoing.images import Target
from sdk import CumulocityClient

T = TypeVar("T")
NOTHING_YET = "-"  # where portions were done, and no target was among them


@dataclass(frozen=True, slots=True)
class Portion:
    """Some more targets, CHUNK_SIZE at most.

    `place` is where another worker goes on behind them; empty where it would have to begin anew. `keep`
    writes down what was learned about them.
    """

    targets: list[Target]
    place: str
    keep: Callable[[], None] | None = None

    @property
    def is_news(self) -> bool:
        """Whether there is anything to be written down."""
        return bool(self.targets or self.keep)


class Asking(Protocol):
    """Who can ask the tenant for long, in a thread of its own."""

    job: Job
    kind: TargetKind
    client: CumulocityClient

    def patiently(self, work: Callable[[], T]) -> T: ...

    def ask(self, work: Callable[[CumulocityClient], T], /) -> T: ...


def portions(asking: Asking) -> Iterator[Portion]:
    """The targets of the job behind `prepare_cursor`, in the thread where the database is."""
    spec = asking.job.target_spec
    if asking.kind.source and "source" in spec:
        return _own(asking)
    if scopes.BY_JOBS & spec.keys():
        return _kept(asking.job)
    return _selected(asking.job) if "ids" in spec else _listed(asking)


def _selected(job: Job) -> Iterator[Portion]:
    """What was named; those that are frozen come first again, and are passed over."""
    yield from _cut(map(Target, islice(_fresh(job.target_spec["ids"]), job.total, None)))


def _kept(job: Job) -> Iterator[Portion]:
    """What another job has left, with what is kept of it."""
    spec, after = job.target_spec, job.prepare_cursor
    if "retry_of" in spec:
        return _cut(images.to_retry(spec, after))
    return _cut(images.to_revert(uuid.UUID(spec["revert_of"]), after))


def _cut(targets: Iterator[Target]) -> Iterator[Portion]:
    while some := list(islice(targets, CHUNK_SIZE)):
        yield Portion(some, some[-1].id)


def _listed(asking: Asking) -> Iterator[Portion]:
    """What the tenant lists."""
    query: Any = scopes.query(asking.kind, asking.job.target_spec, asking.client)
    listed: Iterator[str] = query.ids(asking.job.prepare_cursor or None)
    ids = iter(listed) if query.by_id else _fresh(listed)  # in order, none comes twice
    while some := asking.patiently(lambda: [Target(id) for id in islice(ids, CHUNK_SIZE)]):
        yield Portion(some, some[-1].id if query.by_id else "")


def _fresh(ids: Iterator[str] | list[str]) -> Iterator[str]:
    """Each id once. Ids are numbers nearly always, and a million numbers are small."""
    seen: set[int | str] = set()
    for id in ids:
        key = int(id) if id.isdecimal() else id
        if key not in seen:
            seen.add(key)
            yield id


def _own(asking: Asking) -> Iterator[Portion]:
    """Targets that the database holds, as they are found; what is left of the last ones ends the job."""
    job, waiting = asking.job, list[Target]()
    after = {"": None, NOTHING_YET: ""}.get(job.prepare_cursor, job.prepare_cursor)
    place = after or NOTHING_YET
    assert asking.kind.source  # noqa: S101  # `portions` looked
    batches: Iterator[Batch] = asking.kind.source(job.target_spec["source"], asking.ask, after)
    for batch in batches:
        waiting += map(Target, batch.ids)
        some = waiting[:CHUNK_SIZE] if len(waiting) >= CHUNK_SIZE else []
        waiting = waiting[len(some) :]
        place = some[-1].id if some else place
        yield Portion(some, place, batch.keep)
    yield from _cut(iter(waiting))
