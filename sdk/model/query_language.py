"""The inventory's query language: conditions as text with everything quoted the right way.

Every function gives a condition; ``all_of`` and ``any_of`` set the parentheses, so that raw text can be part
of a larger condition without leaving it::

    all_of(eq("type", "c8y_Linux"), any_of(has("c8y_Firmware"), "name eq 'pump*'"))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from enum import Enum
from typing import Any

from sdk.rest import codec

_KEYWORD = re.compile(r"\$(filter=|orderby=)", re.IGNORECASE)
_NAME = re.compile(r"[^\s'()=,$]+")


def eq(field: str, value: Any) -> str:
    """``field`` equals a value; ``*`` in a text is a wildcard (and then case does not matter)."""
    return f"{_field(field)} eq {literal(value)}"


def gt(field: str, value: Any) -> str:
    """``field`` is greater. For times write ``creationTime.date``."""
    return f"{_field(field)} gt {literal(value)}"


def ge(field: str, value: Any) -> str:
    """``field`` is greater or equal."""
    return f"{_field(field)} ge {literal(value)}"


def lt(field: str, value: Any) -> str:
    """``field`` is less."""
    return f"{_field(field)} lt {literal(value)}"


def le(field: str, value: Any) -> str:
    """``field`` is less or equal."""
    return f"{_field(field)} le {literal(value)}"


def contains(field: str, text: str) -> str:
    """``field`` has the text somewhere in it, in any case."""
    return eq(field, f"*{text}*")


def starts_with(field: str, text: str) -> str:
    """``field`` begins with the text, in any case."""
    return eq(field, f"{text}*")


def has(fragment: str) -> str:
    """The object has a fragment of its own (not ``name``, ``type`` and other standard fields)."""
    return f"has({_field(fragment)})"


def has_any(*fragments: str) -> str:
    """The object has at least one of these fragments."""
    return f"hasany({','.join(_field(one) for one in fragments)})"


def by_group(*ids: str | int) -> str:
    """The object is a direct member of one of these groups."""
    return f"bygroupid({_ids(ids)})"


def in_hierarchy_of(*ids: str | int) -> str:
    """The object is one of these or anywhere below them."""
    return f"isinhierarchyof({_ids(ids)})"


def negate(condition: str) -> str:
    """Not the condition."""
    return f"not({balanced(condition)})"


def all_of(*conditions: str | None) -> str:
    """All the conditions; None and empty ones are left out, "" if none is left."""
    return _joined(" and ", conditions)


def any_of(*conditions: str | None) -> str:
    """At least one of the conditions; see ``all_of``."""
    return _joined(" or ", conditions)


def literal(value: Any) -> str:
    """A value as the language writes it: text quoted, decimals marked, times with their zone."""
    if value is None:
        return "null"
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # Without the suffix the platform compares texts.
        return f"{value!r}d"
    text = codec.instant(value) if isinstance(value, date) else str(value)
    return "'" + text.replace("'", "''") + "'"


def split(query: str) -> tuple[str, str]:
    """A raw query as its condition and its order, either may be "".

    It may be written with ``$filter=`` and ``$orderby=`` or as the condition alone.

    Raises:
        ValueError: when its quotes or parentheses do not match.
    """
    parts = list(_parts(balanced(query)))
    conditions = [text for keyword, text in parts if keyword != "orderby="]
    orders = [text.strip() for keyword, text in parts if keyword == "orderby="]
    return all_of(*conditions), ",".join(orders)


def order(*keys: str) -> str:
    """Sort keys such as ``"name"`` or ``"name desc"`` as one ``$orderby``.

    Raises:
        ValueError: for a key that is no field name with an optional direction.
    """
    return ",".join(_sort_key(one) for key in keys for one in key.split(",") if one.strip())


def compose(condition: str, order_by: str = "") -> str:
    """The value of the ``query`` parameter."""
    parts = [f"$filter=({condition})" if condition else "", f"$orderby={order_by}" if order_by else ""]
    return " ".join(part for part in parts if part)


def balanced(condition: str) -> str:
    """The condition itself, if it cannot break out of the parentheses around it.

    Raises:
        ValueError: when its quotes or parentheses do not match.
    """
    depth = 0
    for character, quoted in _characters(condition):
        if quoted:
            continue
        depth += (character == "(") - (character == ")")
        if depth < 0:
            raise ValueError("The query closes a parenthesis that it did not open.")
    if condition.count("'") % 2:
        raise ValueError("The query has a quote (') that is not closed; write '' for one within a text.")
    if depth:
        raise ValueError("The query opens a parenthesis that it does not close.")
    return condition


def _joined(word: str, conditions: Iterable[str | None]) -> str:
    wanted = [balanced(one.strip()) for one in conditions if one and one.strip()]
    return wanted[0] if len(wanted) == 1 else word.join(f"({one})" for one in wanted)


def _characters(text: str) -> Iterator[tuple[str, bool]]:
    """Each character, and whether it stands within quotes."""
    quoted = False
    for character in text:
        quoted ^= character == "'"
        yield character, quoted


def _parts(query: str) -> Iterator[tuple[str, str]]:
    """The pieces of a query after each keyword that stands outside quotes, the first one without keyword."""
    outside = "".join("'" if quoted else character for character, quoted in _characters(query))
    marks = list(_KEYWORD.finditer(outside))
    starts = [mark.start() for mark in marks] + [len(query)]
    yield "", query[: starts[0]]
    for mark, end in zip(marks, starts[1:], strict=True):
        yield mark[1].lower(), query[mark.end() : end]


def _sort_key(key: str) -> str:
    name, _, direction = key.strip().partition(" ")
    direction = direction.strip().lower()
    if direction not in {"", "asc", "desc"}:
        raise ValueError(f"{key!r} is no sort key such as 'name' or 'name desc'.")
    return f"{_field(name)} {direction}".strip()


def _field(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a field.")
    return name


def _ids(ids: Iterable[str | int]) -> str:
    texts = [str(one) for one in ids]
    if not texts or not all(text.isalnum() for text in texts):
        raise ValueError("Ids of groups are wanted, made of digits.")
    return ",".join(texts)
