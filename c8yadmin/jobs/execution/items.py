"""How every single target of a job ended, however many there are.

Only exceptions have rows of their own: a target without one is done when it stands before its chunk's cursor,
and still to be done behind it. How many there are of each kind is known of every chunk, so that any page
of a million targets is found without reading what comes before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, QuerySet
from django.db.models.expressions import Combinable

from c8yadmin.core.sheets import Row, csv_blocks
from c8yadmin.jobs.execution.telling import Told
from c8yadmin.jobs.models import Chunk, ItemResult, Job
from c8yadmin.jobs.registry import find_target
from c8yadmin.jobs.states import ItemState
from sdk import CumulocityClient

PENDING, CANCELED, ALL = "PENDING", "CANCELED", "ALL"
COLUMNS = ("id", "name", "outcome", "status", "code", "message", "at")
NAMED_AT_ONCE = 100  # ids in one address
Names = Callable[[Sequence[str]], dict[str, str]]
EXCEPTIONS = frozenset({ItemState.FAILED, ItemState.UNKNOWN, ItemState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Item:
    """One target. `at` is known of exceptions only."""

    id: str
    outcome: str
    http_status: int | None = None
    error_code: str = ""
    message: str = ""
    at: datetime | None = None

    def row(self, name: str | None) -> Row:
        """The item under COLUMNS."""
        at = self.at.isoformat() if self.at else None
        return (self.id, name, self.outcome, self.http_status, self.error_code, self.message, at)

    @property
    def told(self) -> Told | None:
        """Why it did not simply succeed; nothing for all others."""
        known = self.outcome in EXCEPTIONS
        return Told.of(self.outcome, self.http_status, self.error_code, self.message) if known else None

    @classmethod
    def of(cls, result: ItemResult) -> Item:
        return cls(
            result.item_id,
            result.outcome,
            result.http_status,
            result.error_code,
            result.message,
            result.at,
        )


@dataclass(frozen=True, slots=True)
class Items:
    """The targets of `job` in the order in which they were worked.

    `outcome` is one of `states.ItemState`, PENDING, CANCELED or ALL; empty means all exceptions. `reason`
    narrows exceptions to those of one reason (see `reasons`).
    """

    job: Job
    outcome: str = ""
    reason: str = ""

    def sizes(self) -> list[tuple[int, int]]:
        """The job's chunks in order: the key of each, and how many of its targets are meant."""
        if self.reason:
            results = self._exceptions().order_by("chunk__seq").values_list("chunk_id")
            return list(results.annotate(n=Count("id")))
        chunks = Chunk.objects.filter(job=self.job).order_by("seq")
        return list(chunks.values_list("pk", self._size()))

    def page(self, start: int, count: int) -> list[Item]:
        """`count` targets from the place `start` on."""
        found: list[Item] = []
        passed = 0
        for chunk_id, n in self.sizes():
            if passed + n > start and n:
                found += self.in_chunk(chunk_id)[max(0, start - passed) :]
            passed += n
            if len(found) >= count:
                break
        return found[:count]

    def chunks(self) -> Iterator[list[Item]]:
        """All of them, a chunk at a time."""
        return (self.in_chunk(chunk_id) for chunk_id, n in self.sizes() if n)

    def csv(self, names: Names | None = None) -> Iterator[bytes]:
        """All of them as a file under COLUMNS, in flat memory; `names` is asked for those of a chunk."""
        return csv_blocks(COLUMNS, self._rows(names))

    def _rows(self, names: Names | None) -> Iterator[Row]:
        for chunk in self.chunks():
            found = names([item.id for item in chunk]) if names else {}
            yield from (item.row(found.get(item.id)) for item in chunk)

    def _size(self) -> Combinable:
        if not self.outcome:
            return F("failed") + F("unknown") + F("skipped")
        if self.outcome == ALL:
            return F("n")
        if self.outcome in list(ItemState):
            return F(self.outcome.lower())
        nobody = self.outcome == (PENDING if self.job.is_terminal else CANCELED)
        return F("n") - (F("n") if nobody else F("cursor"))

    def _exceptions(self) -> QuerySet[ItemResult]:
        results = ItemResult.objects.filter(chunk__job=self.job)
        if self.reason:
            results = results.filter(reason=self.reason)
        return results.filter(outcome=self.outcome) if self.outcome in EXCEPTIONS else results

    def in_chunk(self, chunk_id: int) -> list[Item]:
        """Those in one chunk, by its key."""
        if self.reason or not self.outcome or self.outcome in EXCEPTIONS:
            return [Item.of(result) for result in self._exceptions().filter(chunk=chunk_id).order_by("idx")]
        chunk = Chunk.objects.get(pk=chunk_id)
        results = ItemResult.objects.filter(chunk=chunk, idx__lt=chunk.cursor)
        exceptions = {result.idx: Item.of(result) for result in results}
        rest = CANCELED if self.job.is_terminal else PENDING
        items = [
            exceptions.get(place) or Item(id, ItemState.OK if place < chunk.cursor else rest)
            for place, id in enumerate(chunk.targets)
        ]
        return items if self.outcome == ALL else [item for item in items if item.outcome == self.outcome]


def namer(job: Job, c8y: CumulocityClient) -> Names | None:
    """What asks the tenant for the names of the job's targets; nothing where such targets have none."""
    kind = find_target(job.target_kind)
    ask = kind.names if kind else None
    if ask is None:
        return None
    return lambda ids: {
        id: name
        for start in range(0, len(ids), NAMED_AT_ONCE)
        for id, name in ask(c8y, ids[start : start + NAMED_AT_ONCE]).items()
    }
