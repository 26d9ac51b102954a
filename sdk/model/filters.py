"""The filters of a collection: declared once in a TypedDict, checked and translated here."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypedDict

from sdk.model.matcher import JsonMatcher
from sdk.rest import codec
from sdk.rest.codec import Age, When


class TimeWindow(TypedDict, total=False):
    """When it happened, as the device says: ``[date_from, date_to)``."""

    date_from: When
    date_to: When
    after: When
    before: When
    max_age: Age
    min_age: Age


class CreatedWindow(TypedDict, total=False):
    """When the platform stored it."""

    created_from: When
    created_to: When
    created_after: When
    created_before: When


class UpdatedWindow(TypedDict, total=False):
    """When the platform changed it last."""

    last_updated_from: When
    last_updated_to: When
    updated_after: When
    updated_before: When


class Paging(TypedDict, total=False):
    """How much is read, and how.

    ``limit``: at most so many rows, None for all. ``page_size``: rows per request, up to 2000; when left out
    as many as the limit, or 1000 where that would be too many. ``page_number``: this page only; it has five
    rows where neither size nor limit is said. ``as_values``: a path for plain values, or a list of paths or
    (path, default) pairs for tuples, instead of objects. ``workers``: how many pages are fetched at once.
    ``include`` and ``exclude``: conditions that are checked here, a display filter (see ``PydfMatcher``) or a
    ``JsonMatcher``; ``limit`` counts what is left.
    """

    limit: int | None
    page_size: int | None
    page_number: int | None
    as_values: str | Sequence[str | tuple[str, Any]] | None
    workers: int | None
    include: str | JsonMatcher | None
    exclude: str | JsonMatcher | None


_WINDOWS: Final[dict[str, tuple[str, Callable[[Any], str]]]] = {
    "date_from": ("dateFrom", codec.instant),
    "after": ("dateFrom", codec.instant),
    "max_age": ("dateFrom", codec.ago),
    "date_to": ("dateTo", codec.instant),
    "before": ("dateTo", codec.instant),
    "min_age": ("dateTo", codec.ago),
    "created_from": ("createdFrom", codec.instant),
    "created_after": ("createdFrom", codec.instant),
    "created_to": ("createdTo", codec.instant),
    "created_before": ("createdTo", codec.instant),
    "last_updated_from": ("lastUpdatedFrom", codec.instant),
    "updated_after": ("lastUpdatedFrom", codec.instant),
    "last_updated_to": ("lastUpdatedTo", codec.instant),
    "updated_before": ("lastUpdatedTo", codec.instant),
}
_PAGED: Final = frozenset({"withTotalPages", "withTotalElements", "pageSize", "currentPage"})


def camel(name: str) -> str:
    """``with_source_assets`` → ``withSourceAssets``."""
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


class Vocabulary:
    """The filters one collection knows, by both of their names.

    Args:
        filters: the TypedDict that declares them.
        renamed: REST names that are not just the camel-case form.
        lists: names whose values may be several, joined by commas.
        always: REST names that are accepted too.
    """

    def __init__(
        self,
        filters: type,
        renamed: Mapping[str, str] | None = None,
        lists: frozenset[str] = frozenset(),
        always: frozenset[str] = _PAGED,
    ) -> None:
        self.names: frozenset[str] = frozenset(filters.__annotations__)
        self._rest = {name: _WINDOWS[name][0] if name in _WINDOWS else camel(name) for name in self.names}
        self._rest.update(renamed or {})
        self._always = always
        # With these alone everything would still match.
        self.widening = frozenset(name for name in self._rest.values() if name.startswith("with"))
        self._lists = lists | frozenset(self._rest[name] for name in lists)

    def params(self, filters: Mapping[str, Any], of: str) -> dict[str, str]:
        """Filters as REST parameters; None means not given.

        Raises:
            TypeError: for a filter this collection does not know.
            ValueError: for one that is given twice, or whose value cannot be, as an empty one: the platform
                would leave it out and mean everything.
        """
        found: dict[str, str] = {}
        for name, value in filters.items():
            if value is None:
                continue
            rest, text = self._translate(name, value, of)
            if not text:
                raise ValueError(f"{name!r} is empty; leave it out, or give None, where everything is meant.")
            if rest in found:
                raise ValueError(f"{rest} is given twice, by {name!r} and another filter.")
            found[rest] = text
        return found

    def check(self, name: str, of: str) -> None:
        """Refuse a filter nobody declared.

        Raises:
            TypeError: with the nearest name there is.
        """
        if name not in self.names and name not in self._rest.values() and name not in self._always:
            near = difflib.get_close_matches(name, [*self.names, *self._rest.values()], 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{of} has no filter {name!r}.{hint}")

    def _translate(self, name: str, value: Any, of: str) -> tuple[str, str]:
        self.check(name, of)
        if name in self.names and name in _WINDOWS:
            rest, write = _WINDOWS[name]
            return rest, write(value)
        rest = self._rest.get(name, name)
        if name in self._lists:
            return rest, codec.comma_list(value)
        if not isinstance(value, str) and isinstance(value, Sequence):
            raise ValueError(f"{name!r} takes one value.")
        return rest, codec.as_text(value)
