"""JSON as an administrator reads and writes it."""

from __future__ import annotations

import json
from collections import Counter
from math import isinf
from typing import Any

from c8yadmin.ui.text import escaped

Json = dict[str, Any]

_WORDS = {
    "Expecting ',' delimiter": "a comma or a closing bracket is missing before this place",
    "Expecting ':' delimiter": "a colon is missing after the key",
    "Expecting value": "a value is missing, or it is not valid JSON",
    "Expecting property name enclosed in double quotes": "a key in double quotes must stand here",
    "Extra data": "there is text after the end of the object",
    "Unterminated string starting at": "this text has no closing double quote",
    "Invalid control character at": "this text has a line break or tab in it; write \\n or \\t",
    "Invalid \\escape": "this backslash escapes nothing; write \\\\ for a backslash",
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits after it",
}


class Unreadable(ValueError):
    """Text that is no JSON object that could be saved; says in words what is wrong, and where."""


def readable(value: Any) -> str:
    """`value` as indented JSON text in which invisible characters are written as escapes."""
    return escaped(json.dumps(value, indent=2, ensure_ascii=False))


def parse(text: str) -> Json:
    """The JSON object that `text` spells, without nulls at its top; raises `Unreadable` for anything else."""
    value = loaded(text)
    if not isinstance(value, dict):
        raise Unreadable("The fragments must be one JSON object: { … }.")
    return {key: item for key, item in value.items() if item is not None}


def loaded(text: str) -> Any:
    """The JSON value that `text` spells; raises `Unreadable`."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_finite,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        words = _WORDS.get(error.msg, error.msg)
        raise Unreadable(f"Line {error.lineno}, column {error.colno}: {words}.") from error
    except UnicodeEncodeError as error:
        raise Unreadable(
            "A \\u escape between d800 and dfff is half a character; its partner is missing."
        ) from error
    except RecursionError as error:
        raise Unreadable("These brackets are nested too deeply.") from error
    return value


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise Unreadable(f"The key {readable(twice)} stands twice in the same object.")
    return found


def _no_constant(name: str) -> None:
    raise Unreadable(f"{name} is not a value that JSON knows.")


def _integer(digits: str) -> int:
    if (
        len(digits) > 300
    ):  # no reader of the tenant's data knows larger numbers, and Python refuses them at 4,300
        raise Unreadable(f"The number {digits[:20]}… has {len(digits)} digits, which is too many.")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise Unreadable(f"The number {digits[:20]} is too large.")
    return number
