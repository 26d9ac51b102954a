"""Device control: new device requests and device credentials, with their state machine.

WAITING_FOR_CONNECTION, then PENDING_ACCEPTANCE with the device's first poll, ACCEPTED by the administrator,
and gone with the poll that takes the credentials; BLOCKED after too many wrong tokens. A request with a
one-time password is ACCEPTED from the beginning, and gone once the device was given its certificate.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from sdk.sandbox import times
from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.users import add_device_user

routes = Routes("devicecontrol")

READ, ADMIN = ("ROLE_DEVICE_CONTROL_READ",), ("ROLE_DEVICE_CONTROL_ADMIN",)
ALL, ONE = "/devicecontrol/newDeviceRequests", "/devicecontrol/newDeviceRequests/{requestId}"
WAITING, PENDING, ACCEPTED, BLOCKED = "WAITING_FOR_CONNECTION", "PENDING_ACCEPTANCE", "ACCEPTED", "BLOCKED"
MOST_TRIES = 3
LONGEST_ID = 1000
_BAD_ID = re.compile(r"[/\\$\s\x00-\x1f]")
_HIDDEN = ("token", "tries", "enrollmentToken", "silent")


def _render(call: Call, request: Json) -> Json:
    shown = {key: value for key, value in request.items() if key not in _HIDDEN}
    return shown | {"self": call.link("devicecontrol", "newDeviceRequests", request["id"])}


def policy(tenant: Tenant) -> str:
    """What the tenant wants of security tokens: IGNORED, OPTIONAL or REQUIRED."""
    return tenant.option("device-registration", "security-token.policy", "OPTIONAL").upper()


def _limit_reached(tenant: Tenant) -> bool:
    return (
        tenant.device_limit is not None
        and len(tenant.inventory.index.having("c8y_IsDevice")) >= tenant.device_limit
    )


def _check_limit(tenant: Tenant) -> None:
    if _limit_reached(tenant):
        raise invalid("The maximum number of devices of this tenant is reached.")


def _fetch(call: Call) -> Json:
    request = call.tenant.requests.get(call.path["requestId"])
    if request is None:
        raise not_found(f"There is no new device request with the id '{call.path['requestId']}'.")
    return request


@routes.get(ALL, roles=READ, produces="newdevicerequestcollection")
def list_requests(call: Call) -> Answer:
    return collection(
        call, "newDeviceRequests", call.tenant.requests.values(), lambda found: _render(call, found)
    )


@routes.post(ALL, roles=ADMIN, consumes=("newdevicerequest",), produces="newdevicerequest")
def create_request(call: Call) -> Answer:
    body = call.json
    for key in body:
        if key not in ("id", "groupId", "type", "enrollmentToken"):
            raise invalid(f"The property '{key}' of a new device request cannot be set.")
    check_id(call.tenant, body.get("id"))
    if not isinstance(body.get("enrollmentToken", "x"), str) or body.get("enrollmentToken") == "":
        raise invalid("'enrollmentToken' must be a text.")
    if "enrollmentToken" in body:
        _check_limit(call.tenant)
    group = body.get("groupId")
    if group is not None and not call.tenant.inventory.is_group(str(group)):
        raise invalid(f"The group '{group}' does not exist.")
    more = {key: value for key, value in body.items() if value is not None}
    request = add_request(call.tenant, call.caller.name, **more)
    call.tenant.audit(
        "Inventory",
        "New device request created",
        f"Request for device '{request['id']}'",
        request["id"],
        call.caller.name,
    )
    shown = _render(call, request)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def add_request(tenant: Tenant, owner: str, **content: Any) -> Json:
    """Store a request of checked content; one with an `enrollmentToken` needs nobody to accept it."""
    request = content | {"owner": owner, "tenantId": tenant.name, "creationTime": times.now(), "tries": 0}
    request["status"] = ACCEPTED if "enrollmentToken" in content else WAITING
    tenant.requests[request["id"]] = request
    return request


def check_id(tenant: Tenant, identifier: object) -> None:
    if not isinstance(identifier, str) or not identifier or len(identifier) > LONGEST_ID:
        raise invalid(f"'id' is required: a text of at most {LONGEST_ID} characters.")
    if _BAD_ID.search(identifier):
        raise invalid("The device id must not contain blanks, control characters, '/', '\\' or '$'.")
    if identifier in tenant.requests:
        raise Refusal(
            422, "nonUniqueResult", f"A new device request with the id '{identifier}' exists already."
        )


@routes.get(f"{ALL}/limit", roles=READ, produces="application/json")
def get_limit(call: Call) -> Answer:
    limit = call.tenant.device_limit
    return Answer(
        {"isReached": _limit_reached(call.tenant), **({"limit": limit} if limit is not None else {})}
    )


@routes.post(f"{ALL}/acceptAll", roles=ADMIN, produces="application/json")
def accept_all(call: Call) -> Answer:
    results = []
    for request in [found for found in call.tenant.requests.values() if found["status"] == PENDING]:
        try:
            _accept(call, request, None)
            results.append({"id": request["id"], "successful": True})
        except Refusal as refusal:
            results.append({"id": request["id"], "successful": False, "failureReason": refusal.message})
    return Answer(results)


@routes.get(ONE, roles=READ, produces="newdevicerequest")
def get_request(call: Call) -> Answer:
    return Answer(_render(call, _fetch(call)))


@routes.put(ONE, roles=ADMIN, consumes=("newdevicerequest",), produces="newdevicerequest")
def update_request(call: Call) -> Answer:
    request = _fetch(call)
    if call.json.get("status") != ACCEPTED or set(call.json) - {"status", "securityToken", "id"}:
        raise invalid("Only the status can be changed, to ACCEPTED, together with the securityToken.")
    if request["status"] == WAITING:
        raise not_found(f"The device '{request['id']}' has not connected yet: there is nothing to accept.")
    if request["status"] == PENDING:
        _accept(call, request, call.json.get("securityToken"))
    elif request["status"] == BLOCKED:
        raise invalid(f"The request of device '{request['id']}' is blocked; delete it and create it again.")
    return Answer(_render(call, request))


def _accept(call: Call, request: Json, token: str | None) -> None:
    _check_limit(call.tenant)
    _check_token(call, request, token)
    request["status"] = ACCEPTED
    text = f"Request of device '{request['id']}' accepted"
    call.tenant.audit("Inventory", "New device request accepted", text, request["id"], call.caller.name)


def _check_token(call: Call, request: Json, token: str | None) -> None:
    """The token the device showed must be the one the administrator gives; what is needed is the tenant's
    policy.
    """
    rule, shown = policy(call.tenant), request.get("token")
    if rule == "IGNORED" or (rule == "OPTIONAL" and shown is None) or (shown is not None and shown == token):
        return
    problem = "missing token" if not token else "invalid token"
    request["tries"] += 1
    if request["tries"] >= MOST_TRIES:
        request["status"] = BLOCKED
        problem = "max number of failed attempts reached"
    text = f"Accepting device '{request['id']}' failed due to {problem}"
    call.tenant.audit("Inventory", "New device request not accepted", text, request["id"], call.caller.name)
    raise invalid(f"{text}.")


@routes.delete(ONE, roles=("ROLE_USER_MANAGEMENT_ADMIN",))
def delete_request(call: Call) -> Answer:
    del call.tenant.requests[_fetch(call)["id"]]
    return Answer(status=204)


@routes.post(
    "/devicecontrol/deviceCredentials",
    roles=("ROLE_DEVICE_BOOTSTRAP",),
    consumes=("devicecredentials",),
    produces="devicecredentials",
)
def poll_credentials(call: Call) -> Answer:
    """A device asks for its credentials; 404 until its request is accepted."""
    identifier = call.json.get("id")
    for tenant in call.sandbox.tenants.values():
        with tenant.lock:
            if identifier in tenant.requests:
                return _hand_out(call, tenant, tenant.requests[identifier])
    raise not_found(f"There is no new device request with the id '{identifier}'.")


def _hand_out(call: Call, tenant: Tenant, request: Json) -> Answer:
    if request["status"] == WAITING:
        _first_poll(call, tenant, request)
    if request["status"] != ACCEPTED or "enrollmentToken" in request:
        raise not_found(f"The request of device '{request['id']}' is not accepted yet.")
    name, password = f"device_{request['id']}", secrets.token_urlsafe(15)
    if name in tenant.users:
        tenant.passwords[name] = password
    else:
        add_device_user(tenant, name, password)
    admitted(tenant, request, name)
    shown = {"id": request["id"], "tenantId": tenant.name, "username": name, "password": password}
    return Answer(shown | {"self": call.link("devicecontrol", "deviceCredentials", request["id"])}, 201)


def admitted(tenant: Tenant, request: Json, user: str) -> None:
    """The device has what it signs in by: its request is done."""
    if request.get("groupId"):
        tenant.joining[user] = str(request["groupId"])
    del tenant.requests[request["id"]]


def _first_poll(call: Call, tenant: Tenant, request: Json) -> None:
    token = call.json.get("securityToken")
    if token is None and policy(tenant) == "REQUIRED":
        request["status"] = BLOCKED
        text = f"Device '{request['id']}' connected without a security token"
        tenant.audit("Inventory", "New device request blocked", text, request["id"], call.caller.name)
        return
    request["status"] = PENDING
    if token is not None:
        request["token"] = token
