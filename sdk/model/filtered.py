"""The rows of a query that meet a condition checked here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from sdk.model.entity import Entity
from sdk.model.query import Query

M = TypeVar("M", bound=Entity)


@dataclass(frozen=True)
class Filtered(Generic[M]):
    """What a query finds, without what a condition leaves out; the limit counts what is left.

    Pages in which nothing is left do not end it.
    """

    query: Query[M]
    kept: Callable[[dict[str, Any]], bool]

    def __iter__(self) -> Iterator[M]:
        rows = replace(self.query, maximum=None)
        found = (row for row in rows if self.kept(row._snapshot()))
        return itertools.islice(found, self.query.maximum)

    def values(self, *specs: tuple[str, Any]) -> Iterator[tuple[Any, ...]]:
        """The values at some paths of each row, see ``Query.values``."""
        return (row.as_tuple(*specs) for row in self)
