"""A device as a row of the list; devices write what they like, so every value may have any shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from c8yadmin.inventory.conditions import SEVERITIES
from sdk import Device, ManagedObject


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """`groups` are pairs of id and name, `alarms` pairs of severity and count, the gravest first."""

    id: str
    name: str
    type: str
    owner: str
    groups: list[tuple[str, str]]
    availability: str
    alarms: list[tuple[str, int]]
    updated: str


def row(device: Device) -> DeviceRow:
    """What the list shows of a device."""
    return DeviceRow(
        id=device.id or "",
        name=device.name or "",
        type=device.type or "",
        owner=device.owner or "",
        groups=parents(device.get("assetParents")),
        availability=availability(device),
        alarms=active_alarms(device),
        updated=device.last_updated or "",
    )


def parents(found: Any) -> list[tuple[str, str]]:
    """The id and the name of each group in an object's `assetParents`."""
    # Read from the JSON as it is: an object for each parent of each row would take longer than all the rest.
    references = found.get("references", ()) if isinstance(found, Mapping) else ()
    groups = (reference["managedObject"] for reference in references)
    return [(str(group["id"]), str(group.get("name", ""))) for group in groups]


def availability(document: Mapping[str, Any] | ManagedObject) -> str:
    """AVAILABLE, UNAVAILABLE, MAINTENANCE or whatever else the object says; empty when nobody watches it."""
    connection = document.get("c8y_Connection")
    if isinstance(connection, Mapping) and connection.get("status") == "MAINTENANCE":
        return "MAINTENANCE"
    available = document.get("c8y_Availability")
    return str(available.get("status", "")) if isinstance(available, Mapping) else ""


def active_alarms(document: Mapping[str, Any] | ManagedObject) -> list[tuple[str, int]]:
    """The number of active alarms of each severity that has any, the gravest first."""
    counts = document.get("c8y_ActiveAlarmsStatus")
    if not isinstance(counts, Mapping):
        return []
    found = ((severity, counts.get(severity)) for severity in SEVERITIES)
    return [(severity, count) for severity, count in found if isinstance(count, int) and count > 0]
