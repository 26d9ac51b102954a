"""Pages of a collection: split into raw rows, in order, fetched ahead."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from sdk.errors import BadAnswer
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient

M = TypeVar("M")

LARGEST: Final = 2000  # the platform trims larger pages without a word
USUAL: Final = 1000  # larger ones are no quicker, and several are held at a time
WORKERS: Final = 4  # more pages in flight bring little: decoding then is what takes the time


@dataclass(frozen=True, slots=True)
class Listing:
    """Where a collection is listed, and how its pages look.

    Args:
        path: the resource.
        key: the JSON key of the rows.
        element: the key within each row that holds the object; "" when the row is the object.
        totals: the parameter that asks for totals: withTotalElements, withTotalPages or "" for none.
        accept: the media type to ask for.
        newest_first: whether new rows arrive at the front and shift later pages.
    """

    path: str
    key: str
    element: str = ""
    totals: str = "withTotalElements"
    accept: str = "application/json"
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of a list.

    Attributes:
        items: the rows.
        number, size: as asked for, the number counted from 1.
        total: how many rows there are in all; None where the tenant does not tell (or was not asked).
        has_next: whether there is a further page.
    """

    items: list[M]
    number: int
    size: int
    total: int | None
    has_next: bool

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before."""
        return self.number > 1

    @property
    def pages(self) -> int | None:
        """How many pages there are, at least 1; None when the total is not known."""
        return None if self.total is None else max(1, -(-self.total // self.size))


class Statistics(msgspec.Struct, rename="camel", gc=False):
    """The totals of a page; null for users who may only see a part."""

    total_pages: int | None = None
    total_elements: int | None = None
    total_records: int | None = None

    @property
    def elements(self) -> int | None:
        """How many rows there are, under either of its names."""
        return self.total_records if self.total_elements is None else self.total_elements


@dataclass(slots=True)
class Sheet:
    """A decoded page: rows as the given row type, and what follows."""

    rows: list[Any]
    next: dict[str, Any] | None
    statistics: Statistics = field(default_factory=Statistics)


@functools.lru_cache(maxsize=256)
def decoder(key: str, element: str, row: Any = msgspec.Raw) -> Callable[[bytes], Sheet]:
    """A decoder of whole pages whose rows become ``row`` (``msgspec.Raw``, or a Struct for a projection)."""
    inner: Any = row
    if element:
        inner = msgspec.defstruct("Reference", [("value", row, msgspec.field(name=element))], gc=False)
    page = msgspec.defstruct(
        "PageOf",
        [
            ("rows", list[inner], msgspec.field(name=key)),
            ("next", str | None, None),
            ("statistics", Statistics | None, None),
        ],
        gc=False,
    )
    decode = msgspec.json.Decoder(page).decode

    def sheet(body: bytes) -> Sheet:
        found: Any = decode(body)
        rows = [one.value for one in found.rows] if element else found.rows
        return Sheet(rows, _following(found.next), found.statistics or Statistics())

    return sheet


def _following(link: str | None) -> dict[str, Any] | None:
    """The parameters of a ``next`` link. Its host is never followed: it may be another one."""
    return codec.grouped(parse_qsl(urlsplit(link).query, keep_blank_values=True)) if link else None


@dataclass(slots=True)
class Reader:
    """Reads the pages of one query.

    ``decode`` turns a page's bytes into a ``Sheet``. Pages may be fetched by other threads, but are decoded
    in the one that consumes them.
    """

    rest: CumulocityRestClient
    listing: Listing
    params: Mapping[str, Any]
    decode: Callable[[bytes], Sheet]

    def read(self, params: Mapping[str, Any]) -> Sheet:
        """One page, fetched now."""
        return self.sheet(self.fetch(params))

    def fetch(self, params: Mapping[str, Any]) -> bytes:
        """One page as it came."""
        return self.rest.read(self.listing.path, params, self.listing.accept)

    def sheet(self, body: bytes) -> Sheet:
        """A page's bytes decoded.

        Raises:
            BadAnswer: when they are no page of this collection.
        """
        try:
            found: Sheet = documents.load_json(body, self.decode)
        except BadAnswer as problem:
            where = f"{self.listing.key} ({self.listing.path})"
            raise BadAnswer(f"The tenant sent no page of {where}.") from problem
        return found

    def sheets(self, size: int, wanted: int | None, workers: int) -> Iterator[Sheet]:
        """The pages in order, until there are no more.

        Args:
            size: rows per page.
            wanted: how many pages will probably do, None for all; further ones are read only when asked for.
            workers: how many pages are fetched at once; with one, nothing is fetched ahead.
        """
        counted = workers > 1 and wanted != 1 and bool(self.listing.totals)
        asked = {**self.params, "pageSize": str(size), "currentPage": "1"}
        sheet = self.read(asked | ({self.listing.totals: "true"} if counted else {}))
        last = _last_page(sheet.statistics, size) if counted and sheet.next else None
        if last is not None and min(last, wanted or last) > 2:
            for following in self._numbered(asked, range(2, min(last, wanted or last) + 1), workers):
                yield sheet
                sheet = following
        # Also after the last counted page: the count may be older than the rows.
        yield from self._followed(sheet, ahead=workers > 1 and wanted is None)

    def _numbered(self, asked: Mapping[str, str], numbers: range, workers: int) -> Iterator[Sheet]:
        """Pages by their numbers, ``workers`` of them on their way at a time."""
        pool = ThreadPoolExecutor(workers)
        window: deque[Future[bytes]] = deque()
        try:
            for number in numbers:
                window.append(pool.submit(self.fetch, {**asked, "currentPage": str(number)}))
                if len(window) > workers:
                    yield self.sheet(window.popleft().result())
            while window:
                yield self.sheet(window.popleft().result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _followed(self, sheet: Sheet, *, ahead: bool) -> Iterator[Sheet]:
        """A sheet and those after it, each by the link of the one before, fetched while that is used."""
        seen: set[str] = set()
        pool = ThreadPoolExecutor(1) if ahead and sheet.next else None
        try:
            while sheet.next is not None:
                mark = codec.query_string(sorted(sheet.next.items()))
                if mark in seen:
                    raise BadAnswer(f"The pages of {self.listing.path} lead in a circle.")
                seen.add(mark)
                asked = {**self.params, **sheet.next}
                future = pool.submit(self.fetch, asked) if pool else None
                yield sheet
                sheet = self.sheet(future.result()) if future else self.read(asked)
            yield sheet
        finally:
            if pool:
                pool.shutdown(wait=False, cancel_futures=True)


def _last_page(statistics: Statistics, size: int) -> int | None:
    elements = statistics.elements
    return statistics.total_pages if elements is None else -(-elements // size)
