"""Events."""

from __future__ import annotations

from collections.abc import Iterable

from sdk.sandbox import times
from sdk.sandbox.api.sources import (
    changes_of,
    chosen_sources,
    created_doc,
    fetch_record,
    in_range,
    require_source,
    with_source,
)
from sdk.sandbox.call import Answer, Call, Json, Routes, invalid
from sdk.sandbox.paging import collection
from sdk.sandbox.store.feed import CREATE

routes = Routes("event")

READ, ADMIN = ("ROLE_EVENT_READ",), ("ROLE_EVENT_ADMIN",)
EVENTS, EVENT = "/event/events", "/event/events/{id}"
SERVER_ONLY = frozenset(("id", "self", "creationTime", "lastUpdated"))
FIXED = SERVER_ONLY | {"source", "time", "type"}


def _render(call: Call, event: Json) -> Json:
    return with_source(call, event, "event", "events")


def _source(event: Json) -> str:
    return str(event["source"]["id"])


def _matches(call: Call) -> Iterable[Json]:
    """The events that the parameters select: newest first, with `revert` (and dates) the oldest."""
    tests = [*in_range(call, "date", "time"), *in_range(call, "created", "creationTime")]
    tests += in_range(call, "lastUpdated", "lastUpdated")
    kind, fragment, value = call.text("type"), call.text("fragmentType"), call.text("fragmentValue")
    if kind is not None:
        tests.append(lambda event: event["type"] == kind)
    if fragment is not None:
        tests.append(lambda event: fragment in event)
        if value is not None:
            tests.append(lambda event: event[fragment] == value)
    sources = chosen_sources(call)
    found = call.tenant.events.newest() if sources is None else call.tenant.events.newest_of(sources)
    listed = [event for event in found if all(test(event) for test in tests)] if tests else found
    dated = call.text("dateFrom") or call.text("dateTo")
    return listed[::-1] if call.flag("revert") and dated else listed


@routes.get(EVENTS, roles=READ, scope="EVENT:READ", produces="eventcollection")
def list_events(call: Call) -> Answer:
    return collection(call, "events", _matches(call), lambda event: _render(call, event), source=_source)


@routes.post(EVENTS, roles=ADMIN, scope="EVENT:ADMIN", consumes=("event",), produces="event")
def create_event(call: Call) -> Answer:
    _refuse(call.json, SERVER_ONLY)
    source = require_source(call, ("type", "text", "time"))
    event = created_doc(call, {}, {"time": times.normal(call.json["time"])})
    event["lastUpdated"] = event["creationTime"]
    if not call.is_application:
        call.tenant.heard_from(source["id"])
    shown = _render(call, event)
    if call.transient:
        call.tenant.events.announce(CREATE, event)
        return Answer({key: value for key, value in shown.items() if key not in ("id", "self")}, 201)
    call.tenant.events.put(event)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def _refuse(body: Json, fixed: frozenset[str]) -> None:
    for key in body:
        if key in fixed:
            raise invalid(f"The property '{key}' of an event cannot be set.")


@routes.delete(EVENTS, roles=ADMIN)
def delete_events(call: Call) -> Answer:
    for event in list(_matches(call)):
        call.tenant.events.remove(event["id"])
    return Answer(status=204)


@routes.get(EVENT, roles=READ, scope="EVENT:READ", produces="event")
def get_event(call: Call) -> Answer:
    return Answer(_render(call, fetch_record(call, call.tenant.events, "event")))


@routes.put(EVENT, roles=ADMIN, scope="EVENT:ADMIN", consumes=("event",), produces="event")
def update_event(call: Call) -> Answer:
    event = fetch_record(call, call.tenant.events, "event")
    changes = changes_of(call, event)
    _refuse(changes, FIXED)
    if not isinstance(changes.get("text", ""), str):
        raise invalid("'text' must be a text.")
    for key, value in changes.items():
        if value is None:
            event.pop(key, None)
        else:
            event[key] = value
    event["lastUpdated"] = times.now()
    call.tenant.events.put(event)
    return Answer(_render(call, event))


@routes.delete(EVENT, roles=ADMIN, scope="EVENT:ADMIN")
def delete_event(call: Call) -> Answer:
    call.tenant.events.remove(fetch_record(call, call.tenant.events, "event")["id"])
    return Answer(status=204)
