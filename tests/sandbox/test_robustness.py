"""Whatever is sent, the sandbox answers: no call breaks it."""

from __future__ import annotations

import base64
import json
import re
from io import BytesIO
from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.api import DOMAINS
from sdk.sandbox.call import Route
from tests.sandbox.doors import Door, media

ROUTES = [route for domain in DOMAINS for route in domain.routes]
ODD: list[Any] = [None, -1, "\u0000", ["x"], {"id": []}]
KEYS = (
    "name", "type", "owner", "source", "time", "text", "severity", "status", "deviceId", "id", "externalId",
    "externalIds", "managedObjects", "managedObject", "references", "measurements", "my_Fragment", "user",
    "role", "roles", "permissions", "userName", "email", "password", "groupId", "startDate", "creationRamp",
    "enabled", "operationPrototype", "failedParentId", "category", "key", "value", "activity",
    "securityToken", "isActive", "strategy", "customProperties", "currentUserPassword", "newPassword",
    "code", "description", "contextPath", "availability", "manifest", "requiredRoles", "application", "tags",
    "company", "domain", "adminEmail", "adminName", "active", "editable", "maximumAge", "dataType", "users",
    "groups", "providerName", "sessionConfiguration", "authenticationRestrictions", "when", "thenGroups",
    "thenInventoryRoles", "dateFrom", "dateTo", "certInPemFormat", "certificates", "crls",
    "proofOfPossessionSignedVerificationCode", "agentId", "failureReason", "c8y_IsBinary", "note",
)  # fmt: skip
COMPLETE: dict[str, Any] = {
    "name": "n", "type": "Inventory", "source": {"id": "1001"}, "time": "2026-01-01", "text": "t",
    "severity": "MAJOR", "activity": "a", "category": "c", "key": "k", "value": "v",
}  # fmt: skip
QUERIES = (
    "pageSize=x", "currentPage=99999999999999999999", "query=(((((", "q=$orderby=", "text=%22", "ids=,,x",
    "source=x", "dateFrom=x&dateTo=y", "dateFrom=0001-01-01T00:00:00%2B23:59", "status=,", "groups=,",
    "withSourceChildren=1", "cascade=perhaps", "bulkOperationId=x", "revert=%00", "agentId=x",
)  # fmt: skip


@pytest.fixture
def door(sandbox: Sandbox) -> Door:
    return Door(sandbox, "admin")


def path_of(route: Route, other: str) -> str:
    """The route's path for the administrator's tenant; what is not known beforehand becomes `other`."""
    known = {
        "tenantId": "acme",
        "userId": "reader",
        "groupId": "1",
        "username": "reader",
        "groupName": "admins",
    }
    return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], other), route.template)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
def test_odd_values_are_answered(sandbox: Sandbox, route: Route) -> None:
    for other in ("1001", "0", "x%2Fy%00", "-1"):
        for query in ("", *QUERIES) if route.method == "GET" else ("",):
            assert status_of(sandbox, route.method, path_of(route, other), query) < 500
    path, listed = path_of(route, existing(sandbox, route)), "/".join(route.template.split("/")[:3])
    for kind in route.consumes:
        for body in BODIES if media(kind).endswith("json") else BODIES[:1]:
            assert status_of(sandbox, route.method, path, "", kind, body) < 500
    for query in QUERIES:
        assert status_of(sandbox, "GET", listed, query) < 500


def existing(sandbox: Sandbox, route: Route) -> str:
    """The id of something that the route may be about."""
    acme, [_, domain, *rest] = sandbox.tenant("acme"), route.template.split("/")
    stores = {"alarm": acme.alarms, "event": acme.events, "measurement": acme.measurements}
    bulk = bool(rest) and rest[0] == "bulkoperations"
    stores["devicecontrol"] = acme.bulk_operations if bulk else acme.operations  # type: ignore[assignment]
    return next(iter(stores.get(domain, ())), "1001")


BODIES = [b"{}", *(json.dumps(COMPLETE | {key: value}).encode() for key in KEYS for value in ODD)]
"""A complete body with each of its values, and each other known one, made odd in turn."""


def status_of(
    sandbox: Sandbox, method: str, path: str, query: str = "", kind: str = "", body: bytes = b""
) -> int:
    """The status of the administrator's call, made without a client because there are so many."""
    user = f"admin:{sandbox.tenant('acme').passwords['admin']}"
    environ = {
        "REQUEST_METHOD": method, "REQUEST_URI": path, "QUERY_STRING": query, "HTTP_HOST": "acme.sandbox",
        "HTTP_AUTHORIZATION": f"Basic {base64.b64encode(user.encode()).decode()}",
        "HTTP_ACCEPT": "application/json", "HTTP_X_CUMULOCITY_APPLICATION_KEY": "tests",
        "CONTENT_TYPE": media(kind) if kind else "", "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }  # fmt: skip
    statuses: list[str] = []
    list(sandbox.wsgi(environ, lambda status, headers: statuses.append(status)))
    return int(statuses[0].split()[0])


READ_BY_THE_PLATFORM = (
    "c8y_RequiredAvailability", "c8y_Availability", "c8y_Connection", "c8y_IsDevice", "c8y_IsDeviceGroup",
    "c8y_IsDynamicGroup", "c8y_DeviceQueryString", "com_cumulocity_model_Agent",
)  # fmt: skip


@pytest.mark.undescribed("tenants keep what clients store in fragments, of whatever shape")
@pytest.mark.parametrize("name", READ_BY_THE_PLATFORM)
def test_fragments_of_the_wrong_shape_break_nothing(door: Door, name: str) -> None:
    for value in ODD[1:]:
        content = {"c8y_IsDevice": {}, "c8y_IsDynamicGroup": {}, name: value}
        made = door.post("/inventory/managedObjects", "managedobject", content).json()["id"]
        alarm = {"source": {"id": made}, "type": "t", "text": "x", "severity": "MAJOR", "time": "2026-01-01"}
        assert door.post("/alarm/alarms", "alarm", alarm).status_code == 201
        assert door.get(f"/inventory/managedObjects/{made}/availability").status_code in (200, 404)
        found = door.get("/inventory/managedObjects", params={"query": f"bygroupid({made}) or has({name})"})
        assert found.status_code in (200, 422)
        assert door.put(f"/inventory/managedObjects/{made}", "managedobject", {}).status_code == 200
