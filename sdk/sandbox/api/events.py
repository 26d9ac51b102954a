"""Events."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from sdk.sandbox import times
from sdk.sandbox.api import sources
from sdk.sandbox.call import Answer, Call, Json, Routes, invalid
from sdk.sandbox.paging import collection
from sdk.sandbox.store.feed import CREATE

routes = Routes("event")

READ, ADMIN = ("ROLE_EVENT_READ",), ("ROLE_EVENT_ADMIN",)
EVENTS, EVENT = "/event/events", "/event/events/{id}"
SERVER_ONLY = frozenset(("id", "self", "creationTime", "lastUpdated", "c8y_IsBinary"))
FIXED = SERVER_ONLY | {"source", "time", "type"}
DELETE_FILTERS = ("source", "dateFrom", "dateTo", "createdFrom", "createdTo")


def _render(call: Call, event: Json) -> Json:
    return sources.with_source(call, event, "event", "events")


def _matches(call: Call) -> Iterable[Json]:
    """The events that the parameters select: newest first, with `revert` (and dates) the oldest."""
    tests = sources.in_its_times(call)
    kind, fragment, value = call.text("type"), call.text("fragmentType"), call.text("fragmentValue")
    if kind is not None:
        tests.append(lambda event: event["type"] == kind)
    if fragment is not None:
        tests.append(lambda event: fragment in event)
        if value is not None:
            tests.append(lambda event: event[fragment] == value)
    chosen = sources.chosen_sources(call)
    found = call.tenant.events.newest() if chosen is None else call.tenant.events.newest_of(chosen)
    listed = [event for event in found if all(test(event) for test in tests)] if tests else found
    dated = call.text("dateFrom") or call.text("dateTo")
    return listed[::-1] if call.flag("revert") and dated else listed


@routes.get(EVENTS, roles=READ, scope="EVENT:READ", produces="eventcollection")
def list_events(call: Call) -> Answer:
    return collection(
        call, "events", _matches(call), lambda event: _render(call, event), source=sources.source_of
    )


@routes.post(EVENTS, roles=ADMIN, scope="EVENT:ADMIN", consumes=("event",), produces="event")
def create_event(call: Call) -> Answer:
    sources.refuse(call.json, SERVER_ONLY, "event")
    source = sources.require_source(call, ("type", "text", "time"))
    event = sources.created_doc(call, {}, {"time": times.normal(call.json["time"])})
    event["lastUpdated"] = event["creationTime"]
    if not call.is_application:
        call.tenant.heard_from(source["id"])
    shown = _render(call, event)
    if call.transient:
        call.tenant.events.announce(CREATE, event)
        return Answer({key: value for key, value in shown.items() if key not in ("id", "self")}, 201)
    call.tenant.events.put(event)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


@routes.delete(EVENTS, roles=ADMIN)
def delete_events(call: Call) -> Answer:
    sources.require_any(call, DELETE_FILTERS, "delete events")
    call.tenant.backlog.do(partial(call.tenant.events.discard, event["id"]) for event in _matches(call))
    return Answer(status=204)


@routes.get(EVENT, roles=READ, scope="EVENT:READ", produces="event")
def get_event(call: Call) -> Answer:
    return Answer(_render(call, sources.fetch_record(call, call.tenant.events, "event")))


@routes.put(EVENT, roles=ADMIN, scope="EVENT:ADMIN", consumes=("event",), produces="event")
def update_event(call: Call) -> Answer:
    event = sources.fetch_record(call, call.tenant.events, "event")
    changes = sources.changes_of(call, event)
    sources.refuse(changes, FIXED, "event")
    if not isinstance(changes.get("text", ""), str):
        raise invalid("'text' must be a text.")
    sources.merge(event, changes)
    call.tenant.events.put(event)
    return Answer(_render(call, event))


@routes.delete(EVENT, roles=ADMIN, scope="EVENT:ADMIN")
def delete_event(call: Call) -> Answer:
    call.tenant.events.remove(sources.fetch_record(call, call.tenant.events, "event")["id"])
    return Answer(status=204)
