"""Conditions of Cumulocity's query language, from what people type into the device list's filters."""

from __future__ import annotations

from sdk import query_language as ql

SEARCHED = ("name", "type", "owner", "c8y_Hardware.serialNumber")
SEVERITIES = ("critical", "major", "minor", "warning")
_MAINTENANCE = ql.any_of(
    ql.eq("c8y_Connection.status", "MAINTENANCE"), ql.eq("c8y_Availability.status", "MAINTENANCE")
)
AVAILABILITY = {
    "available": ql.all_of(ql.eq("c8y_Availability.status", "AVAILABLE"), ql.negate(_MAINTENANCE)),
    "unavailable": ql.all_of(ql.eq("c8y_Availability.status", "UNAVAILABLE"), ql.negate(_MAINTENANCE)),
    "maintenance": _MAINTENANCE,
    "unmonitored": ql.negate(ql.has("c8y_Availability")),
}


def containing(text: str) -> str:
    """The devices that have `text` in one of the `SEARCHED` properties, whatever its case, or as their id."""
    by_id = ql.eq("_id", text) if text.isascii() and text.isdigit() else ""
    return ql.any_of(*(ql.contains(path, text) for path in SEARCHED), by_id)


def alarmed(worst: str) -> str:
    """The devices with an active alarm of the severity `worst` or a graver one."""
    graver = SEVERITIES[: SEVERITIES.index(worst) + 1]
    return ql.any_of(*(ql.gt(f"c8y_ActiveAlarmsStatus.{severity}", 0) for severity in graver))
