"""Attachments of events; each event can have one."""

from __future__ import annotations

from sdk.sandbox import times
from sdk.sandbox.api.events import ADMIN, EVENT, READ
from sdk.sandbox.api.sources import fetch_record
from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, not_found
from sdk.sandbox.files import (
    ANY_FILE,
    File,
    check_size,
    download,
    json_part,
    media_type,
    part,
    parts_of,
    raw_file,
)

routes = Routes("event")

ATTACHMENT = f"{EVENT}/binaries"


def _event(call: Call) -> Json:
    return fetch_record(call, call.tenant.events, "event")


def _store(call: Call, event: Json, sent: File) -> Answer:
    check_size(sent)
    call.tenant.events.attachments[event["id"]] = sent
    event["c8y_IsBinary"] = {"name": sent.name, "length": len(sent.content), "type": sent.type}
    event["lastUpdated"] = times.now()
    call.tenant.events.put(event)
    own = call.link("event", "events", event["id"], "binaries")
    body = {"self": own, "source": event["id"], "name": sent.name, "type": sent.type}
    return Answer(body, 201, headers=[("Location", own)])


def _raw(call: Call, event: Json) -> File:
    sent = raw_file(call)
    return File(sent.name or event["id"], media_type(sent.type), sent.content)


def _of_parts(call: Call, event: Json) -> File:
    """The file among the parts; other people's clients leave out the part that describes it."""
    parts = parts_of(call)
    sent, described = part(parts, "file"), json_part(parts, "object") if "object" in parts else {}
    name = described.get("name") if isinstance(described.get("name"), str) else None
    return File(name or sent.name or event["id"], media_type(described.get("type"), sent.type), sent.content)


@routes.post(
    ATTACHMENT,
    roles=ADMIN,
    scope="EVENT:ADMIN",
    consumes=("text/plain", "multipart/form-data", "*/*"),
    produces="application/json",
)
def attach(call: Call) -> Answer:
    event = _event(call)
    if event["id"] in call.tenant.events.attachments:
        raise Refusal(409, "duplicate", f"Event '{event['id']}' has an attachment already.")
    several = call.content_type == "multipart/form-data"
    return _store(call, event, _of_parts(call, event) if several else _raw(call, event))


@routes.put(
    ATTACHMENT,
    roles=ADMIN,
    scope="EVENT:ADMIN",
    consumes=("text/plain", "application/octet-stream", "*/*"),
    produces="application/json",
)
def replace(call: Call) -> Answer:
    event = _event(call)
    return _store(call, event, _raw(call, event))


@routes.get(ATTACHMENT, roles=READ, scope="EVENT:READ", produces=ANY_FILE)
def get_attachment(call: Call) -> Answer:
    return download(call, _attachment(call))


def _attachment(call: Call) -> File:
    event = _event(call)
    if event["id"] not in call.tenant.events.attachments:
        raise not_found(f"Event '{event['id']}' has no attachment.")
    return call.tenant.events.attachments[event["id"]]


@routes.delete(ATTACHMENT, roles=ADMIN, scope="EVENT:ADMIN")
def detach(call: Call) -> Answer:
    _attachment(call)
    event = _event(call)
    del call.tenant.events.attachments[event["id"]]
    del event["c8y_IsBinary"]
    event["lastUpdated"] = times.now()
    call.tenant.events.put(event)
    return Answer(status=204)
