"""Device control: operations."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from sdk.sandbox.api.fragments import check_names
from sdk.sandbox.api.sources import changes_of, in_range, refuse
from sdk.sandbox.call import Answer, Call, Json, Routes, forbidden, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.operations import open_operation

routes = Routes("devicecontrol")

READ, ADMIN = ("ROLE_DEVICE_CONTROL_READ",), ("ROLE_DEVICE_CONTROL_ADMIN",)
OPERATIONS, OPERATION = "/devicecontrol/operations", "/devicecontrol/operations/{id}"
STATUSES = ("PENDING", "EXECUTING", "SUCCESSFUL", "FAILED")
NEXT = {
    "PENDING": ("PENDING", "EXECUTING", "SUCCESSFUL", "FAILED"),
    "EXECUTING": ("EXECUTING", "SUCCESSFUL", "FAILED"),
    "SUCCESSFUL": ("SUCCESSFUL",),
    "FAILED": ("FAILED",),
}
SERVER_ONLY = frozenset(
    ("id", "self", "creationTime", "bulkOperationId", "agentId", "deviceName", "deviceExternalIDs")
)
FIXED = SERVER_ONLY | {"deviceId"}
NOT_NEW = SERVER_ONLY | {"status", "failureReason"}


def render(call: Call, operation: Json) -> Json:
    shown = {key: value for key, value in operation.items() if key != "agentId"}
    shown["self"] = f"{call.base}/devicecontrol/operations/{operation['id']}"
    device = operation["deviceId"]
    external = call.tenant.external_ids.get(device, ())
    shown["deviceExternalIDs"] = {
        "self": call.link("identity", "globalIds", device, "externalIds"),
        "externalIds": [{"type": kind, "externalId": value} for kind, value in external],
    }
    return shown


def _matches(call: Call) -> Iterable[Json]:
    """The operations that the parameters select: ascending, with `revert` (and dates) the newest first."""
    tests = in_range(call, "date", "creationTime")
    status, bulk = call.text("status"), call.text("bulkOperationId")
    if status is not None:
        if status not in STATUSES:
            raise invalid(f"Unknown status '{status}'; known are {', '.join(STATUSES)}.")
        tests.append(lambda operation: operation["status"] == status)
    if bulk is not None:
        wanted = call.number("bulkOperationId")
        tests.append(lambda operation: operation.get("bulkOperationId") == wanted)
    agent, fragment = call.text("agentId"), call.text("fragmentType")
    if agent is not None:
        tests.append(lambda operation: operation["agentId"] == agent)
    if fragment is not None:
        tests.append(lambda operation: fragment in operation)
    device = call.text("deviceId")
    found: Iterable[Json] = (
        call.tenant.operations.values() if device is None else call.tenant.operations.of(device)
    )
    listed = [operation for operation in found if all(test(operation) for test in tests)]
    dated = call.text("dateFrom") or call.text("dateTo")
    return listed[::-1] if call.flag("revert") and dated else listed


@routes.get(OPERATIONS, roles=READ, scope="OPERATION:READ", produces="operationcollection")
def list_operations(call: Call) -> Answer:
    return collection(call, "operations", _matches(call), lambda found: render(call, found), source=_device)


def _device(operation: Json) -> str:
    return str(operation["deviceId"])


@routes.post(OPERATIONS, roles=ADMIN, scope="OPERATION:ADMIN", consumes=("operation",), produces="operation")
def create_operation(call: Call) -> Answer:
    check_names(call.json)
    refuse(call.json, NOT_NEW, "operation")
    body = {key: value for key, value in call.json.items() if value is not None}
    device = body.pop("deviceId", None)
    if not isinstance(device, str) or not device:
        raise invalid("'deviceId' is required and must be a text.")
    if device not in call.tenant.inventory.objects:
        raise invalid(f"The device '{device}' does not exist.")
    if not set(body) - {"description"}:
        raise invalid("An operation needs a fragment that says what to do, for example c8y_Restart.")
    call.require(device)
    shown = render(call, open_operation(call.tenant, device, body))
    text = str(body.get("description", "Operation created"))
    call.tenant.audit("Operation", "Operation created", text, device, call.caller.name)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


@routes.delete(OPERATIONS, roles=ADMIN)
def delete_operations(call: Call) -> Answer:
    found = _matches(call)
    call.tenant.backlog.do(partial(call.tenant.operations.discard, operation["id"]) for operation in found)
    return Answer(status=204)


def _fetch(call: Call) -> Json:
    operation = call.tenant.operations.get(call.path["id"])
    if operation is None:
        raise not_found(
            f"Finding operation data from database failed : No operation for gid '{call.path['id']}'!"
        )
    if not call.sees(operation["deviceId"]) and not call.sees(operation["agentId"]):
        raise forbidden()
    return operation


@routes.get(OPERATION, roles=READ, scope="OPERATION:ADMIN", produces="operation")
def get_operation(call: Call) -> Answer:
    return Answer(render(call, _fetch(call)))


@routes.put(OPERATION, roles=ADMIN, scope="OPERATION:ADMIN", consumes=("operation",), produces="operation")
def update_operation(call: Call) -> Answer:
    operation = _fetch(call)
    changes = changes_of(call, operation)
    refuse(changes, FIXED, "operation")
    if not isinstance(changes.get("failureReason"), str | None):
        raise invalid("'failureReason' must be a text.")
    status = changes.get("status", operation["status"])
    if status not in STATUSES:
        raise invalid(f"'{status}' is not a status; it is one of {', '.join(STATUSES)}.")
    if status not in NEXT[operation["status"]]:
        raise invalid(f"An operation that is {operation['status']} cannot become {status}.")
    for key, value in changes.items():
        if value is None:
            operation.pop(key, None)
        else:
            operation[key] = value
    call.tenant.operations.put(operation)
    text = f"Operation updated: status={status}"
    call.tenant.audit("Operation", "Operation updated", text, operation["deviceId"], call.caller.name)
    return Answer(render(call, operation))
