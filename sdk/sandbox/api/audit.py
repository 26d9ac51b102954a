"""Audit records."""

from __future__ import annotations

from sdk.sandbox import times
from sdk.sandbox.api.sources import in_range, source_of
from sdk.sandbox.call import Answer, Call, Json, Routes, invalid, not_found
from sdk.sandbox.paging import collection

routes = Routes("audit")

READ, ADMIN = ("ROLE_AUDIT_READ",), ("ROLE_AUDIT_ADMIN",)
RECORDS, RECORD = "/audit/auditRecords", "/audit/auditRecords/{id}"
SERVER_ONLY = frozenset(("id", "self", "creationTime", "changes"))
SEVERITIES = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INFORMATION")
FILTERS = ("application", "type", "user")


def _render(call: Call, record: Json) -> Json:
    source = record["source"]["id"]
    shown = {"id": source, "self": call.link("inventory", "managedObjects", source)}
    return record | {"source": shown, "self": call.link("audit", "auditRecords", record["id"])}


@routes.get(RECORDS, roles=READ, scope="AUDIT:READ", produces="auditrecordcollection")
def list_records(call: Call) -> Answer:
    tests = in_range(call, "date", "time")
    wanted = {name: call.text(name) for name in FILTERS if call.text(name) is not None}
    source = call.text("source")
    found = call.tenant.audits.newest() if source is None else call.tenant.audits.newest_of({source})
    shown = [
        record
        for record in found
        if all(record.get(name) == value for name, value in wanted.items())
        and all(test(record) for test in tests)
    ]
    return collection(call, "auditRecords", shown, lambda record: _render(call, record), source=source_of)


@routes.post(RECORDS, roles=ADMIN, scope="AUDIT:ADMIN", consumes=("auditrecord",), produces="auditrecord")
def create_record(call: Call) -> Answer:
    body = call.json
    for name in ("activity", "text", "time", "type"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise invalid(f"'{name}' is required and must be a text.")
    if body.get("severity", "INFORMATION") not in SEVERITIES:
        raise invalid(f"'{body['severity']}' is not a severity; it is one of {', '.join(SEVERITIES)}.")
    if not all(isinstance(body.get(name, ""), str) for name in ("application", "user")):
        raise invalid("'application' and 'user' must be texts.")
    if not isinstance(body.get("source"), dict) or "id" not in body["source"]:
        raise invalid('\'source\' is required and looks like {"id": "123"}.')
    call.require(str(body["source"]["id"]))
    content = {key: value for key, value in body.items() if key not in SERVER_ONLY and value is not None}
    content |= {"source": {"id": str(body["source"]["id"])}, "time": times.normal(body["time"])}
    defaults = {"user": call.caller.name, "severity": "INFORMATION"}
    fixed = {"id": call.tenant.next_id(), "creationTime": times.now()}
    shown = _render(call, call.tenant.audits.put(defaults | content | fixed))
    return Answer(shown, 201, headers=[("Location", shown["self"])])


@routes.get(RECORD, roles=READ, scope="AUDIT:READ", produces="auditrecord")
def get_record(call: Call) -> Answer:
    record = call.tenant.audits.get(call.path["id"])
    if record is None:
        raise not_found(f"There is no audit record '{call.path['id']}'.")
    call.require(source_of(record))
    return Answer(_render(call, record))
