"""What the sandbox really answers, checked against the vendor's description exchange by exchange."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sdk.sandbox import Sandbox
from tests.contract import description
from tests.sandbox.doors import Door, media

TIME = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    description.require()
    return Sandbox(devices=80, seed=7)


@pytest.fixture
def admin(sandbox: Sandbox) -> Any:
    """The administrator's door; whatever goes through it must follow the description."""
    door = Door(sandbox, "admin")
    problems = description.watch(door.session)
    yield door
    assert problems == []


@pytest.fixture
def device(sandbox: Sandbox) -> str:
    objects = sandbox.tenant("acme").inventory.objects
    return next(key for key, found in objects.items() if "com_cumulocity_model_Agent" in found)


def one_of(sandbox: Sandbox, store: str) -> str:
    return next(iter(getattr(sandbox.tenant("acme"), store)))


ROOTS = (
    "platform",
    "inventory",
    "identity",
    "alarm",
    "audit",
    "devicecontrol",
    "event",
    "measurement",
    "tenant",
    "user",
)


@pytest.mark.parametrize("root", ROOTS)
def test_the_roots(admin: Door, root: str) -> None:
    assert admin.get(f"/{root}").json()["self"].endswith(root)


@pytest.mark.parametrize(
    "path",
    [
        "/inventory/managedObjects?pageSize=100&withChildren=true&withParents=true&withChildrenCount=true",
        "/inventory/managedObjects?pageSize=100&withTotalPages=true&withTotalElements=true&q=has(c8y_Hardware)",
        "/inventory/managedObjects/1001/childAssets",
        "/alarm/alarms?pageSize=100&withTotalPages=true&severity=MAJOR,CRITICAL",
        "/alarm/alarms/count?status=ACTIVE",
        "/audit/auditRecords?pageSize=100",
        "/devicecontrol/bulkoperations",
        "/devicecontrol/bulkoperations/1",
        "/devicecontrol/newDeviceRequests?pageSize=100",
        "/devicecontrol/operations?pageSize=100",
        "/event/events?pageSize=100",
        "/measurement/measurements?pageSize=100",
        "/tenant/currentTenant?withParent=true",
        "/tenant/loginOptions",
        "/tenant/options",
        "/tenant/options/configuration",
        "/tenant/options/configuration/timezone",
        "/tenant/system/options",
        "/tenant/system/options/system/version",
        "/tenant/tenants/acme/tfa",
        "/user/acme/groupByName/admins",
        "/user/acme/groups?pageSize=100",
        "/user/acme/groups/1",
        "/user/acme/groups/1/roles",
        "/user/acme/groups/1/users",
        "/user/acme/userByName/admin",
        "/user/acme/users?pageSize=100&withTotalElements=true&withSubusersCount=true",
        "/user/acme/users?onlyDevices=true&pageSize=100",
        "/user/acme/users/restricted/roles/inventory",
        "/user/acme/users/restricted/roles/inventory/1",
        "/user/acme/users/admin",
        "/user/acme/users/admin/groups",
        "/user/acme/users/admin/tfa",
        "/user/currentUser",
        "/user/inventoryroles",
        "/user/inventoryroles/1",
        "/user/roles?pageSize=100",
        "/user/roles/ROLE_ALARM_READ",
    ],
)
def test_reading(admin: Door, path: str) -> None:
    assert admin.get(path).status_code == 200


def test_what_a_device_tells_of_itself(admin: Door, sandbox: Sandbox, device: str) -> None:
    external_id = sandbox.tenant("acme").external_ids[device][0][1]
    base = f"/inventory/managedObjects/{device}"
    for path in (base, f"{base}/supportedMeasurements", f"{base}/supportedSeries", f"{base}/user"):
        assert admin.get(path).status_code == 200
    assert admin.get(f"/identity/globalIds/{device}/externalIds").status_code == 200
    assert admin.get(f"/identity/externalIds/c8y_Serial/{external_id}").status_code == 200
    span = "dateFrom=2020-01-01T00:00:00Z&dateTo=2030-01-01T00:00:00Z"
    assert admin.get(f"/measurement/measurements/series?source={device}&{span}").status_code == 200


def test_availability(admin: Door, sandbox: Sandbox) -> None:
    objects = sandbox.tenant("acme").inventory.objects
    monitored = next(key for key, found in objects.items() if "c8y_RequiredAvailability" in found)
    assert admin.get(f"/inventory/managedObjects/{monitored}/availability").status_code == 200


def test_single_records(admin: Door, sandbox: Sandbox) -> None:
    assert admin.get(f"/alarm/alarms/{one_of(sandbox, 'alarms')}").status_code == 200
    assert admin.get(f"/event/events/{one_of(sandbox, 'events')}").status_code == 200
    assert admin.get(f"/measurement/measurements/{one_of(sandbox, 'measurements')}").status_code == 200
    assert admin.get(f"/devicecontrol/operations/{one_of(sandbox, 'operations')}").status_code == 200


def test_the_life_of_a_managed_object(admin: Door) -> None:
    made = admin.post("/inventory/managedObjects", "managedobject", {"name": "x", "c8y_IsDevice": {}})
    path = f"/inventory/managedObjects/{made.json()['id']}"
    assert admin.put(path, "managedobject", {"name": "y", "my_Fragment": None}).status_code == 200
    assert admin.put(path, "managedobject", {}).status_code == 200
    reference = {"managedObject": {"id": made.json()["id"]}}
    assert (
        admin.post(
            "/inventory/managedObjects/1001/childAssets", "managedobjectreference", reference
        ).status_code
        == 201
    )
    assert admin.get(f"/inventory/managedObjects/1001/childAssets/{made.json()['id']}").status_code == 200
    assert admin.delete(f"/inventory/managedObjects/1001/childAssets/{made.json()['id']}").status_code == 204
    many = {"references": [reference]}
    assert admin.post(
        "/inventory/managedObjects/1001/childDevices", "managedobjectreferencecollection", many
    ).ok
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


def test_several_managed_objects_at_once(admin: Door) -> None:
    bodies = {"managedObjects": [{"name": "a"}, {"name": "b"}]}
    made = admin.post("/inventory/managedObjects", "managedobjectcollection", bodies).json()["managedObjects"]
    changes = {"managedObjects": [{"id": found["id"], "name": "c"} for found in made]}
    assert admin.put("/inventory/managedObjects", "managedobjectcollection", changes).status_code == 200


def test_external_ids(admin: Door, device: str) -> None:
    body = {"type": "my/type", "externalId": "a b/c"}
    accept = {"Accept": media("externalid")}
    path = f"/identity/globalIds/{device}/externalIds"
    assert admin.post(path, "externalid", body, headers=accept).status_code == 201
    assert admin.post("/identity/search", "application/json", {"externalIds": [body]}).status_code == 200
    assert admin.delete("/identity/externalIds/my%2Ftype/a%20b%2Fc").status_code == 204


def test_alarms(admin: Door, device: str) -> None:
    alarm = {"source": {"id": device}, "type": "t", "text": "x", "time": TIME, "severity": "MAJOR"}
    made = admin.post("/alarm/alarms", "alarm", alarm)
    assert (
        admin.put(f"/alarm/alarms/{made.json()['id']}", "alarm", {"status": "ACKNOWLEDGED"}).status_code
        == 200
    )
    assert admin.post("/alarm/alarms/upsert", "alarm", alarm).status_code == 200
    assert admin.put(f"/alarm/alarms?source={device}", "alarm", {"status": "CLEARED"}).status_code == 200
    assert admin.post("/alarm/alarms/upsert", "alarm", alarm).status_code == 201
    assert admin.delete(f"/alarm/alarms?source={device}").status_code == 204


def test_events_and_measurements(admin: Door, device: str) -> None:
    event = {"source": {"id": device}, "type": "t", "text": "x", "time": TIME}
    made = admin.post("/event/events", "event", event).json()
    assert admin.put(f"/event/events/{made['id']}", "event", {"text": "y"}).status_code == 200
    assert admin.delete(f"/event/events/{made['id']}").status_code == 204
    measurement = {
        "source": {"id": device},
        "type": "t",
        "time": TIME,
        "c8y_T": {"T": {"value": 1.5, "unit": "C"}},
    }
    assert admin.post("/measurement/measurements", "measurement", measurement).status_code == 201
    many = {"measurements": [measurement, measurement]}
    assert admin.post("/measurement/measurements", "measurementcollection", many).status_code == 201


def test_operations_and_bulk_operations(admin: Door, device: str) -> None:
    made = admin.post(
        "/devicecontrol/operations", "operation", {"deviceId": device, "c8y_Restart": {}}
    ).json()
    done = admin.put(f"/devicecontrol/operations/{made['id']}", "operation", {"status": "SUCCESSFUL"})
    assert done.status_code == 200
    plan: dict[str, Any] = {"groupId": "1001", "startDate": "2099-01-01T00:00:00Z", "creationRamp": 1.5}
    plan["operationPrototype"] = {"c8y_Restart": {}}
    bulk = admin.post("/devicecontrol/bulkoperations", "bulkoperation", plan).json()
    assert admin.put(f"/devicecontrol/bulkoperations/{bulk['id']}", "bulkoperation", {"creationRamp": 2}).ok
    assert admin.delete(f"/devicecontrol/bulkoperations/{bulk['id']}").status_code == 204


def test_registration(admin: Door, sandbox: Sandbox) -> None:
    path, bootstrap = "/devicecontrol/newDeviceRequests", Door(sandbox, "bootstrap")
    problems = description.watch(bootstrap.session)
    assert admin.post(path, "newdevicerequest", {"id": "new-1"}).status_code == 201
    poll = lambda: bootstrap.post("/devicecontrol/deviceCredentials", "devicecredentials", {"id": "new-1"})  # noqa: E731
    assert poll().status_code == 404
    assert admin.put(f"{path}/new-1", "newdevicerequest", {"status": "ACCEPTED"}).status_code == 200
    assert admin.get(f"{path}/new-1").status_code == 200
    assert poll().status_code == 201
    assert problems == []


def test_users_groups_and_roles(admin: Door, sandbox: Sandbox) -> None:
    user = {"userName": "contract", "email": "a@example.com", "password": "secret-123"}
    assert admin.post("/user/acme/users", "user", user).status_code == 201
    assert admin.put("/user/acme/users/contract", "user", {"firstName": "C"}).status_code == 200
    group = admin.post("/user/acme/groups", "group", {"name": "contract"}).json()["id"]
    assert admin.put(f"/user/acme/groups/{group}", "group", {"name": "contract 2"}).status_code == 200
    member = {"user": {"self": "http://acme.sandbox/user/acme/users/contract"}}
    assert admin.post(f"/user/acme/groups/{group}/users", "userreference", member).status_code == 201
    role = {"role": {"self": "http://acme.sandbox/user/roles/ROLE_ALARM_READ"}}
    assert admin.post(f"/user/acme/groups/{group}/roles", "rolereference", role).status_code == 201
    assert admin.post("/user/acme/users/contract/roles", "rolereference", role).status_code == 201
    assignment = {"managedObject": "1001", "roles": [{"name": "Reader"}]}
    assert (
        admin.post("/user/acme/users/contract/roles/inventory", "inventoryassignment", assignment).status_code
        == 200
    )
    assert admin.delete("/user/acme/users/contract").status_code == 204


def test_options_and_audit(admin: Door, device: str) -> None:
    option = {"category": "contract", "key": "k", "value": "v"}
    assert admin.post("/tenant/options", "option", option).status_code == 200
    assert admin.put("/tenant/options/contract/k", "application/json", {"value": "w"}).status_code == 200
    assert admin.put("/tenant/options/contract", "application/json", {"k": "x", "l": "y"}).status_code == 200
    assert admin.delete("/tenant/options/contract/k").status_code == 204
    record = {"activity": "a", "text": "t", "type": "Inventory", "time": TIME, "source": {"id": device}}
    assert admin.post("/audit/auditRecords", "auditrecord", record).status_code == 201


def test_signing_in_and_out(sandbox: Sandbox) -> None:
    session = requests.Session()
    session.mount("http://acme.sandbox", sandbox.adapter())
    problems = description.watch(session)
    form = {
        "grant_type": "PASSWORD",
        "username": "admin",
        "password": sandbox.credentials["acme"]["admin"]["password"],
    }
    assert "access_token" in session.post("http://acme.sandbox/tenant/oauth/token", data=form).json()
    session.post("http://acme.sandbox/tenant/oauth?tenant_id=acme", data=form)
    header = {"X-XSRF-TOKEN": session.cookies["XSRF-TOKEN"]}
    assert session.post("http://acme.sandbox/user/logout", headers=header).status_code == 200
    assert problems == []


def test_refusals(admin: Door, sandbox: Sandbox) -> None:
    assert admin.get("/inventory/managedObjects?query=name%20xx%20'a'").status_code == 422
    assert admin.get("/inventory/managedObjects/0").status_code == 404
    stranger = Door(sandbox, "restricted")
    problems = description.watch(stranger.session)
    assert stranger.get("/user/acme/users").status_code == 403
    stranger.session.auth = ("acme/restricted", "wrong")
    assert stranger.get("/user/currentUser").status_code == 401
    assert problems == []


def test_bulk_registration(admin: Door) -> None:
    content = "ID;CREDENTIALS\ncontract-1;secret-123\ncontract-2;x\n"
    answer = admin.call("POST", "/devicecontrol/bulkNewDeviceRequests", files={"file": ("a.csv", content)})
    assert answer.status_code == 201
