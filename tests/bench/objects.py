"""Managed objects as devices of the field look, about 1.3 KB each."""

from __future__ import annotations

import json
from typing import Any

COLLECTION = "/inventory/managedObjects"
FIRST_ID = 10_000
FIELDS = ("id", "name", "type", "c8y_Hardware.model", "c8y_Availability.lastMessage")


def content(number: int) -> dict[str, Any]:
    """What a client sends to create an object."""
    return {
        "name": f"Pump {number:06d} in hall {number % 40}",
        "type": f"my_Pump{number % 5}",
        "c8y_IsDevice": {},
        "c8y_Hardware": {"model": f"P-{number % 17}00", "revision": "C", "serialNumber": f"SN-{number:08d}"},
    }


def document(number: int) -> dict[str, Any]:
    """An object as the platform lists it."""
    identifier, when = str(FIRST_ID + number), f"2026-03-{number % 28 + 1:02d}T08:15:{number % 60:02d}.000Z"
    itself = f"https://acme.example.com{COLLECTION}/{identifier}"
    references = {
        name: {"self": f"{itself}/{name}", "references": []}
        for name in ("additionParents", "assetParents", "childAdditions", "childAssets", "childDevices")
    }
    return {
        "id": identifier,
        "self": itself,
        "owner": f"device_SN-{number:08d}",
        "creationTime": when,
        "lastUpdated": when,
        **content(number),
        **references,
        "c8y_Availability": {"status": "AVAILABLE", "lastMessage": when},
        "c8y_RequiredAvailability": {"responseInterval": 15},
        "c8y_Firmware": {"name": "pump-firmware", "version": f"4.{number % 9}.1", "url": ""},
        "c8y_Position": {"lat": 48.1 + number % 90 / 100, "lng": 11.5 + number % 70 / 100, "alt": 520},
        "c8y_ActiveAlarmsStatus": {"critical": 0, "major": number % 3, "minor": 1, "warning": 0},
        "c8y_SupportedOperations": ["c8y_Restart", "c8y_Firmware", "c8y_Configuration", "c8y_Command"],
    }


def encoded(number: int) -> bytes:
    """An object as the bytes of an answer."""
    return json.dumps(document(number), separators=(",", ":")).encode()
