"""What users do with their own account: passwords, their strength, one-time codes; and who granted what."""

from __future__ import annotations

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.tokens import totp
from tests.sandbox.doors import Door

PASSWORD, TOTP = "/user/currentUser/password", "/user/currentUser/totpSecret"
JSON = "application/json"


@pytest.mark.parametrize(
    ("password", "strength"),
    [("Sesame-street-1", "GREEN"), ("sesame-street-1", "YELLOW"), ("sesamestreet", "RED"), ("aB-1", None)],
)
def test_the_strength_of_a_password_is_told(checked: Door, password: str, strength: str | None) -> None:
    user = {"userName": "jdoe", "email": "j@example.com", "password": password}
    made = checked.post("/user/acme/users", "user", user)
    assert made.status_code == (201 if strength else 422)
    assert made.json().get("passwordStrength") == strength


def test_a_password_that_a_mail_stands_in_for_is_strong_until_its_owner_sets_one(
    checked: Door, sandbox: Sandbox, acme: Tenant
) -> None:
    acme.options["password", "enforce.strength"] = {"value": "true", "editable": True}
    users = "/user/acme/users"
    user = {"userName": "jdoe", "email": "j@example.com", "sendPasswordResetEmail": True}
    made = checked.post(users, "user", user).json()
    assert (made["passwordStrength"], made["shouldResetPassword"]) == ("GREEN", True)
    ignored = Door(sandbox, "admin").put(f"{users}/jdoe", "user", {"shouldResetPassword": False}).json()
    assert ignored["shouldResetPassword"] is True
    acme.user_roles["jdoe"] = {"ROLE_USER_MANAGEMENT_ADMIN"}
    own = Door(sandbox, "jdoe")
    changed = own.put(f"{users}/jdoe", "user", {"password": "Sesame-street-1"}).json()
    assert (changed["passwordStrength"], changed["shouldResetPassword"]) == ("GREEN", False)


def test_a_tenant_can_demand_strong_passwords(checked: Door, sandbox: Sandbox, acme: Tenant) -> None:
    acme.options["password", "enforce.strength"] = {"value": "true", "editable": True}
    old = acme.passwords["admin"]
    weak = {"currentUserPassword": old, "newPassword": "weak-enough"}
    assert checked.put(PASSWORD, JSON, weak).status_code == 422
    assert acme.passwords["admin"] == old
    strong = weak | {"newPassword": "Sesame-street-1"}
    assert checked.put(PASSWORD, JSON, strong).status_code == 200
    assert checked.get("/user/currentUser").status_code == 401
    shown = Door(sandbox, "admin").get("/user/acme/users/admin").json()
    assert (shown["passwordStrength"], shown["shouldResetPassword"]) == ("GREEN", False)


@pytest.mark.fact("own.totp")
def test_a_second_factor_is_set_up_step_by_step(checked: Door) -> None:
    assert checked.get(f"{TOTP}/activity").status_code == 404
    assert checked.post(f"{TOTP}/verify", JSON, {"code": "123456"}).status_code == 404
    assert checked.post(f"{TOTP}/activity", JSON, {"isActive": True}).status_code == 409
    secret = checked.call("POST", TOTP, headers={"Accept": JSON}).json()["rawSecret"]
    assert checked.post(f"{TOTP}/verify", JSON, {}).status_code == 422
    assert checked.post(f"{TOTP}/verify", JSON, {"code": totp(secret, 0)}).status_code == 403
    assert checked.post(f"{TOTP}/verify", JSON, {"code": totp(secret)}).status_code == 204
    assert checked.post(f"{TOTP}/activity", JSON, {"isActive": True}).status_code == 204
    refused = checked.get("/user/currentUser")
    assert (refused.status_code, "TFA" in refused.json()["message"]) == (401, True)


def audited(acme: Tenant) -> list[str]:
    return [f"{record['activity']}: {record['source']['id']}" for record in acme.audits.newest()[:3]]


def test_what_is_done_to_inventory_roles_is_recorded(checked: Door, acme: Tenant) -> None:
    roles = "/user/inventoryroles"
    made = checked.post(
        roles, "inventoryrole", {"name": "Clerk", "description": "", "permissions": []}
    ).json()["id"]
    assert checked.put(f"{roles}/{made}", "inventoryrole", {"name": "Reader"}).status_code == 409
    assert (
        checked.put(f"{roles}/{made}", "inventoryrole", {"name": "Clerk", "description": 5}).status_code
        == 422
    )
    assert checked.put(f"{roles}/{made}", "inventoryrole", {"name": "Scribe"}).status_code == 200
    assert checked.delete(f"{roles}/{made}").status_code == 204
    steps = ["deleted", "updated", "created"]
    assert audited(acme) == [f"Inventory role {step}: {made}" for step in steps]
    assignments = "/user/acme/users/reader/roles/inventory"
    body = {"managedObject": "1001", "roles": [{"name": "Reader"}]}
    given = f"{assignments}/{checked.post(assignments, 'inventoryassignment', body).json()['id']}"
    assert checked.put(given, "inventoryassignment", {"roles": [{"id": 2}]}).json()["roles"][0]["id"] == 2
    assert checked.delete(given).status_code == 204
    assert audited(acme) == ["User updated: reader"] * 3


def test_audit_records_are_made_with_the_role_or_the_permission_on_the_source(
    checked: Door, sandbox: Sandbox, acme: Tenant
) -> None:
    source = acme.assignments["restricted"][1]["managedObject"]
    body = {"activity": "a", "text": "t", "type": "Inventory", "time": "2026-01-01T00:00:00Z"}
    body |= {"source": {"id": source}}  # type: ignore[dict-item]
    assert checked.post("/audit/auditRecords", "auditrecord", body).status_code == 201
    restricted = Door(sandbox, "restricted")
    assert restricted.post("/audit/auditRecords", "auditrecord", body).status_code == 403
    acme.inventory_roles[9] = {
        "id": 9,
        "name": "x",
        "permissions": [{"scope": "AUDIT", "permission": "ADMIN"}],
    }
    acme.assignments["restricted"][1]["roles"].append(9)
    assert restricted.post("/audit/auditRecords", "auditrecord", body).status_code == 201
