"""One tenant: everything it stores, behind one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sdk.sandbox import times
from sdk.sandbox.call import Json
from sdk.sandbox.files import File
from sdk.sandbox.store.access import Access
from sdk.sandbox.store.alarms import Alarms
from sdk.sandbox.store.availability import recover
from sdk.sandbox.store.backlog import Backlog
from sdk.sandbox.store.certificates import Authority
from sdk.sandbox.store.channels import Channels
from sdk.sandbox.store.events import Events
from sdk.sandbox.store.feed import DELETE, Feed
from sdk.sandbox.store.inventory import Inventory
from sdk.sandbox.store.login_options import standard_options
from sdk.sandbox.store.records import Records
from sdk.sandbox.store.topics import Topics
from sdk.sandbox.store.totals import Totals
from sdk.sandbox.store.usage import Usage

MOST_AUDITS = 20_000


@dataclass
class SessionRules:
    """The limits of token sessions, in seconds; the platform's defaults."""

    lifespan: float = 2 * 86_400
    """How long one token is valid."""
    renewal: float = 86_400
    """The age from which any answer carries a fresh token."""
    absolute: float = 14 * 86_400
    """How long a session may go on being renewed."""
    grace: float = 60
    """How long a token still works after it was renewed."""
    parallel: int = 5
    """How many sessions a user may have; the oldest is terminated."""
    same_agent: bool = False
    """Whether a session is bound to the User-Agent that began it."""


def _records() -> Records:
    return Records(lambda record: str(record["source"]["id"]), lambda record: str(record["time"]))


def _operations() -> Records:
    """They name what they belong to `deviceId`; their `source` may be anything."""
    return Records(lambda found: str(found["deviceId"]), lambda found: str(found["creationTime"]))


@dataclass(eq=False)
class Tenant:
    """The stores of one tenant. Take `lock` around direct changes while a server or the live loop runs.

    `users` holds the user JSON without roles and password; `groups` the global roles (`roles`: names,
    `users`: set of names); `options` maps (category, key) to `{"value", "editable"}`; `identities` maps
    (type, external id) to the object's id; `requests` the new device requests by device id; `series` the
    names `fragment.series` that an object has sent; `joining` the group that a new device joins, by its user;
    `service_users` maps the users of microservices to the ids of their applications; `profile` is the JSON
    of the tenant itself, as company and status; `retention` the retention rules by id; `access_mappings`
    maps (login option, kind) to mappings by id; `features` holds the toggles that differ from the default;
    `given_applications` the ids of applications that users and groups were given, by ("user", name) or
    ("group", id);
    `time_series` is whether measurements are kept as such, which are not found by id;
    `certificates` the trusted ones by fingerprint, `revoked` serial numbers with their times, `certified` the
    device users that sign in by certificate.
    """

    name: str
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    inventory: Inventory = field(default_factory=Inventory, repr=False)
    identities: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    external_ids: dict[str, list[tuple[str, str]]] = field(default_factory=dict, repr=False)
    bulk_operations: dict[str, Json] = field(default_factory=dict, repr=False)
    requests: dict[str, Json] = field(default_factory=dict, repr=False)
    users: dict[str, Json] = field(default_factory=dict, repr=False)
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    totp: dict[str, Json] = field(default_factory=dict, repr=False)
    user_roles: dict[str, set[str]] = field(default_factory=dict, repr=False)
    groups: dict[int, Json] = field(default_factory=dict, repr=False)
    inventory_roles: dict[int, Json] = field(default_factory=dict, repr=False)
    assignments: dict[str, dict[int, Json]] = field(default_factory=dict, repr=False)
    options: dict[tuple[str, str], Json] = field(default_factory=dict, repr=False)
    sessions: dict[str, list[Json]] = field(default_factory=dict, repr=False)
    session_rules: SessionRules = field(default_factory=SessionRules)
    joining: dict[str, str] = field(default_factory=dict, repr=False)
    service_users: dict[str, str] = field(default_factory=dict, repr=False)
    profile: Json = field(default_factory=dict, repr=False)
    restricted_roles: list[str] = field(default_factory=list, repr=False)
    given_applications: dict[tuple[str, str | int], list[str]] = field(default_factory=dict, repr=False)
    retention: dict[str, Json] = field(default_factory=dict, repr=False)
    login_options: dict[str, Json] = field(default_factory=standard_options, repr=False)
    access_mappings: dict[tuple[str, str], dict[str, Json]] = field(default_factory=dict, repr=False)
    usage: Usage = field(default_factory=Usage, repr=False)
    statistics_files: dict[str, tuple[Json, File]] = field(default_factory=dict, repr=False)
    certificates: dict[str, Json] = field(default_factory=dict, repr=False)
    authority: Authority | None = field(default=None, repr=False)
    revoked: dict[int, datetime] = field(default_factory=dict, repr=False)
    certified: set[str] = field(default_factory=set, repr=False)
    features: dict[str, bool] = field(default_factory=dict, repr=False)
    series: dict[str, set[str]] = field(default_factory=dict, repr=False)
    feed: Feed = field(default_factory=Feed, repr=False)
    time_series: bool = False
    device_limit: int | None = None
    last_id: int = 1000

    def __post_init__(self) -> None:
        self.domain = f"{self.name}.sandbox"
        self._application: str | None = None
        self.access = Access(self)
        self.alarms = Alarms(self.inventory)
        self.events = Events()
        self.measurements, self.audits = (_records() for _ in range(2))
        self.operations = _operations()
        self.totals, self.backlog = Totals(), Backlog(self._as_now)
        self.channels, self.topics = Channels(), Topics(self.name, self.inventory.ancestors)
        self._tell_the_feed()

    def _tell_the_feed(self) -> None:
        self.feed.listeners += [self.channels, self.topics]
        self.inventory.announce = lambda action, document: self.feed.announce(
            "managedobjects", action, document["id"], document
        )
        for api in ("alarms", "events", "measurements", "operations"):
            getattr(self, api).announce = partial(self._announce, api)

    def _announce(self, api: str, action: str, record: Json) -> None:
        if (api, action) != ("alarms", DELETE):  # an alarm ends by being cleared
            records: Records = getattr(self, api)
            self.feed.announce(api, action, records.source_of(record), record)

    def next_id(self) -> str:
        self.last_id += 1
        return str(self.last_id)

    def device(self, external_id: str, kind: str = "c8y_Serial") -> Json:
        """The managed object with this external id; KeyError if there is none."""
        return self.inventory.objects[self.identities[kind, external_id]]

    @contextmanager
    def acting(self, application: str | None) -> Iterator[None]:
        """What happens meanwhile is done by an application of that name, which the audit records tell."""
        before, self._application = self._application, application
        try:
            yield
        finally:
            self._application = before

    def _as_now(self, step: Callable[[], object]) -> Callable[[], None]:
        """The step, done at any time as if it was done now: by the same application, told or untold."""
        quiet, application = self.feed.is_quiet, self._application

        def later() -> None:
            with self.feed.silence(quiet), self.acting(application):
                step()

        return later

    def audit(self, kind: str, activity: str, text: str, source: str, user: str, **more: Any) -> None:
        """Write an audit record of a change; `more`: severity, changes, … The oldest records give way."""
        at = times.now()
        if self._application:
            more["application"] = self._application
        if len(self.audits) >= MOST_AUDITS:
            self.audits.remove(next(iter(self.audits)))
        self.audits.put(
            {
                "id": self.next_id(), "type": kind, "activity": activity, "text": text,
                "source": {"id": source}, "user": user, "time": at, "creationTime": at,
                "severity": "INFORMATION",
            }
            | more
        )  # fmt: skip

    def heard_from(self, source: str) -> None:
        """A device gave a sign of life: a monitored one becomes available."""
        document = self.inventory.objects.get(source)
        if document and "c8y_RequiredAvailability" in document:
            state = {"status": "AVAILABLE", "lastMessage": times.now()}
            before = document.get("c8y_Availability")
            news = not isinstance(before, dict) or before.get("status") != "AVAILABLE"
            self.inventory.update(source, {"c8y_Availability": state}, told=news)
            if news:
                recover(self, source)

    def heard_from_device_of(self, user: str) -> None:
        """A device user called: what it owns gave a sign of life."""
        for source in self.inventory.index.owned_by(user).listed():
            self.heard_from(source)

    def option(self, category: str, key: str, default: str = "") -> str:
        return str(self.options.get((category, key), {"value": default})["value"])

    def bind(self, kind: str, external_id: str, source: str) -> None:
        self.identities[kind, external_id] = source
        self.external_ids.setdefault(source, []).append((kind, external_id))
        self.inventory.index.forget_entry(source)

    def unbind(self, kind: str, external_id: str) -> None:
        source = self.identities.pop((kind, external_id))
        self.external_ids[source].remove((kind, external_id))
        self.inventory.index.forget_entry(source)

    def delete_object(self, source: str) -> None:
        """Remove an object with its identities and data; told is the end of the object alone."""
        for kind, external_id in list(self.external_ids.get(source, ())):
            self.unbind(kind, external_id)
        with self.feed.silence():
            for records in (self.alarms, self.events, self.measurements, self.operations):
                records.forget(source)
        self.inventory.remove(source)

    def delete_user(self, name: str) -> None:
        del self.users[name]
        for store in (self.passwords, self.totp, self.user_roles, self.assignments, self.sessions):
            store.pop(name, None)
        self.certified.discard(name)
        self.given_applications.pop(("user", name), None)
        for group in self.groups.values():
            group["users"].discard(name)
