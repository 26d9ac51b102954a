"""The fragments that administrators look for first, as cards; everything else as one row each.

Devices write what they like: a fragment of an unexpected shape is shown as a row instead of a card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Literal, TypeGuard

from c8yadmin.inventory.fragments import PLAIN, SERVER_ONLY
from c8yadmin.ui.documents import plain

Kind = Literal["text", "code", "time", "status"]

# fragment: title, icon, and the label and kind of each value that has one
KNOWN: Final[dict[str, tuple[str, str, dict[str, tuple[str, Kind]]]]] = {
    "c8y_Hardware": (
        "Hardware",
        "cpu",
        {
            "model": ("Model", "text"),
            "serialNumber": ("Serial number", "code"),
            "revision": ("Revision", "text"),
        },
    ),
    "c8y_Firmware": (
        "Firmware",
        "binary",
        {"name": ("Name", "text"), "version": ("Version", "text"), "url": ("Source", "text")},
    ),
    "c8y_Agent": (
        "Agent",
        "bot",
        {"name": ("Name", "text"), "version": ("Version", "text"), "url": ("Source", "text")},
    ),
    "c8y_Mobile": (
        "Mobile network",
        "signal",
        {
            "imei": ("IMEI", "code"),
            "iccid": ("ICCID", "code"),
            "imsi": ("IMSI", "code"),
            "msisdn": ("Number", "code"),
            "cellId": ("Cell", "text"),
        },
    ),
    "c8y_Position": (
        "Position",
        "map-pin",
        {"lat": ("Latitude", "text"), "lng": ("Longitude", "text"), "alt": ("Altitude", "text")},
    ),
    "c8y_Address": (
        "Address",
        "map",
        {
            "street": ("Street", "text"),
            "cityCode": ("Postcode", "text"),
            "city": ("City", "text"),
            "country": ("Country", "text"),
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: Any
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    icon: str
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class Row:
    """A fragment without a card: its key, what it holds in words, and its value in one line."""

    key: str
    kind: str
    value: str


def cards(document: Mapping[str, Any]) -> list[Card]:
    """The cards of a managed object: its connection, then the known fragments that it has."""
    connection = Card("Connection", "wifi", list(_connection(document)))
    known = [
        Card(title, icon, list(_facts(document[fragment], labels)))
        for fragment, (title, icon, labels) in KNOWN.items()
        if _has_card(document, fragment)
    ]
    return [card for card in (connection, *known, _software(document)) if card.facts]


def rows(document: Mapping[str, Any]) -> list[Row]:
    """The fragments that no card shows, in the order of the object."""
    return [
        Row(key, kind(value), plain(value))
        for key, value in document.items()
        if key not in SERVER_ONLY and key not in PLAIN and not _shown_elsewhere(document, key)
    ]


def kind(value: Any) -> str:
    """What a JSON value is, in words: `object of 3`, `list of 2`, `marker` for an empty object."""
    if isinstance(value, Mapping):
        return f"object of {len(value)}" if value else "marker"
    if isinstance(value, list):
        return f"list of {len(value)}"
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "null" if value is None else "number"


def coordinates(document: Mapping[str, Any]) -> tuple[float, float] | None:
    """Latitude and longitude, when the object has a position that can be on a map."""
    position = document.get("c8y_Position")
    if not isinstance(position, Mapping):
        return None
    lat, lng = position.get("lat"), position.get("lng")
    if not _is_number(lat) or not _is_number(lng) or abs(lat) > 90 or abs(lng) > 180:
        return None
    return float(lat), float(lng)


def operations(document: Mapping[str, Any]) -> list[str]:
    """The operations that the device says it supports."""
    supported = document.get("c8y_SupportedOperations")
    return [name for name in supported if isinstance(name, str)] if isinstance(supported, list) else []


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _has_card(document: Mapping[str, Any], fragment: str) -> bool:
    return isinstance(document.get(fragment), Mapping) and bool(document[fragment])


def _shown_elsewhere(document: Mapping[str, Any], key: str) -> bool:
    if key == "c8y_SupportedOperations":
        return bool(operations(document))
    if key == "c8y_SoftwareList":
        return bool(_software(document).facts)
    return (key in KNOWN or key == "c8y_RequiredAvailability") and _has_card(document, key)


def _facts(fragment: Mapping[str, Any], labels: Mapping[str, tuple[str, Kind]]) -> Iterator[Fact]:
    for key, (label, how) in labels.items():
        if fragment.get(key) not in (None, ""):
            yield Fact(label, plain(fragment[key]), how)
    for key, value in fragment.items():
        if key not in labels:
            yield Fact(key, plain(value))


def _connection(document: Mapping[str, Any]) -> Iterator[Fact]:
    availability, connection, required = (
        value if isinstance(value := document.get(key), Mapping) else {}
        for key in ("c8y_Availability", "c8y_Connection", "c8y_RequiredAvailability")
    )
    if connection.get("status"):
        yield Fact("Push connection", plain(connection["status"]), "status")
    if availability.get("lastMessage"):
        yield Fact("Last message", availability["lastMessage"], "time")
    if "responseInterval" in required:
        yield Fact("Expected to report", _interval(required["responseInterval"]))


def _interval(minutes: Any) -> str:
    if not _is_number(minutes):
        return plain(minutes)
    return f"every {minutes:g} min" if minutes > 0 else "never, it is in maintenance"


def _software(document: Mapping[str, Any]) -> Card:
    listed = document.get("c8y_SoftwareList")
    packages = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    facts = [Fact(plain(item.get("name", "?")), plain(item.get("version", ""))) for item in packages]
    return Card("Software", "package", facts)
