"""What the fields and values of a display filter mean: how JSON is reached, compared and converted."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sdk.rest import codec

Condition = Callable[[Any], bool]
_NAMED: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_MARKED: Final = re.compile(r"[+-]?0(?:[xX][0-9a-fA-F]+|[0-7]+)")


class Literal:
    """A value as it is written in a filter: its text, and what else it may mean."""

    def __init__(self, text: str, *, quoted: bool = False) -> None:
        self.text = text
        self.number = _number(text)
        self.is_name = not quoted and text in _NAMED
        self.name = _NAMED.get(text)


@dataclass(frozen=True)
class Field:
    """A path into a document, and what is done to the value there."""

    path: str
    functions: tuple[Callable[[Any], Any], ...] = field(default=())

    def through(self, function: Callable[[Any], Any]) -> Field:
        """The same with one more function."""
        return Field(self.path, (*self.functions, function))

    def of(self, json: Any) -> Iterator[Any]:
        """The values in a document; several where the path leads through a list, none where it ends."""
        for value in _reached(json, self.path):
            for function in self.functions:
                value = function(value)
            yield value


def path(text: str) -> Field:
    """The field at a dotted path."""
    return Field(text)


def present(of: Field) -> Condition:
    """Whether there is a value, be it empty; null is none."""
    return lambda json: any(value is not None for value in of.of(json))


def compared(of: Field, name: str, value: Literal) -> Condition:
    """Whether any value of a field compares so with a literal; a field that is not there never does.

    Raises:
        ValueError: for a pattern or bit mask that is none.
    """
    if name == "contains":
        return _over(of, lambda found: _contains(found, value))
    if name == "matches":
        return _over(of, _pattern(value))
    if name == "&":
        return _over(of, _masked(value))
    if name in {"eq", "ne"}:
        same = equal(value)
        return _over(of, same if name == "eq" else lambda found: not same(found))
    order = getattr(operator, name)
    return _over(of, lambda found: _ordered(found, order, value))


def any_of(of: Field, tests: Sequence[Callable[[Any], bool]]) -> Condition:
    """Whether any value of a field passes any of the tests."""
    return _over(of, lambda found: any(test(found) for test in tests))


def equal(value: Literal) -> Callable[[Any], bool]:
    """The test for being a value: numbers as numbers, text as text, a list by any of its elements."""

    def same(found: Any) -> bool:
        if isinstance(found, list):
            return any(same(one) for one in found)
        if found is None or isinstance(found, bool):
            return value.is_name and found is value.name
        if isinstance(found, str):
            return found == value.text
        return not isinstance(found, dict) and value.number is not None and bool(found == value.number)

    return same


def between(low: Literal, high: Literal) -> Callable[[Any], bool]:
    """The test for lying in a range, both ends included."""
    return lambda found: _ordered(found, operator.ge, low) and _ordered(found, operator.le, high)


def slicing(ranges: list[slice]) -> Callable[[Any], Any]:
    """A function from a text or list to some of its parts; anything else has none."""

    def cut(value: Any) -> Any:
        if isinstance(value, str):
            return "".join(value[one] for one in ranges)
        return [part for one in ranges for part in value[one]] if isinstance(value, list) else None

    return cut


FUNCTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "len": lambda value: len(value) if isinstance(value, (str, list, dict)) else None,
    "upper": lambda value: value.upper() if isinstance(value, str) else value,
    "lower": lambda value: value.lower() if isinstance(value, str) else value,
}


def _reached(json: Any, place: str) -> Iterable[Any]:
    """The values at a dotted path, through lists; a literal key with dots comes first."""
    if isinstance(json, list):
        return [value for one in json for value in _reached(one, place)]
    if not isinstance(json, dict):
        return ()
    if place in json:
        return (json[place],)
    end = place.rfind(".")
    while end > 0:
        if place[:end] in json:
            found = list(_reached(json[place[:end]], place[end + 1 :]))
            if found:
                return found
        end = place.rfind(".", 0, end)
    return ()


def _over(of: Field, test: Callable[[Any], bool]) -> Condition:
    return lambda json: any(test(value) for value in of.of(json))


def _ordered(found: Any, order: Callable[[Any, Any], bool], value: Literal) -> bool:
    """Compare as numbers if both are, as moments if both are, else as texts."""
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return value.number is not None and order(found, value.number)
    if not isinstance(found, str):
        return False
    number = _number(found)
    if number is not None and value.number is not None:
        return order(number, value.number)
    try:
        return order(codec.parse_instant(found), codec.parse_instant(value.text))
    except ValueError:
        return order(found, value.text)


def _contains(found: Any, value: Literal) -> bool:
    if isinstance(found, list):
        return any(equal(value)(one) for one in found)
    if isinstance(found, dict):
        return value.text in found
    return found is not None and not isinstance(found, bool) and value.text in str(found)


def _pattern(value: Literal) -> Callable[[Any], bool]:
    try:
        search = re.compile(value.text).search
    except re.error as problem:
        raise ValueError(f"This is no regular expression ({problem.msg})") from problem

    def matches(found: Any) -> bool:
        texts = found if isinstance(found, list) else [found]
        return any(search(str(one)) for one in texts if isinstance(one, (str, int, float)))

    return matches


def _masked(value: Literal) -> Callable[[Any], bool]:
    mask = value.number
    if not isinstance(mask, int):
        raise ValueError("Expected a whole number")
    return lambda found: isinstance(found, int) and bool(found & mask)


def _number(text: str) -> int | float | None:
    """What number a text is; 0x1f and 017 are hexadecimal and octal."""
    if _MARKED.fullmatch(text):
        return int(text, 16 if "x" in text.lower() else 8)
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdecimal() and len(text) < 100 else float(text)
