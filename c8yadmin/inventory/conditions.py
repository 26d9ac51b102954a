"""Conditions of Cumulocity's query language, from what people type into the device list's filters."""

from __future__ import annotations

import re

from sdk import query_language as ql

SEARCHED = ("name", "type", "owner", "c8y_Hardware.serialNumber")
SEVERITIES = ("critical", "major", "minor", "warning")
AVAILABILITY = {
    "available": ql.eq("c8y_Availability.status", "AVAILABLE"),
    "unavailable": ql.eq("c8y_Availability.status", "UNAVAILABLE"),
    "maintenance": ql.eq("c8y_Connection.status", "MAINTENANCE"),
    "unmonitored": ql.negate(ql.has("c8y_Availability")),
}

_ORDER = re.compile(r"'(?:[^']|'')*'|(\$orderby\s*=)", re.IGNORECASE)
_PARTS = re.compile(r"'(?:[^']|'')*'|([()'])")


def containing(text: str) -> str:
    """The devices that have `text` in one of the `SEARCHED` properties, whatever its case, or as their id."""
    by_id = ql.eq("_id", text) if text.isascii() and text.isdigit() else ""
    return ql.any_of(*(ql.contains(path, text) for path in SEARCHED), by_id)


def alarmed(worst: str) -> str:
    """The devices with an active alarm of the severity `worst` or a graver one."""
    graver = SEVERITIES[: SEVERITIES.index(worst) + 1]
    return ql.any_of(*(ql.gt(f"c8y_ActiveAlarmsStatus.{severity}", 0) for severity in graver))


def split(query: str) -> tuple[str, str]:
    """The condition and the order of a raw query, with or without its `$filter=`."""
    mark = next((part for part in _ORDER.finditer(query) if part[1]), None)
    condition, order = (query[: mark.start()], query[mark.end() :]) if mark else (query, "")
    return re.sub(r"^\s*\$filter\s*=", "", condition, flags=re.IGNORECASE).strip(), order.strip()


def balanced(condition: str) -> bool:
    """Whether quotes and parentheses are closed, so that nothing in `condition` reaches beyond it.

    Without this `a eq 'b') or (c eq 'd'` would break out of the parentheses that join it to other filters.
    """
    depth = 0
    for part in _PARTS.finditer(condition):
        depth += {"(": 1, ")": -1}.get(part[1] or "", 0)
        if depth < 0 or part[1] == "'":
            return False
    return depth == 0
