"""Conditions on JSON documents: values at dotted paths, comparisons, wildcards, and keys to sort by."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sdk.sandbox.call import Json, invalid
from sdk.sandbox.times import moment

Predicate = Callable[[Json], bool]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip


@dataclass(slots=True)
class Condition:
    """A compiled condition.

    `narrow` names index lookups that contain every match, for example ("type", "x"); `exact` says that
    together they contain nothing else.
    """

    test: Predicate
    narrow: list[tuple[str, Any]] = field(default_factory=list)
    exact: bool = False


def wrong(reason: str) -> Exception:
    return invalid(f"Invalid query: {reason}.")


def values(document: Any, path: str) -> Iterable[Any]:
    """The values at a dotted path: a literal key wins, a list stands for each of its elements."""
    if isinstance(document, list):
        for element in document:
            yield from values(element, path)
    elif isinstance(document, dict):
        if path in document:
            found = document[path]
            yield from found if isinstance(found, list) else (found,)
        elif "." in path:
            head, tail = path.split(".", 1)
            if head in document:
                yield from values(document[head], tail)


def comparison(path: str, operation: str, value: Any) -> Condition:
    """`path` compared with `value`, which is a text, number, boolean or None."""
    if path in ("id", "_id"):
        return _by_id(operation, value)
    if path.endswith(".date"):
        return Condition(_by_date(path.removesuffix(".date"), operation, value))
    if value is None and operation == "eq":
        return Condition(lambda document: all(found is None for found in values(document, path)))
    if operation == "eq" and isinstance(value, str):
        return _by_text(path, value)
    compare = OPERATORS[operation]
    return Condition(
        lambda document: any(
            _comparable(found, value) and compare(found, value) for found in values(document, path)
        )
    )


def _comparable(found: Any, value: Any) -> bool:
    if isinstance(found, bool) or isinstance(value, bool):
        return isinstance(found, bool) and isinstance(value, bool)
    return isinstance(found, str) == isinstance(value, str) and isinstance(found, str | int | float)


def _by_text(path: str, value: str) -> Condition:
    narrow: list[tuple[str, Any]] = [("name", value)] if path == "name" else []
    if "*" not in value:
        if path in ("type", "owner"):
            return Condition(lambda document: document.get(path) == value, [(path, value)], exact=True)
        return Condition(lambda document: any(found == value for found in values(document, path)), narrow)
    test = wildcard(value)
    return Condition(
        lambda document: any(
            isinstance(found, str) and test(found.casefold()) for found in values(document, path)
        ),
        narrow,
    )


def wildcard(pattern: str) -> Callable[[str], bool]:
    """A test of case-folded texts for a pattern, in which `*` stands for any characters."""
    expression = re.compile(".*".join(re.escape(part) for part in pattern.casefold().split("*")), re.DOTALL)
    return lambda text: expression.fullmatch(text) is not None


def _by_id(operation: str, value: Any) -> Condition:
    if not str(value).isdecimal():
        wanted = str(value)
        return Condition(lambda document: operation == "eq" and document["id"] == wanted)
    number, compare = int(value), OPERATORS[operation]
    narrow: list[tuple[str, Any]] = [("ids", {str(number)})] if operation == "eq" else []
    if operation in ("gt", "ge"):
        narrow = [("after", number if operation == "gt" else number - 1)]
    return Condition(lambda document: compare(int(document["id"]), number), narrow, exact=bool(narrow))


def _by_date(path: str, operation: str, value: Any) -> Predicate:
    try:
        wanted = moment(str(value))
    except ValueError as error:
        raise wrong(f"'{value}' is not a date") from error
    compare = OPERATORS[operation]

    def test(document: Json) -> bool:
        return any(compare(found, wanted) for found in map(_as_date, values(document, path)) if found)

    return test


def _as_date(value: Any) -> datetime | None:
    try:
        return moment(value)
    except (ValueError, TypeError):
        return None


def sort_key(path: str) -> Callable[[Json], tuple[int, Any]]:
    """A key for sorting documents by the value at `path`: missing first, then numbers, texts, the rest."""
    if path in ("id", "_id"):
        return lambda document: (1, int(document["id"]))
    path = path.removesuffix(".date")
    plain = "." not in path

    def key(document: Json) -> tuple[int, Any]:
        value = document.get(path) if plain else next(iter(values(document, path)), None)
        if isinstance(value, str):
            return 2, value
        if isinstance(value, bool):
            return 3, value
        if isinstance(value, int | float):
            return 1, value
        return (0 if value is None else 4), 0

    return key
