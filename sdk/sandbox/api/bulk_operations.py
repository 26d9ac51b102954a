"""Device control: bulk operations."""

from __future__ import annotations

from sdk.sandbox import times
from sdk.sandbox.api.fragments import check_names
from sdk.sandbox.api.operations import FIXED, NOT_NEW
from sdk.sandbox.api.sources import changes_of, refuse
from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.bulk import GENERAL, advance, show_state

routes = Routes("devicecontrol")

READ, ADMIN = ("ROLE_BULK_OPERATION_READ",), ("ROLE_BULK_OPERATION_ADMIN",)
ALL, ONE = "/devicecontrol/bulkoperations", "/devicecontrol/bulkoperations/{id}"
SETTABLE = frozenset(("groupId", "failedParentId", "startDate", "creationRamp", "operationPrototype", "note"))


def _render(call: Call, bulk: Json) -> Json:
    own = call.link("devicecontrol", "bulkoperations", bulk["id"])
    return show_state(call.tenant, bulk) | {"self": own}


def _fetch(call: Call) -> Json:
    bulk = call.tenant.bulk_operations.get(call.path["id"])
    if bulk is None:
        raise not_found(f"No bulk operation for id '{call.path['id']}'.")
    return bulk


@routes.get(ALL, roles=READ, produces="bulkoperationcollection")
def list_bulk_operations(call: Call) -> Answer:
    advance(call.tenant)
    wanted = set(call.query.get("generalStatus", ()))
    if wanted - GENERAL:
        raise invalid(f"Unknown generalStatus: {', '.join(sorted(wanted - GENERAL))}.")
    found = [_render(call, bulk) for bulk in call.tenant.bulk_operations.values()]
    if not call.flag("withDeleted"):
        found = [bulk for bulk in found if bulk["status"] != "DELETED"]
    shown = [bulk for bulk in found if not wanted or bulk["generalStatus"] in wanted]
    return collection(call, "bulkOperations", shown, lambda bulk: bulk)


@routes.post(ALL, roles=ADMIN, consumes=("bulkoperation",), produces="bulkoperation")
def create_bulk_operation(call: Call) -> Answer:
    _check(call, call.json)
    identifier = str(max((int(known) for known in call.tenant.bulk_operations), default=0) + 1)
    start = times.normal(call.json["startDate"], "startDate")
    bulk = (
        {"id": identifier, "status": "ACTIVE"} | call.json | {"startDate": start, "creator": call.caller.name}
    )
    call.tenant.bulk_operations[identifier] = bulk
    call.tenant.audit(
        "BulkOperation", "Bulk operation created", "Bulk operation created", identifier, call.caller.name
    )
    shown = _render(call, bulk)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def _check(call: Call, body: Json) -> None:
    for key in body:
        if key not in SETTABLE:
            raise invalid(f"The property '{key}' of a bulk operation cannot be set.")
    if ("groupId" in body) == ("failedParentId" in body):
        raise invalid("Exactly one of 'groupId' and 'failedParentId' is required.")
    if "groupId" in body and not call.tenant.inventory.is_group(str(body["groupId"])):
        raise invalid(f"'{body['groupId']}' is not a device group.")
    if "failedParentId" in body and str(body["failedParentId"]) not in call.tenant.bulk_operations:
        raise invalid(f"There is no bulk operation '{body['failedParentId']}'.")
    _check_plan(body)


def _check_plan(body: Json) -> None:
    prototype, ramp = body.get("operationPrototype"), body.get("creationRamp")
    if not isinstance(prototype, dict) or not set(prototype) - {"description"}:
        raise invalid("'operationPrototype' needs a fragment that says what to do.")
    check_names(prototype)
    refuse(prototype, FIXED | NOT_NEW, "operation")
    if not isinstance(body.get("note", ""), str):
        raise invalid("'note' must be a text.")
    if isinstance(ramp, bool) or not isinstance(ramp, int | float) or ramp < 0:
        raise invalid("'creationRamp' is the delay between two operations in seconds.")
    if times.normal(str(body.get("startDate")), "startDate") < times.ago(minutes=1):
        raise invalid("'startDate' must not lie in the past.")


@routes.get(ONE, roles=READ, produces="bulkoperation")
def get_bulk_operation(call: Call) -> Answer:
    advance(call.tenant)
    return Answer(_render(call, _fetch(call)))


@routes.put(ONE, roles=ADMIN, consumes=("bulkoperation",), produces="bulkoperation")
def update_bulk_operation(call: Call) -> Answer:
    advance(call.tenant)
    bulk = _fetch(call)
    if _render(call, bulk)["generalStatus"] != "SCHEDULED":
        raise Refusal(422, "invalidData", "Only a scheduled bulk operation can be changed.")
    changed = {key: bulk[key] for key in SETTABLE if key in bulk} | changes_of(call, bulk)
    _check(call, changed)
    bulk |= changed | {"startDate": times.normal(changed["startDate"], "startDate")}
    return Answer(_render(call, bulk))


@routes.delete(ONE, roles=ADMIN)
def cancel_bulk_operation(call: Call) -> Answer:
    advance(call.tenant)
    _fetch(call)["status"] = "DELETED"
    return Answer(status=204)
