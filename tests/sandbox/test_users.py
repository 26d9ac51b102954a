"""Users, groups, roles and inventory roles."""

from __future__ import annotations

from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

USERS, GROUPS = "/user/acme/users", "/user/acme/groups"


def new(**changes: Any) -> dict[str, Any]:
    return {"userName": "jdoe", "email": "jdoe@example.com", "password": "secret-123"} | changes


def names(admin: Door, query: str = "") -> list[str]:
    return [found["userName"] for found in admin.everything(f"{USERS}?pageSize=100&{query}", "users")]


@pytest.mark.fact("user.devices")
def test_device_users_are_listed_apart(admin: Door) -> None:
    assert not [name for name in names(admin) if name.startswith("device_")]
    devices = names(admin, "onlyDevices=true")
    assert len(devices) == 60
    assert all(name.startswith("device_") for name in devices)


@pytest.mark.fact("user.search")
def test_users_are_found_by_name_group_and_owner(admin: Door) -> None:
    admin.post(USERS, "user", new(userName="Zoe.Quick", owner="reader"))
    assert names(admin, "username=zoe") == ["Zoe.Quick"]
    assert names(admin, "usernameContains=QUICK") == ["Zoe.Quick"]
    assert admin.get(f"{USERS}?username=a&usernameContains=bcd").status_code == 422
    assert admin.get(f"{USERS}?usernameContains=bc").status_code == 422
    assert names(admin, "owner=reader") == ["Zoe.Quick"]
    assert set(names(admin, "groups=1")) == {"admin", "tfa"}
    assert {"admin", "operator"} < set(names(admin, "groups=1,2"))
    assert admin.get(f"{USERS}?groups=admins").status_code == 422


def test_names_with_apostrophes_and_brackets_are_ordinary(admin: Door) -> None:
    assert {"sean.o'brien", "<b>bold"} < set(names(admin))
    assert admin.get(f"{USERS}/sean.o%27brien").json()["firstName"] == "Seán"
    assert admin.get(f"{USERS}/%3Cb%3Ebold").status_code == 200


@pytest.mark.fact("user.others")
def test_a_new_user_can_sign_in_and_the_password_never_comes_back(admin: Door, sandbox: Sandbox) -> None:
    made = admin.post(USERS, "user", new())
    assert made.status_code == 201
    assert "secret-123" not in made.text + admin.get(f"{USERS}/jdoe").text
    role = {"role": {"self": "http://acme.sandbox/user/roles/ROLE_USER_MANAGEMENT_OWN_READ"}}
    assert admin.post(f"{USERS}/jdoe/roles", "rolereference", role).status_code == 201
    own = Door(sandbox, "jdoe", password="secret-123")
    assert own.get("/user/currentUser").json()["userName"] == "jdoe"
    admin.put(f"{USERS}/jdoe", "user", {"enabled": False})
    assert own.get("/user/currentUser").status_code == 401


@pytest.mark.fact("user.create")
@pytest.mark.parametrize(
    "changes",
    [{"userName": "a b"}, {"userName": "a/b"}, {"userName": "a+b"}, {"userName": "a:b"}, {"userName": "a$b"},
     {"userName": "x" * 1001}, {"userName": ""}, {"email": "nobody"}, {"email": None}, {"password": "short"},
     {"password": "x" * 33}, {"password": None}, {"groups": {}}, {"id": "x"}],
)  # fmt: skip
def test_a_wrong_user_is_refused(admin: Door, acme: Tenant, changes: dict[str, Any]) -> None:
    before = set(acme.users)
    assert admin.post(USERS, "user", new(**changes)).status_code == 422
    assert set(acme.users) == before


@pytest.mark.fact("user.create")
def test_a_reset_mail_stands_in_for_a_password(admin: Door, acme: Tenant) -> None:
    assert admin.post(USERS, "user", new(password=None, sendPasswordResetEmail=True)).status_code == 201
    assert acme.users["jdoe"]["shouldResetPassword"] is True


@pytest.mark.fact("document.null")
@pytest.mark.parametrize("user", ["reader", "admin"])
def test_null_disables_nobody(admin: Door, sandbox: Sandbox, user: str) -> None:
    for flag in ("enabled", "newsletter", "sendPasswordResetEmail"):
        assert admin.put(f"{USERS}/{user}", "user", {flag: None}).status_code == 422
    assert admin.put(f"{USERS}/{user}", "user", {"phone": None}).status_code == 200
    assert Door(sandbox, user).get("/user/currentUser").json()["enabled"] is True


@pytest.mark.fact("user.once")
def test_a_name_is_taken_once(admin: Door) -> None:
    admin.post(USERS, "user", new())
    assert admin.post(USERS, "user", new()).status_code == 409


@pytest.mark.fact("user.others")
def test_of_another_user_neither_password_nor_mail_address_changes(admin: Door) -> None:
    admin.post(USERS, "user", new())
    assert admin.put(f"{USERS}/jdoe", "user", {"password": "another-1"}).status_code == 422
    assert admin.put(f"{USERS}/jdoe", "user", {"email": "x@example.com"}).status_code == 422
    assert admin.put(f"{USERS}/jdoe", "user", {"userName": "other"}).status_code == 422
    whole = admin.get(f"{USERS}/jdoe").json() | {"firstName": "Jane", "phone": None}
    assert admin.put(f"{USERS}/jdoe", "user", whole).json()["firstName"] == "Jane"


def test_deleting_a_user_forgets_everything_but_not_oneself(admin: Door, acme: Tenant) -> None:
    assert admin.delete(f"{USERS}/admin").status_code == 403
    assert admin.delete(f"{USERS}/restricted").status_code == 204
    assert "restricted" not in acme.assignments
    assert not any("restricted" in group["users"] for group in acme.groups.values())
    assert admin.get(f"{USERS}/restricted").status_code == 404


def test_another_tenants_users_are_forbidden(admin: Door) -> None:
    assert admin.get("/user/globex/users").status_code == 403


@pytest.mark.fact("group.references")
def test_a_group_gives_its_roles_to_its_members(admin: Door, sandbox: Sandbox) -> None:
    group = admin.post(GROUPS, "group", {"name": "Night & day"}).json()
    assert isinstance(group["id"], int)
    assert admin.post(GROUPS, "group", {"name": "Night & day"}).status_code == 409
    assert admin.get("/user/acme/groupByName/Night%20%26%20day").json()["id"] == group["id"]
    role = {"role": {"self": "http://acme.sandbox/user/roles/ROLE_OPTION_MANAGEMENT_READ"}}
    path = f"{GROUPS}/{group['id']}"
    assert admin.post(f"{path}/roles", "rolereference", role).status_code == 201
    assert admin.post(f"{path}/roles", "rolereference", role).status_code == 409
    stranger = Door(sandbox, "restricted")
    assert stranger.get("/tenant/options").status_code == 403
    member = {"user": {"self": "https://any.host/user/acme/users/restricted"}}
    assert admin.post(f"{path}/users", "userreference", member).status_code == 201
    assert stranger.get("/tenant/options").status_code == 200
    references = admin.get(f"{USERS}/restricted/groups?pageSize=100").json()["references"]
    assert group["id"] in [found["group"]["id"] for found in references]
    assert admin.delete(f"{path}/users/restricted").status_code == 204
    assert stranger.get("/tenant/options").status_code == 403
    assert admin.delete(f"{path}/roles/ROLE_OPTION_MANAGEMENT_READ").status_code == 204
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404


@pytest.mark.parametrize("body", [{}, {"role": {}}, {"role": {"self": 5}}, {"role": "x"}])
def test_a_wrong_reference_is_refused(admin: Door, body: dict[str, Any]) -> None:
    assert admin.post(f"{GROUPS}/1/roles", "rolereference", body).status_code == 422


def test_an_unknown_role_or_user_is_not_found(admin: Door) -> None:
    role = {"role": {"self": "http://x/user/roles/ROLE_NOTHING"}}
    assert admin.post(f"{GROUPS}/1/roles", "rolereference", role).status_code == 404
    user = {"user": {"self": "http://x/user/acme/users/nobody"}}
    assert admin.post(f"{GROUPS}/1/users", "userreference", user).status_code == 404


@pytest.mark.fact("role.inventory")
def test_an_inventory_role_is_assigned_for_an_object(admin: Door, acme: Tenant) -> None:
    role: dict[str, Any] = {"name": "Alarm reader", "description": "d"}
    role["permissions"] = [{"scope": "ALARM", "permission": "READ"}]
    for name in role:
        without = {key: value for key, value in role.items() if key != name}
        assert admin.post("/user/inventoryroles", "inventoryrole", without).status_code == 422
    made = admin.post("/user/inventoryroles", "inventoryrole", role).json()
    assert admin.post("/user/inventoryroles", "inventoryrole", role).status_code == 409
    wrong = role | {"name": "x", "permissions": [{"scope": "EVERYTHING", "permission": "READ"}]}
    assert admin.post("/user/inventoryroles", "inventoryrole", wrong).status_code == 422
    path = f"{USERS}/reader/roles/inventory"
    body = {"managedObject": "1001", "roles": [{"name": "Alarm reader"}]}
    assignment = admin.post(path, "inventoryassignment", body)
    assert assignment.status_code == 200
    number = assignment.json()["id"]
    assert (
        admin.post(path, "inventoryassignment", body | {"managedObject": {"id": "1001"}}).status_code == 422
    )
    assert admin.post(path, "inventoryassignment", body | {"roles": [{"name": "Nope"}]}).status_code == 404
    replaced = admin.put(f"{path}/{number}", "inventoryassignment", {"roles": [{"id": 1}]}).json()
    assert [found["name"] for found in replaced["roles"]] == ["Reader"]
    assert admin.delete(f"/user/inventoryroles/{made['id']}").status_code == 204
    assert admin.delete(f"{path}/{number}").status_code == 204
    assert acme.assignments["reader"] == {}


def test_a_maker_of_users_sees_and_changes_only_his_own(admin: Door, sandbox: Sandbox) -> None:
    admin.post(USERS, "user", new(userName="maker"))
    role = {"role": {"self": "http://acme.sandbox/user/roles/ROLE_USER_MANAGEMENT_CREATE"}}
    admin.post(f"{USERS}/maker/roles", "rolereference", role)
    maker = Door(sandbox, "maker", password="secret-123")
    assert maker.post(USERS, "user", new(userName="made")).json()["owner"] == "maker"
    assert names(maker) == ["made"]
    assert maker.get(f"{USERS}/made").status_code == 200
    assert maker.get(f"{USERS}/reader").status_code == 403
    assert maker.put(f"{USERS}/reader", "user", {"firstName": "x"}).status_code == 403


def test_options_hide_secrets_and_guard_what_is_fixed(admin: Door) -> None:
    secret = {"category": "c", "key": "credentials.token", "value": "s3cret"}
    assert "s3cret" not in admin.post("/tenant/options", "option", secret).text
    assert admin.get("/tenant/options/c/credentials.token").json()["value"] == "<<Encrypted>>"
    assert admin.get("/tenant/options/c").json() == {"credentials.token": "<<Encrypted>>"}
    path = "/tenant/options/password/limit.validity"
    assert admin.put(path, "application/json", {"value": "9"}).status_code == 403
    assert admin.delete(path).status_code == 403
    assert (
        admin.post("/tenant/options", "option", {"category": "a b", "key": "k", "value": "v"}).status_code
        == 422
    )
    assert (
        admin.post("/tenant/options", "option", {"category": "a", "key": "k", "value": 5}).status_code == 422
    )
    assert admin.get("/tenant/options/a/none").status_code == 404
    assert admin.get("/tenant/system/options/system/version").json()["value"]


def test_changes_are_audited(admin: Door, agent: str) -> None:
    admin.put(f"/inventory/managedObjects/{agent}", "managedobject", {"name": "Renamed"})
    record = admin.get(f"/audit/auditRecords?source={agent}&type=Inventory").json()["auditRecords"][0]
    assert (record["user"], record["activity"]) == ("admin", "Managed object updated")
    assert record["changes"][0]["newValue"] == "Renamed"
    assert admin.get("/audit/auditRecords?user=nobody").json()["auditRecords"] == []


def test_applications_given_to_a_user_or_a_group_may_be_used(admin: Door, sandbox: Sandbox) -> None:
    first, second = [app for app in sandbox.applications.values() if app.owner == "acme"][:2]
    person = {"userName": "temp", "email": "t@x.example", "password": "secret-123"}
    assert admin.post("/user/acme/users", "user", person).status_code == 201
    group = admin.post("/user/acme/groups", "group", {"name": "temps"}).json()
    path = "/user/acme/users/temp"
    admin.post(f"{group['self'][18:]}/users", "userreference", {"user": {"self": path}})
    usable = "/application/applicationsByUser/temp"
    assert admin.get(usable).json()["applications"] == []
    given = admin.put(path, "user", {"applications": [{"id": first.id}]}).json()
    assert [app["name"] for app in given["applications"]] == [first.name]
    where = f"/user/acme/groups/{group['id']}"
    assert admin.put(where, "group", {"applications": [{"id": second.id}]}).status_code == 200
    assert [app["id"] for app in admin.get(usable).json()["applications"]] == [first.id, second.id]
    assert admin.put(path, "user", {"firstName": "Tim"}).json()["applications"] == given["applications"]
    for wrong, status in (([{"id": "99999"}], 404), ("x", 422), ([5], 422)):
        assert admin.put(path, "user", {"applications": wrong, "firstName": "No"}).status_code == status
    assert admin.get(path).json()["firstName"] == "Tim"
    assert admin.put(path, "user", {"applications": []}).json()["applications"] == []
    admin.delete(where)
    assert admin.get(usable).json()["applications"] == []
