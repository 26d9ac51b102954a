"""Tenants below the management tenant, and the options of a tenant."""

from __future__ import annotations

from typing import Any

import pytest

from sdk.sandbox import Sandbox
from tests.sandbox.doors import Door

TENANTS = "/tenant/tenants"


def create(door: Door, **more: Any) -> Any:
    body = {"company": "Initech", "domain": "initech.sandbox", "adminEmail": "a@initech.example"} | more
    return door.post(TENANTS, "tenant", body)


def test_a_new_tenant_can_be_used_at_once(management: Door, sandbox: Sandbox) -> None:
    made = create(management, adminName="boss", adminPass="secret-123")
    assert (made.status_code, made.json()["parent"], made.json()["status"]) == (201, "management", "ACTIVE")
    name = made.json()["id"]
    boss = Door(sandbox, "boss", name, "secret-123")
    current = boss.get("/tenant/currentTenant?withParent=true").json()
    assert (current["name"], current["domainName"], current["parent"]) == (
        name,
        "initech.sandbox",
        "management",
    )
    boss.base = "http://initech.sandbox"
    boss.session.mount(boss.base, sandbox.adapter())
    assert boss.get(f"/user/{name}/users").json()["users"][0]["userName"] == "boss"
    assert boss.post("/inventory/managedObjects", "managedobject", {"name": "first"}).status_code == 201
    assert "secret-123" not in management.get(f"{TENANTS}/{name}").text


def test_tenants_are_listed_changed_suspended_and_deleted(management: Door, sandbox: Sandbox) -> None:
    unchecked = Door(
        sandbox, "admin", "management"
    )  # the description forgets that an id and a status may be sent
    name = create(unchecked, id="initech", adminName="boss", adminPass="secret-123").json()["id"]
    listed = management.get(f"{TENANTS}?withTotalElements=true").json()
    assert [found["id"] for found in listed["tenants"]] == ["acme", "globex", "initech"]
    assert [found["id"] for found in management.everything(f"{TENANTS}?company=Initech", "tenants")] == [name]
    path = f"{TENANTS}/{name}"
    changed = management.put(path, "tenant", {"contactName": "Bill", "customProperties": {"plan": "gold"}})
    assert changed.json()["customProperties"] == {"plan": "gold"}
    boss = Door(sandbox, "boss", name, "secret-123")
    assert unchecked.put(path, "tenant", {"status": "SUSPENDED"}).json()["status"] == "SUSPENDED"
    assert boss.get("/user/currentUser").status_code == 401
    assert management.delete(path).status_code == 204
    assert management.get(path).status_code == 404
    assert boss.get("/user/currentUser").status_code == 401


def test_what_is_wrong_with_a_tenant_is_said_and_nothing_is_made(management: Door, sandbox: Sandbox) -> None:
    assert create(management, domain="acme.sandbox").status_code == 409
    assert create(management, id="acme").status_code == 409
    for wrong in (
        {"domain": "-x-"},
        {"company": ""},
        {"adminEmail": "x"},
        {"adminName": "a b"},
        {"id": "T 1"},
    ):
        assert create(management, **wrong).status_code == 422
    assert list(sandbox.tenants) == ["acme", "globex", "management"]


def test_a_tenant_cannot_look_beside_itself(checked: Door) -> None:
    assert create(checked).status_code == 403
    assert checked.get(TENANTS).json()["tenants"] == []
    for path in (f"{TENANTS}/globex", f"{TENANTS}/acme", f"{TENANTS}/globex/tfa"):
        assert checked.get(path).status_code == 403
    assert checked.get(f"{TENANTS}/nowhere").status_code == 404
    assert checked.delete(f"{TENANTS}/acme").status_code == 403


def test_the_management_tenant_sets_the_second_factor_of_others(management: Door, checked: Door) -> None:
    path = f"{TENANTS}/acme/tfa"
    assert management.put(path, "application/json", {"strategy": "SMS"}).status_code == 204
    assert checked.get(path).json()["strategy"] == "SMS"
    assert checked.put(path, "application/json", {"strategy": "PIGEON"}).status_code == 422


OPTION = "/tenant/options/configuration/timezone"


@pytest.mark.fact("option.fixed")
def test_the_management_tenant_decides_what_may_be_edited(management: Door, checked: Door) -> None:
    path = f"{OPTION}/editable?targetTenant=acme"
    assert checked.put(path, "application/json", {"editable": False}).status_code == 403
    assert management.put(path, "application/json", {"editable": False}).status_code == 200
    assert checked.put(OPTION, "application/json", {"value": "UTC"}).status_code == 403
    many = {"new": "x", "timezone": "UTC"}
    assert checked.put("/tenant/options/configuration", "application/json", many).status_code == 403
    assert checked.get("/tenant/options/configuration").json() == {"timezone": "Europe/Berlin"}
    assert checked.delete(OPTION).status_code == 403
    assert management.put(path, "application/json", {"editable": "no"}).status_code == 400
    unknown = path.replace("acme", "nowhere")
    assert management.put(unknown, "application/json", {"editable": True}).status_code == 404
    assert management.put(path, "application/json", {"editable": True}).status_code == 200
    assert checked.put(OPTION, "application/json", {"value": "UTC"}).status_code == 200


@pytest.mark.fact("option.inherited")
def test_a_tenant_with_tenants_of_its_own_inherits_options(
    management: Door, checked: Door, sandbox: Sandbox
) -> None:
    option = {"category": "access.control", "key": "allow.origin", "value": "*"}
    management.post("/tenant/options", "option", option)
    path = "/tenant/options/access.control/allow.origin"
    assert checked.get(path).status_code == 404
    sandbox.tenant("acme").profile["allowCreateTenants"] = True
    assert checked.get(path).json()["value"] == "*"
    assert checked.delete(path).status_code == 403
    assert create(checked).json()["parent"] == "acme"


@pytest.mark.fact("option.secret")
def test_a_secret_is_not_shown_to_administrators(checked: Door) -> None:
    option = {"category": "erp", "key": "credentials.password", "value": "s3cret"}
    assert "s3cret" not in checked.post("/tenant/options", "option", option).text
    assert checked.get("/tenant/options/erp").json() == {"credentials.password": "<<Encrypted>>"}
    assert checked.get("/tenant/options/erp/password").status_code == 404
    assert "s3cret" not in checked.get("/tenant/options?pageSize=2000").text


@pytest.mark.fact("option.system")
@pytest.mark.parametrize(("user", "status", "shown"), [("admin", 200, "8"), ("reader", 403, "<<Encrypted>>")])
def test_some_system_options_are_secured(sandbox: Sandbox, user: str, status: int, shown: str) -> None:
    door = Door(sandbox, user)
    assert door.get("/tenant/system/options/password/green.min-length").status_code == status
    assert door.get("/tenant/system/options/system/version").status_code == 200
    listed = {
        (found["category"], found["key"]): found["value"]
        for found in door.get("/tenant/system/options").json()["options"]
    }
    assert listed["password", "green.min-length"] == shown
    assert listed["password", "enforce.strength"] == "false"
