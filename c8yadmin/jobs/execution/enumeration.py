"""Where a job's targets come from: portion after portion, so that any worker can go on after any of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeVar

from c8yadmin.jobs.batches import BatchAction
from c8yadmin.jobs.models import CHUNK_SIZE, Chunk, Job
from c8yadmin.jobs.orders import scopes
from c8yadmin.jobs.registry import Action, Batch, TargetKind
from c8yadmin.jobs.undoing import images
from c8yadmin.jobs.undoing.images import Target
from sdk import CumulocityClient

T = TypeVar("T")
NOTHING_YET = "-"  # where portions were done, and no target was among them


@dataclass(frozen=True, slots=True)
class Portion:
    """Some more targets, CHUNK_SIZE at most.

    `place` is where another worker goes on behind them; empty where it would have to begin anew. `keep`
    writes down what was learned about them, in the transaction that freezes them; `give` hands it to the
    chunk with that key, once that is committed.
    """

    targets: list[Target]
    place: str
    keep: Callable[[], None] | None = None
    give: Callable[[int], None] | None = None

    @property
    def is_news(self) -> bool:
        """Whether there is anything to be written down."""
        return bool(self.targets or self.keep)


class Asking(Protocol):
    """Who can ask the tenant for long, in a thread of its own."""

    job: Job
    action: Action
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
    each = dict.fromkeys(job.target_spec["ids"])
    return _cut(map(Target, islice(each, job.total, None)))


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
    return _by_id(asking, query) if query.by_id else _in_its_order(asking, query)


def _by_id(asking: Asking, query: Any) -> Iterator[Portion]:
    ids: Iterator[str] = query.ids(asking.job.prepare_cursor or None)
    while some := asking.patiently(lambda: [Target(id) for id in islice(ids, CHUNK_SIZE)]):
        yield Portion(some, some[-1].id)


def _in_its_order(asking: Asking, query: Any) -> Iterator[Portion]:
    """What is not listed by id. Where it comes by time, one can go on from the time of the last one."""
    action, job, since = asking.action, asking.job, asking.job.prepare_cursor
    gatherer = action if isinstance(action, BatchAction) and action.gathers(job) else None
    rows = _rows(query.beyond(since) if since else query, gatherer is not None)
    found, chronology = _fresh(rows, _frozen(job)), query.chronology
    while some := asking.patiently(lambda: list(islice(found, CHUNK_SIZE))):
        give = gatherer.gather(job, [row.whole for row in some]) if gatherer else None
        last = some[-1].time
        if chronology and not (last and (not since or chronology.keeps(last, since))):
            chronology = None  # it does not come by time after all: whoever follows must begin anew
        since = last if chronology else ""
        yield Portion([Target(row.id) for row in some], since, give=give)


class Row(NamedTuple):
    """A row of a list: its time, where rows come by one, and the object, where it is wanted."""

    id: str
    time: str = ""
    whole: Any = None


def _rows(query: Any, whole: bool) -> Iterator[Row]:
    time = query.chronology.field if query.chronology else ""
    if whole:
        return (Row(str(one.id), str(one.get(time) or ""), one) for one in query)
    if time:
        return (Row(str(id), str(at or "")) for id, at in query.values("id", time))
    return map(Row, query.ids())


def _frozen(job: Job) -> set[int | str]:
    """The targets that the job has already; only of rows that come by time, some may come again."""
    chunks = Chunk.objects.filter(job=job).values_list("ids", flat=True)
    return {_small(id) for ids in chunks.iterator(chunk_size=100) for id in json.loads(ids)}


def _small(id: str) -> int | str:
    """`id` as it needs little memory: it is a number nearly always, and a million numbers are small."""
    return int(id) if id.isdecimal() else id


def _fresh(rows: Iterable[Row], seen: set[int | str]) -> Iterator[Row]:
    """The rows that are not `seen`, each once."""
    for row in rows:
        if (key := _small(row.id)) not in seen:
            seen.add(key)
            yield row


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
