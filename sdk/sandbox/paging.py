"""Pages of a collection: 5 entries unless asked, 2,000 at most, links and statistics as the platform gives
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

from sdk.sandbox.call import Answer, Call, Json, invalid

DEFAULT_SIZE = 5
LARGEST_SIZE = 2000
BOTH = ("totalPages", "totalElements")
_ASKED_BY = {"totalPages": "withTotalPages", "totalElements": "withTotalElements"}
Row = TypeVar("Row")


def page_size(call: Call) -> int:
    size = call.number("pageSize", DEFAULT_SIZE)
    if size < 1:
        raise invalid("pageSize must be at least 1.")
    return min(size, LARGEST_SIZE)


def current_page(call: Call) -> int:
    page = call.number("currentPage", 1)
    if page < 1:
        raise invalid("currentPage must be at least 1.")
    return page


def collection(
    call: Call,
    key: str,
    rows: Iterable[Row],
    render: Callable[[Row], Any],
    totals: Sequence[str] = BOTH,
    source: Callable[[Row], str] | None = None,
) -> Answer:
    """Answer with one page of `rows` under `key`.

    `totals` are the statistics this collection knows. With `source` (the object a row belongs to) a caller
    without the global role gets the pages of the platform's permission filter: short or even empty, `next` to
    the end.
    """
    if source is not None and not call.sees_all:
        return _scanned(call, key, rows, render, source)
    size, page = page_size(call), current_page(call)
    wanted = [total for total in totals if call.flag(_ASKED_BY[total])]
    statistics: Json = {"pageSize": size, "currentPage": page}
    if wanted:
        rows = rows if isinstance(rows, Sized) else list(rows)
        counted = call.tenant.totals.of(_question(call), rows.__len__)
        every = {"totalPages": -(-counted // size), "totalElements": counted}
        statistics |= {total: every[total] for total in wanted}
    first = (page - 1) * size
    shown = rows[first : first + size] if isinstance(rows, Sequence) else islice(rows, first, first + size)
    rendered = [render(row) for row in shown]
    following = page + 1 if len(rendered) == size else None
    return _answer(call, key, rendered, statistics, following)


def _question(call: Call) -> tuple[object, ...]:
    """What a total counts: a collection under its filters, as this user sees it."""
    asked = ((name, *values) for name, values in call.query.items() if name not in _OF_PAGES)
    return call.caller.name, call.raw_path, *sorted(asked)


def _scanned(
    call: Call, key: str, rows: Iterable[Row], render: Callable[[Row], Any], source: Callable[[Row], str]
) -> Answer:
    """A page under the permission filter: looks through blocks of the unfiltered rows until one shows
    something.
    """
    size, block = page_size(call), current_page(call)
    remaining = islice(rows, (block - 1) * size, None)
    allowance = 10 * max(size, 100)
    while True:
        looked_at = list(islice(remaining, size))
        allowance -= size
        shown = [render(row) for row in looked_at if call.sees(source(row))]
        if shown or len(looked_at) < size or allowance < size:
            break
        block += 1
    following = block + 1 if len(looked_at) == size else None
    return _answer(call, key, shown, {"pageSize": size, "currentPage": block}, following)


def _answer(call: Call, key: str, shown: list[Any], statistics: Json, following: int | None) -> Answer:
    body: Json = {
        "self": _link(call, statistics, statistics["currentPage"]),
        key: shown,
        "statistics": statistics,
    }
    if statistics["currentPage"] > 1:
        body["prev"] = _link(call, statistics, statistics["currentPage"] - 1)
    if following:
        body["next"] = _link(call, statistics, following)
    return Answer(body)


def _link(call: Call, statistics: Json, page: int) -> str:
    query = [(name, value) for name, values in call.query.items() for value in values if name not in _OWN]
    query += [("pageSize", str(statistics["pageSize"])), ("currentPage", str(page))]
    return f"{call.base}{call.raw_path}?{urlencode(query)}"


_OWN = frozenset(("pageSize", "currentPage"))
_OF_PAGES = _OWN | frozenset(_ASKED_BY.values())
