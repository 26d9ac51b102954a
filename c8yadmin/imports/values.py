"""From the text of a cell to a JSON value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from c8yadmin.core.jsontext import Unreadable, loaded
from c8yadmin.ui.text import visible

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"-?(0|[1-9][0-9]*)(,[0-9]+)?")
_GROUPED = re.compile(r"-?(0|[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+)(\.[0-9]+)?")
# 51,234 and 1.500 are numbers in either way of writing. So is 1234: some group only some of the thousands.
_UNTOLD = re.compile(r"-?(0|[1-9][0-9]*|[1-9][0-9]{0,2}[.,][0-9]{3})")
EITHER = "either"  # no type, but what numbers are whose comma is decimal or stands between thousands
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Unfitting(ValueError):
    """A cell that is not of the type of its column; says why."""


def value_of(text: str, kind: str) -> Any:
    """The value that `text` spells as `kind`, one of `TYPES`. Raises Unfitting."""
    if "\0" in text:
        raise Unfitting("The cell holds a NUL character.")
    return _READERS[kind](text)


def kind_of(samples: list[str]) -> str:
    """The type that all of `samples` are of, or EITHER; text unless they can hardly be meant so."""
    filled = [sample for sample in samples if sample.strip()]
    found = {_guess(sample) for sample in filled}
    if EITHER in found:
        return _with_commas(filled)
    return found.pop() if len(found) == 1 else "text"


def numbers_in(samples: list[str]) -> list[str]:
    """Those of `samples`, values of a column of numbers, that are written as most of them are; all of them
    where nobody can say which way that is."""
    ways = [tuple(filter(one.fullmatch, samples)) for one in (_NUMBER, _COMMA, _GROUPED)]
    most = {way for way in ways if len(way) == max(map(len, ways))}
    return list(most.pop()) if len(most) == 1 else samples


def _with_commas(texts: list[str]) -> str:
    """48,137 beside 48,15 is no thousands, beside 1,234,567 or 1.5 it is."""
    if all(map(_UNTOLD.fullmatch, texts)):
        return EITHER
    decimal, grouped = (all(map(one.fullmatch, texts)) for one in (_COMMA, _GROUPED))
    return "comma" if decimal else "thousands" if grouped else "text"


def hint_of(samples: list[str]) -> str:
    """The first of the `samples`, of type EITHER, that seems to tell what commas are, as 1234 or 1.500."""
    return next((one for one in samples if "," not in one and len(one.strip().lstrip("-")) > 3), "")


def _guess(text: str) -> str:
    if text.lower() in ("true", "false"):
        return "boolean"
    if text[0] in "[{" and _reads(_json, text):
        return "json"
    if "T" in text and _reads(_date, text):
        return "date"
    if _NUMBER.fullmatch(text):
        return "number"
    return EITHER if _COMMA.fullmatch(text) or _GROUPED.fullmatch(text) else "text"


def _reads(reader: Callable[[str], Any], text: str) -> bool:
    try:
        reader(text)
    except Unfitting:
        return False
    return True


def _number(text: str) -> Any:
    if not _NUMBER.fullmatch(text.strip()):
        words = "is not a number such as 21.5; import it as text to keep it."
        if _GROUPED.fullmatch(text.strip()):
            words = "holds a comma: choose a type that says whether it is decimal."
        elif _COMMA.fullmatch(text.strip()):
            words = "is a number with a decimal comma: choose that as its type."
        raise Unfitting(f"“{visible(text, 40)}” {words}")
    return _loaded(text.strip())


def _comma(text: str) -> Any:
    if not _COMMA.fullmatch(text.strip()):
        raise Unfitting(f"“{visible(text, 40)}” is not a number such as 21,5 (without points or spaces).")
    return _loaded(text.strip().replace(",", "."))


def _thousands(text: str) -> Any:
    if not (_GROUPED.fullmatch(text.strip()) or _NUMBER.fullmatch(text.strip())):
        raise Unfitting(f"“{visible(text, 40)}” is not a number such as 21,500 or 21,500.75.")
    return _loaded(text.strip().replace(",", ""))


def _loaded(text: str) -> Any:
    try:
        return loaded(text)
    except Unreadable as error:
        raise Unfitting(str(error)) from error


def _boolean(text: str) -> bool:
    try:
        return _WORDS[text.strip().lower()]
    except KeyError:
        raise Unfitting(f"“{visible(text, 40)}” is neither true nor false.") from None


def _json(text: str) -> Any:
    value = _loaded(text)
    if value is None:
        raise Unfitting("null would remove the value; an import only sets values.")
    return value


def _date(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        words = "is not a date such as 2026-05-01 or 2026-05-01T12:00:00Z"
        raise Unfitting(f"“{visible(text, 40)}” {words}.") from None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_READERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "number": _number,
    "comma": _comma,
    "thousands": _thousands,
    "boolean": _boolean,
    "json": _json,
    "date": _date,
}
TYPES = {
    "text": "Text",
    "number": "Number (21.5)",
    "comma": "Number (21,5)",
    "thousands": "Number (21,500)",
    "boolean": "True or false",
    "json": "JSON",
    "date": "Date",
}
