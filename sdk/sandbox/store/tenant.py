"""One tenant: everything it stores, behind one lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from sdk.sandbox import times
from sdk.sandbox.call import Json
from sdk.sandbox.store.access import Access
from sdk.sandbox.store.inventory import Inventory
from sdk.sandbox.store.records import Records


@dataclass
class SessionRules:
    """The limits of token sessions, in seconds; the platform's defaults."""

    lifespan: float = 2 * 86_400
    """How long one token is valid."""
    renewal: float = 86_400
    """The age from which any answer carries a fresh token."""
    absolute: float = 14 * 86_400
    """How long a session may go on being renewed."""
    parallel: int = 5
    """How many sessions a user may have; the oldest is terminated."""


def _source(record: Json) -> str:
    return str(record["source"]["id"])


class Tenant:
    """The stores of one tenant. Take `lock` around direct changes while a server or the live loop runs.

    `users` holds the user JSON without roles and password; `groups` the global roles (`roles`: names, `users`: set
    of names); `options` maps (category, key) to `{"value", "editable"}`; `identities` maps (type, external id) to
    the object's id; `requests` the new device requests by device id.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.domain = f"{name}.sandbox"
        self.lock = threading.RLock()
        self._last_id = 1000
        self.inventory = Inventory()
        self.access = Access(self)
        self.identities: dict[tuple[str, str], str] = {}
        self.external_ids: dict[str, list[tuple[str, str]]] = {}
        self.alarms = Records(_source, lambda alarm: str(alarm["time"]))
        self.events = Records(_source, lambda event: str(event["time"]))
        self.measurements = Records(_source, lambda measurement: str(measurement["time"]))
        self.operations = Records(
            lambda operation: str(operation["deviceId"]), lambda operation: str(operation["creationTime"])
        )
        self.audits = Records(_source, lambda audit: str(audit["time"]))
        self.bulk_operations: dict[str, Json] = {}
        self.requests: dict[str, Json] = {}
        self.users: dict[str, Json] = {}
        self.passwords: dict[str, str] = {}
        self.totp: dict[str, Json] = {}
        self.user_roles: dict[str, set[str]] = {}
        self.groups: dict[int, Json] = {}
        self.inventory_roles: dict[int, Json] = {}
        self.assignments: dict[str, dict[int, Json]] = {}
        self.options: dict[tuple[str, str], Json] = {}
        self.sessions: dict[str, list[Json]] = {}
        self.session_rules = SessionRules()
        self.joining: dict[str, str] = {}
        self.series: dict[str, set[str]] = {}
        self.device_limit: int | None = None

    def next_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def device(self, external_id: str, kind: str = "c8y_Serial") -> Json:
        """The managed object with this external id; KeyError if there is none."""
        return self.inventory.objects[self.identities[kind, external_id]]

    def audit(self, kind: str, activity: str, text: str, source: str, user: str, **more: Any) -> None:
        """Write an audit record of a change; `more`: severity, changes, …"""
        at = times.now()
        self.audits.put(
            {
                "id": self.next_id(), "type": kind, "activity": activity, "text": text, "source": {"id": source},
                "user": user, "time": at, "creationTime": at, "severity": "INFORMATION",
            }
            | more
        )  # fmt: skip

    def heard_from(self, source: str) -> None:
        """A device gave a sign of life: a monitored one becomes available."""
        document = self.inventory.objects.get(source)
        if document and "c8y_RequiredAvailability" in document:
            at = times.now()
            self.inventory.update(source, {"c8y_Availability": {"status": "AVAILABLE", "lastMessage": at}})

    def option(self, category: str, key: str, default: str = "") -> str:
        return str(self.options.get((category, key), {"value": default})["value"])

    def bind(self, kind: str, external_id: str, source: str) -> None:
        self.identities[kind, external_id] = source
        self.external_ids.setdefault(source, []).append((kind, external_id))

    def unbind(self, kind: str, external_id: str) -> None:
        source = self.identities.pop((kind, external_id))
        self.external_ids[source].remove((kind, external_id))

    def delete_object(self, source: str) -> None:
        """Remove an object with its identities and data."""
        for kind, external_id in list(self.external_ids.get(source, ())):
            self.unbind(kind, external_id)
        for records in (self.alarms, self.events, self.measurements, self.operations):
            records.forget(source)
        self.inventory.remove(source)

    def delete_user(self, name: str) -> None:
        del self.users[name]
        for store in (self.passwords, self.totp, self.user_roles, self.assignments, self.sessions):
            store.pop(name, None)  # type: ignore[attr-defined]
        for group in self.groups.values():
            group["users"].discard(name)
