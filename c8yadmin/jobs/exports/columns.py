"""What of a target goes into a file: the columns of its list, or the whole object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from c8yadmin.core.listing import ListForm
from c8yadmin.core.sheets import Cell
from sdk import CumulocityClient, NotFound, Query

T = TypeVar("T")
THREADS = 8
SINGLY = 40  # objects of one batch that are read one by one


@dataclass(frozen=True, slots=True)
class Sheet:
    """How targets of a kind are read, and what their columns are.

    `columns` are pairs of a title and what gives the value. `matching` gives all that a valid filter form
    selects, as its list does, unsent. `read` reads ids, `at_once` of them at a time in so many `calls`; what
    is gone is left out. Where each is read `singly`, the list is asked for whole objects instead, if it can.
    """

    columns: Sequence[tuple[str, Callable[[Any], Cell]]]
    matching: Callable[[CumulocityClient, Any], Iterable[Any]]
    read: Callable[[CumulocityClient, Sequence[str]], Iterable[Any]]
    at_once: int
    calls: int
    singly: bool = False

    @property
    def header(self) -> list[str]:
        return [title for title, _ in self.columns]

    def row(self, found: Any) -> list[Cell]:
        """The cells of one object."""
        return [value(found) for _, value in self.columns]

    def first(self, c8y: CumulocityClient, form: ListForm, most: int) -> Iterable[Any]:
        """What matches, asking for no more than `most` where the tenant can be told so."""
        query = self.matching(c8y, form)
        return query.limit(most) if isinstance(query, Query) else query


def one_by_one(
    columns: Sequence[tuple[str, Callable[[Any], Cell]]], collection: Callable[[CumulocityClient], Any]
) -> Sheet:
    """The sheet of objects that the platform does not list by id: each takes a request."""
    return Sheet(
        columns=columns,
        matching=lambda c8y, form: cast(Iterable[Any], form.query(c8y)),
        read=lambda c8y, ids: each(collection(c8y).get, ids),
        at_once=SINGLY,
        calls=SINGLY,
        singly=True,
    )


def each(get: Callable[[str], T], ids: Sequence[str]) -> list[T]:
    """What `get` reads for each id (one request each, a few at a time), without those that are gone."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="read") as threads:
        futures = [threads.submit(get, id) for id in ids]
    found = []
    for future in futures:
        error = future.exception()
        if error is None:
            found.append(future.result())
        elif not isinstance(error, NotFound):
            raise error
    return found


def field(name: str) -> Callable[[Any], Cell]:
    """The attribute `name` of an object, as a cell."""
    return lambda found: scalar(getattr(found, name))


def scalar(value: Any) -> Cell:
    """`value` as a cell, whatever shape a device gave it."""
    if isinstance(value, str):
        return str(value)  # of an enumeration, what the tenant calls it
    if value is None or isinstance(value, int | float):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
