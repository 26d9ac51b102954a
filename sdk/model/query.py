"""An unsent request for many objects, and the ways to read its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Generic, Self, TypeVar

from sdk.model.entity import Entity
from sdk.model.frames import Column, frame, paths_of
from sdk.model.pages import LARGEST, USUAL, WORKERS, Listing, Page, Reader, decoder
from sdk.model.projection import Projection, Spec, specs_of
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient

M = TypeVar("M", bound=Entity)


@dataclass(frozen=True, slots=True)
class Chronology:
    """That rows come in the order of a time.

    Attributes:
        field: the JSON name of the time.
        newest_first: whether the newest come first.
    """

    field: str
    newest_first: bool

    def beyond(self, time: str) -> dict[str, str]:
        """The filter for rows of that time and later ones of the list. The end of a window is not in it."""
        first = codec.parse_instant(time)
        if not self.newest_first:
            return {"dateFrom": codec.instant(first)}
        try:
            return {"dateTo": codec.instant(first + timedelta(milliseconds=1))}
        except OverflowError:  # nothing comes after the last moment that there is
            return {}

    def keeps(self, time: str, before: str) -> bool:
        """Whether a row of that time may stand behind one of the time ``before``."""
        first, second = codec.parse_instant(before), codec.parse_instant(time)
        return second <= first if self.newest_first else second >= first


@dataclass(frozen=True)
class Query(Generic[M]):
    """What ``where`` gives: nothing is sent before it is used, and it may be used again.

    Iterating reads all that matches, page by page; later pages are fetched while earlier ones are used. Rows
    come in the order of the platform; where new rows push older ones to the next page, none comes twice.

    Attributes:
        params: the parameters as they will be sent, without paging.
        maximum: no more rows than this, None for all.
        size: rows per request, None to suit ``maximum``.
        workers: how many pages are fetched at once.
        number: this page only, counted from 1.
    """

    rest: CumulocityRestClient = field(repr=False)
    listing: Listing = field(repr=False)
    model: type[M]
    params: Mapping[str, Any]
    maximum: int | None = None
    size: int | None = None
    workers: int = WORKERS
    number: int | None = None

    def __post_init__(self) -> None:
        if self.maximum is not None and self.maximum < 1:
            raise ValueError(f"A limit is at least 1, or None for all; it was {self.maximum}.")
        if self.size is not None and not 1 <= self.size <= LARGEST:
            raise ValueError(f"A page holds 1 to {LARGEST} rows, not {self.size}; the platform trims it.")
        if self.workers < 1 or (self.number is not None and self.number < 1):
            raise ValueError("Workers and pages count from 1.")

    def limit(self, maximum: int | None) -> Self:
        """The same with at most so many rows; None for all."""
        return replace(self, maximum=maximum)

    def page(self, number: int = 1, size: int = 50, *, total: bool = True) -> Page[M]:
        """One page, in one call.

        Args:
            number: which, counted from 1.
            size: rows per page, 1 to 2000.
            total: whether to ask for the number of all rows too (it costs the tenant a count).

        Raises:
            ValueError: for a number or size out of range.
        """
        if number < 1 or not 1 <= size <= LARGEST:
            raise ValueError(f"Pages count from 1 and hold 1 to {LARGEST} rows, not {number} of {size}.")
        wanted = {self.listing.totals: "true"} if total and self.listing.totals else {}
        asked = {**self.params, **wanted, "currentPage": str(number), "pageSize": str(size)}
        sheet = self._reader(decoder(self.listing.key, self.listing.element)).read(asked)
        elements = sheet.statistics.elements if wanted else None
        more = sheet.next is not None and (elements is None or number * size < elements)
        return Page([self._object(raw) for raw in sheet.rows], number, size, elements, more)

    def pages(self, size: int = LARGEST, workers: int | None = None) -> Iterator[Page[M]]:
        """All rows, page by page, in order; ``total`` is known for none of them."""
        query = replace(self, size=size, workers=workers or self.workers)
        for number, rows in enumerate(query._rows(None), 1):
            yield Page([self._object(raw) for raw in rows], number, size, None, len(rows) == size)

    def __iter__(self) -> Iterator[M]:
        make, rest = self.model._from_raw, self.rest
        for rows in self._rows(None):
            for raw in rows:
                yield make(raw, rest)

    def all(self) -> list[M]:
        """All rows at once."""
        return list(self)

    def first(self) -> M | None:
        """The first row, None if there is none."""
        return next(iter(self.limit(1)), None)

    def values(self, *specs: Spec) -> Iterator[tuple[Any, ...]]:
        """The values at some paths of each row as tuples, without building objects.

        Args:
            specs: dotted paths, or (path, default) pairs; without a default it is None.
        """
        for rows in self._rows(specs_of(specs)):
            yield from rows

    def to_dataframe(self, *columns: Column) -> Any:
        """All rows as a pandas ``DataFrame``, without building objects.

        Args:
            columns: the path of each column, which is its name too; or (name, path).

        Raises:
            ImportError: when pandas is not installed.
        """
        return frame(columns, self.values(*paths_of(columns)))

    @property
    def by_id(self) -> bool:
        """Whether ``ids`` lists in the order of the ids, and so can go on after one of them."""
        return False

    def ids(self, after: str | None = None) -> Iterator[str]:
        """The id of each row.

        Args:
            after: only what comes after this id, where the ids come in order (``by_id``).

        Raises:
            ValueError: for ``after`` where they do not.
        """
        if after is not None:
            raise ValueError("These rows do not come in the order of their ids.")
        for (one,) in replace(self, size=LARGEST).values("id"):
            yield str(one)

    @property
    def chronology(self) -> Chronology | None:
        """By which time the rows come, where they do; then ``beyond`` goes on after any of them."""
        return None

    def beyond(self, time: str) -> Self:
        """The rows of that time, and those that come after them in the order of the list.

        Args:
            time: as the platform wrote it.

        Raises:
            ValueError: where rows come in no order of time.
        """
        if self.chronology is None:
            raise ValueError("These rows do not come in the order of their time.")
        return replace(self, params={**self.params, **self.chronology.beyond(time)})

    def count(self) -> int:
        """How many rows there are, without reading them where the tenant can tell.

        The platform tells a total again for 10 seconds: a count may not know what was written just now.
        """
        if self.listing.totals:
            asked = {**self.params, "pageSize": "1", "currentPage": "1", self.listing.totals: "true"}
            sheet = self._reader(decoder(self.listing.key, self.listing.element)).read(asked)
            known = sheet.statistics.elements
            # With one row per page the pages are the rows, but there is a page even without a row.
            known = known if known is not None or not sheet.rows else sheet.statistics.total_pages
            if known is not None:
                return known
        return sum(1 for _ in self.ids())

    def _object(self, raw: Any) -> M:
        return self.model._from_raw(raw, self.rest)

    def _reader(self, decode: Any) -> Reader:
        return Reader(self.rest, self.listing, self.params, decode)

    def _rows(self, specs: list[tuple[str, Any]] | None) -> Iterator[list[Any]]:
        """Pages of raw rows, or of tuples for ``values``, cut at ``maximum`` and without repetitions."""
        left = self.maximum
        for rows in self._without_repetitions(specs):
            if left is not None:
                rows = rows[:left]
                left -= len(rows)
            yield rows
            if left == 0:
                return

    def _without_repetitions(self, specs: list[tuple[str, Any]] | None) -> Iterator[list[Any]]:
        if not self._shifts():
            yield from self._sheets(specs)
            return
        before: set[Any] = set()
        for rows in self._sheets([*specs, ("id", None)] if specs is not None else None):
            ids = [self._object(raw).id for raw in rows] if specs is None else [row[-1] for row in rows]
            fresh = [row for row, key in zip(rows, ids, strict=True) if key is None or key not in before]
            before = set(ids)
            yield fresh if specs is None else [row[:-1] for row in fresh]

    def _sheets(self, specs: list[tuple[str, Any]] | None) -> Iterator[list[Any]]:
        key, element = self.listing.key, self.listing.element
        decode = decoder(key, element) if specs is None else Projection(key, element, specs)
        size = self.size or (self.maximum if self.maximum and self.maximum <= LARGEST else USUAL)
        if self.number is not None:
            asked = {**self.params, "pageSize": str(size), "currentPage": str(self.number)}
            yield self._reader(decode).read(asked).rows
            return
        wanted = None if self.maximum is None else -(-self.maximum // size)
        for sheet in self._reader(decode).sheets(size, wanted, self.workers):
            yield sheet.rows

    def _shifts(self) -> bool:
        """Whether new rows push others to later pages while these are read."""
        return self.listing.newest_first
