"""New device requests and device credentials: the state machine from both sides."""

from __future__ import annotations

import pytest
from requests import Response

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door, media

REQUESTS = "/devicecontrol/newDeviceRequests"


@pytest.fixture
def device(sandbox: Sandbox) -> Door:
    return Door(sandbox, "bootstrap")


def poll(device: Door, identifier: str, **more: str) -> Response:
    return device.post("/devicecontrol/deviceCredentials", "devicecredentials", {"id": identifier} | more)


def request(admin: Door, identifier: str = "imei-1", **more: str) -> Response:
    return admin.post(REQUESTS, "newdevicerequest", {"id": identifier} | more)


def accept(admin: Door, identifier: str = "imei-1", **more: str) -> Response:
    return admin.put(f"{REQUESTS}/{identifier}", "newdevicerequest", {"status": "ACCEPTED"} | more)


def status(admin: Door, identifier: str = "imei-1") -> str:
    return str(admin.get(f"{REQUESTS}/{identifier}").json()["status"])


@pytest.mark.fact("registration.way")
def test_the_whole_way_of_a_device(admin: Door, device: Door, sandbox: Sandbox, acme: Tenant) -> None:
    group = next(key for key, found in acme.inventory.objects.items() if found.get("name") == "Site Aarhus")
    assert poll(device, "imei-1").status_code == 404
    assert request(admin, groupId=group).json()["status"] == "WAITING_FOR_CONNECTION"
    assert accept(admin).status_code == 404
    assert poll(device, "imei-1").status_code == 404
    assert status(admin) == "PENDING_ACCEPTANCE"
    assert accept(admin).json()["status"] == "ACCEPTED"
    assert "device_imei-1" not in acme.users
    credentials = poll(device, "imei-1")
    assert credentials.status_code == 201
    assert (credentials.json()["tenantId"], credentials.json()["username"]) == ("acme", "device_imei-1")
    assert admin.get(f"{REQUESTS}/imei-1").status_code == 404
    assert poll(device, "imei-1").status_code == 404
    online = Door(sandbox, "device_imei-1", password=credentials.json()["password"])
    made = online.post(
        "/inventory/managedObjects", "managedobject", {"c8y_IsDevice": {}, "name": "New"}
    ).json()
    assert made["owner"] == "device_imei-1"
    assert made["id"] in acme.inventory.children["childAssets"][group]
    identity = {"type": "c8y_Serial", "externalId": "imei-1"}
    path = f"/identity/globalIds/{made['id']}/externalIds"
    assert (
        online.post(path, "externalid", identity, headers={"Accept": media("externalid")}).status_code == 201
    )
    assert online.get("/user/acme/users").status_code == 403


def test_a_device_of_the_other_tenant_finds_its_way_by_its_id(sandbox: Sandbox, device: Door) -> None:
    globex = Door(sandbox, "admin", "globex")
    request(globex, "imei-9")
    poll(device, "imei-9")
    accept(globex, "imei-9")
    assert poll(device, "imei-9").json()["tenantId"] == "globex"


@pytest.mark.parametrize("identifier", ["", "a b", "a/b", "a\\b", "a$b", "x" * 1001, "tab\t"])
def test_a_bad_id_is_refused(admin: Door, identifier: str) -> None:
    assert request(admin, identifier).status_code == 422


def test_an_id_is_requested_once_and_may_hold_colons(admin: Door) -> None:
    assert request(admin, "urn:dev:1").status_code == 201
    assert request(admin, "urn:dev:1").status_code == 422
    assert admin.get(f"{REQUESTS}/urn%3Adev%3A1").json()["id"] == "urn:dev:1"


def test_an_unknown_group_is_refused(admin: Door) -> None:
    assert request(admin, groupId="0").status_code == 422


def test_only_acceptance_can_be_set(admin: Door, device: Door) -> None:
    request(admin)
    poll(device, "imei-1")
    for body in (
        {"status": "WAITING_FOR_CONNECTION"},
        {},
        {"securityToken": "x"},
        {"status": "ACCEPTED", "type": "x"},
    ):
        assert admin.put(f"{REQUESTS}/imei-1", "newdevicerequest", body).status_code == 422


@pytest.mark.fact("registration.token")
def test_a_shown_token_must_be_repeated_and_three_wrong_ones_block(
    admin: Door, device: Door, acme: Tenant
) -> None:
    request(admin)
    poll(device, "imei-1", securityToken="1234")
    assert "token" not in admin.get(f"{REQUESTS}/imei-1").text.lower()
    assert accept(admin).status_code == 422
    assert accept(admin, securityToken="4321").status_code == 422
    assert status(admin) == "PENDING_ACCEPTANCE"
    assert accept(admin, securityToken="9999").status_code == 422
    assert status(admin) == "BLOCKED"
    assert accept(admin, securityToken="1234").status_code == 422
    texts = [found["text"] for found in acme.audits.of("imei-1")]
    for problem in ("missing token", "invalid token", "max number of failed attempts"):
        assert len([text for text in texts if problem in text]) == 1
    assert admin.delete(f"{REQUESTS}/imei-1").status_code == 204
    assert request(admin).status_code == 201


def test_the_right_token_is_accepted(admin: Door, device: Door) -> None:
    request(admin)
    poll(device, "imei-1", securityToken="1234")
    assert accept(admin, securityToken="1234").status_code == 200


@pytest.mark.fact("registration.token")
def test_the_policy_of_the_tenant_decides_on_tokens(admin: Door, device: Door, acme: Tenant) -> None:
    acme.options["device-registration", "security-token.policy"] = {"value": "REQUIRED", "editable": True}
    request(admin)
    poll(device, "imei-1")
    assert status(admin) == "BLOCKED"
    acme.options["device-registration", "security-token.policy"]["value"] = "IGNORED"
    request(admin, "imei-2")
    poll(device, "imei-2", securityToken="1234")
    assert accept(admin, "imei-2").status_code == 200


@pytest.mark.fact("registration.deletion")
def test_deleting_a_request_needs_the_right_to_manage_users(sandbox: Sandbox, admin: Door) -> None:
    request(admin)
    operator = Door(sandbox, "operator")
    assert operator.delete(f"{REQUESTS}/imei-1").status_code == 403
    assert Door(sandbox, "reader").post(REQUESTS, "newdevicerequest", {"id": "x"}).status_code == 403


def test_only_the_bootstrap_user_asks_for_credentials(admin: Door) -> None:
    assert admin.post("/devicecontrol/deviceCredentials", "devicecredentials", {"id": "x"}).status_code == 403


def test_the_device_limit_stops_acceptance(admin: Door, device: Door, acme: Tenant) -> None:
    assert admin.get(f"{REQUESTS}/limit").json() == {"isReached": False}
    acme.device_limit = 60
    assert admin.get(f"{REQUESTS}/limit").json() == {"isReached": True, "limit": 60}
    request(admin)
    poll(device, "imei-1")
    assert accept(admin).status_code == 422
    assert status(admin) == "PENDING_ACCEPTANCE"


def test_accept_all_takes_what_is_pending_and_fails_for_tokens(admin: Door, acme: Tenant) -> None:
    pending = [key for key, found in acme.requests.items() if found["status"] == "PENDING_ACCEPTANCE"]
    with_token = [key for key in pending if "token" in acme.requests[key]]
    results = admin.post(f"{REQUESTS}/acceptAll", "application/json", {}).json()
    assert [result["id"] for result in results] == pending
    assert [result["id"] for result in results if not result["successful"]] == with_token != []


def test_registering_again_gives_a_new_password(admin: Door, device: Door, acme: Tenant) -> None:
    request(admin, "PMP-000099")
    acme.users["device_PMP-000099"] = {"id": "x", "userName": "device_PMP-000099", "enabled": True}
    acme.passwords["device_PMP-000099"] = "old-password"
    poll(device, "PMP-000099")
    accept(admin, "PMP-000099")
    assert (
        poll(device, "PMP-000099").json()["password"] == acme.passwords["device_PMP-000099"] != "old-password"
    )
