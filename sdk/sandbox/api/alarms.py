"""Alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from sdk.sandbox import times
from sdk.sandbox.api import sources
from sdk.sandbox.call import Answer, Call, Json, Routes, invalid
from sdk.sandbox.paging import collection
from sdk.sandbox.store.availability import interval_of
from sdk.sandbox.store.feed import CREATE

routes = Routes("alarm")

READ, ADMIN = ("ROLE_ALARM_READ",), ("ROLE_ALARM_ADMIN",)
SEVERITIES = ("CRITICAL", "MAJOR", "MINOR", "WARNING")
STATUSES = ("ACTIVE", "ACKNOWLEDGED", "CLEARED")
SERVER_ONLY = frozenset(("id", "self", "creationTime", "lastUpdated", "firstOccurrenceTime", "count"))
FIXED = SERVER_ONLY | {"source", "type", "time"}
ALARMS, ALARM = "/alarm/alarms", "/alarm/alarms/{id}"
UPDATE_FILTERS = (
    "createdFrom", "createdTo", "dateFrom", "dateTo", "resolved", "severity", "source", "status",
    "withSourceChildren", "withSourceAssets", "withSourceDevices", "withSourceAdditions",
)  # fmt: skip
DELETE_FILTERS = ("source", "dateFrom", "dateTo", "createdFrom", "createdTo")
MOST_COUNTED_FOR_RESTRICTED = 100


def _render(call: Call, alarm: Json) -> Json:
    return sources.with_source(call, alarm, "alarm", "alarms")


def _matches(call: Call, by_type: bool = True) -> Iterable[Json]:
    """The alarms that the parameters select, newest first."""
    tests = sources.in_its_times(call)
    tests += _among(call, "severity", SEVERITIES)
    if by_type and call.listed("type"):
        wanted = set(call.listed("type"))
        tests.append(lambda alarm: alarm["type"] in wanted)
    if call.text("resolved") is not None:
        resolved = call.flag("resolved")
        tests.append(lambda alarm: (alarm["status"] == "CLEARED") == resolved)
    else:
        tests += _among(call, "status", STATUSES)
    chosen = sources.chosen_sources(call)
    found = call.tenant.alarms.newest() if chosen is None else call.tenant.alarms.newest_of(chosen)
    return [alarm for alarm in found if all(test(alarm) for test in tests)] if tests else found


def _among(call: Call, name: str, known: tuple[str, ...]) -> list[Callable[[Json], bool]]:
    wanted = set(call.listed(name))
    if wanted - set(known):
        raise invalid(
            f"Unknown {name}: {', '.join(sorted(wanted - set(known)))}; known are {', '.join(known)}."
        )
    return [lambda alarm: alarm[name] in wanted] if wanted else []


@routes.get(ALARMS, roles=READ, scope="ALARM:READ", produces="alarmcollection")
def list_alarms(call: Call) -> Answer:
    return collection(
        call, "alarms", _matches(call), lambda alarm: _render(call, alarm), source=sources.source_of
    )


@routes.get(f"{ALARMS}/count", roles=READ, scope="ALARM:READ", produces="text/plain|application/json")
def count_alarms(call: Call) -> Answer:
    seen = sum(1 for alarm in _matches(call) if call.sees(sources.source_of(alarm)))
    return Answer(str(seen if call.sees_all else min(seen, MOST_COUNTED_FOR_RESTRICTED)), media="text/plain")


@routes.post(ALARMS, roles=ADMIN, scope="ALARM:ADMIN", consumes=("alarm",), produces="alarm")
def create_alarm(call: Call) -> Answer:
    source = _checked(call)
    mapped = _mapped(call)
    suppressed = mapped.get("severity") == "NONE"
    if _in_maintenance(source) or suppressed or call.transient:
        if suppressed:  # what is answered is an alarm nevertheless, of the severity that was sent
            del mapped["severity"]
        unstored = sources.created_doc(call, {"status": "ACTIVE"}, mapped)
        if call.transient:
            call.tenant.alarms.announce(CREATE, unstored)
        shown = unstored | {"self": call.link("alarm", "alarms", "null")}
        return Answer({key: value for key, value in shown.items() if key != "id"}, 201)
    alarm = _open_one(call, source["id"])
    if alarm is not None:
        alarm |= {"count": alarm["count"] + 1, "time": _time(call), "lastUpdated": times.now()}
        call.tenant.alarms.put(alarm)
    else:
        alarm = _store(call, mapped)
    if not call.is_application:
        call.tenant.heard_from(source["id"])
    body = _render(call, alarm)
    return Answer(body, 201, headers=[("Location", body["self"])])


def _checked(call: Call) -> Json:
    """Check a new alarm; gives its source object."""
    sources.refuse(call.json, SERVER_ONLY, "alarm")
    source = sources.require_source(call, ("type", "text", "time", "severity"))
    _check_state(call.json)
    return source


def _check_state(body: Json) -> None:
    for name, known in (("severity", SEVERITIES), ("status", STATUSES)):
        if name in body and body[name] not in known:
            raise invalid(f"'{body[name]}' is not a {name}; it is one of {', '.join(known)}.")
    if not isinstance(body.get("text", ""), str):
        raise invalid("'text' must be a text.")


def _in_maintenance(source: Json) -> bool:
    interval = interval_of(source)
    return interval is not None and interval <= 0


def _time(call: Call) -> str:
    return times.normal(call.json["time"])


def _open_one(call: Call, source: str) -> Json | None:
    kind = call.json["type"]
    for alarm in call.tenant.alarms.of(source):
        if alarm["type"] == kind and alarm["status"] != "CLEARED":
            return alarm
    return None


def _mapped(call: Call) -> Json:
    """What the tenant option of the alarm's type sets: `<severity>|<text>`, either may be empty."""
    severity, _, text = call.tenant.option("alarm.type.mapping", call.json["type"]).partition("|")
    known = severity if severity in (*SEVERITIES, "NONE") else ""  # an option may hold any text
    return {key: value for key, value in (("severity", known), ("text", text)) if value}


def _store(call: Call, mapped: Json) -> Json:
    alarm = sources.created_doc(call, {"status": "ACTIVE", "count": 1}, mapped | {"time": _time(call)})
    alarm["lastUpdated"], alarm["firstOccurrenceTime"] = alarm["creationTime"], alarm["time"]
    call.tenant.alarms.put(alarm)
    call.tenant.audit(
        "Alarm",
        "Alarm created",
        alarm["text"],
        sources.source_of(alarm),
        call.caller.name,
        severity=alarm["severity"],
    )
    return alarm


@routes.post(
    f"{ALARMS}/upsert", roles=ADMIN, scope="ALARM:ADMIN", consumes=("alarm",), produces="alarmUpsertResponse"
)
def upsert_alarm(call: Call) -> Answer:
    sources.refuse(call.json, SERVER_ONLY, "alarm")
    source = sources.require_source(call, ("type",))
    _check_state(call.json)
    alarm = _open_one(call, source["id"])
    if alarm is None:
        sources.require_source(call, ("type", "text", "time", "severity"))
        return Answer({"alarm": _render(call, _store(call, _mapped(call))), "previousState": None}, 201)
    before = _render(call, dict(alarm))
    changes = {key: value for key, value in call.json.items() if key not in ("source", "type")}
    if "time" in changes:
        changes["time"] = times.normal(changes["time"])
    sources.merge(alarm, changes)
    alarm["count"] += int(call.flag("incrementCount", default=True))
    call.tenant.alarms.put(alarm)
    return Answer({"alarm": _render(call, alarm), "previousState": before})


@routes.put(ALARMS, roles=ADMIN, consumes=("alarm", "alarmcollection"))
def update_alarms(call: Call) -> Answer:
    sources.require_any(call, UPDATE_FILTERS, "update many alarms")
    status = call.json.get("status")
    if set(call.json) != {"status"} or status not in STATUSES:
        raise invalid(f"Only the status of many alarms can be set, to one of {', '.join(STATUSES)}.")
    found = _matches(call, by_type=False)
    done = call.tenant.backlog.do(partial(_change, call, alarm, {"status": status}) for alarm in found)
    return Answer(status=200 if done else 202)


@routes.delete(ALARMS, roles=ADMIN)
def delete_alarms(call: Call) -> Answer:
    sources.require_any(call, DELETE_FILTERS, "delete alarms")
    call.tenant.backlog.do(partial(call.tenant.alarms.discard, alarm["id"]) for alarm in _matches(call))
    return Answer(status=204)


@routes.get(ALARM, roles=READ, scope="ALARM:READ", produces="alarm")
def get_alarm(call: Call) -> Answer:
    return Answer(_render(call, sources.fetch_record(call, call.tenant.alarms, "alarm")))


@routes.put(ALARM, roles=ADMIN, scope="ALARM:ADMIN", consumes=("alarm",), produces="alarm")
def update_alarm(call: Call) -> Answer:
    alarm = sources.fetch_record(call, call.tenant.alarms, "alarm")
    changes = sources.changes_of(call, alarm)
    sources.refuse(changes, FIXED, "alarm")
    _check_state(changes)
    _change(call, alarm, changes)
    return Answer(_render(call, alarm))


def _change(call: Call, alarm: Json, changes: Json) -> None:
    """Apply a change and record it; one that changes nothing, or comes too late, leaves no trace."""
    if alarm["id"] not in call.tenant.alarms:
        return
    real = {key: value for key, value in changes.items() if alarm.get(key) != value}
    if not real:
        return
    listed = [
        {
            "attribute": key,
            "changeType": "REPLACED",
            "previousValue": str(alarm.get(key, "")),
            "newValue": str(value),
        }
        | {"type": "String"}
        for key, value in real.items()
    ]
    sources.merge(alarm, real)
    call.tenant.alarms.put(alarm)
    call.tenant.audit("Alarm", "Alarm updated", alarm["text"], alarm["id"], call.caller.name, changes=listed)
