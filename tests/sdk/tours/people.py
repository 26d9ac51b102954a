"""Users, their groups and rights, and devices that join."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct
import time
from unittest import mock

import pytest

import sdk
from sdk import CumulocityClient
from tests.sdk.tours.guide import PASSWORD, Guide


def users(guide: Guide) -> None:
    people(guide)
    one_person(guide)
    myself(guide)
    teams(guide)


def _person(name: str, c8y: CumulocityClient | None = None) -> sdk.User:
    return sdk.User(c8y, username=name, email=f"{name}@b.example", password=PASSWORD)


def people(guide: Guide) -> None:
    every = guide.c8y.users
    [one, _two] = every.create(_person("one"), _person("two"))
    one.first_name = "Uno"
    every.update(one)
    assert every.get("one").first_name == every.get_by_name("one").first_name == "Uno"
    assert [found.username for found in every.get_all(username="one")] == ["one"]
    assert [found.username for found in every.select(username="two")] == ["two"]
    assert every.get_count(username="one") == 1
    every.reset_password("one")
    every.set_owner("one", "two")
    every.set_delegate("one", "two")
    assert every.get_tfa_settings("one").enabled is False
    every.set_tenant_tfa("TOTP")
    assert every.get_tenant_tfa().strategy == "TOTP"
    device = str(guide.device().id)
    every.set_device_permissions(device, users={"one": ["ALARM:*:READ"]})
    assert every.get_device_permissions(device)["users"] == {"one": ["ALARM:*:READ"]}
    every.assign_roles("one", "ROLE_ALARM_READ")
    every.unassign_roles("one", "ROLE_ALARM_READ")
    every.revoke_totp_secret("tfa")
    every.delete("one", "two")


def one_person(guide: Guide) -> None:
    one, boss = _person("one", guide.c8y).create(), _person("boss", guide.c8y).create()
    one.last_name = "Eins"
    one.update()
    assert one.reload().last_name == "Eins"
    one.set_owner(boss.username)
    one.set_owner(None)
    one.set_delegate(boss.username)
    one.set_delegate(None)
    group = sdk.UserGroup(guide.c8y, "team").create()
    one.assign_roles("ROLE_ALARM_READ")
    one.unassign_roles("ROLE_ALARM_READ")
    one.assign_global_role(str(group.id))
    assert [found.name for found in one.retrieve_global_roles()] == ["team"]
    one.unassign_global_role(str(group.id))
    place = guide.c8y.group_inventory.get_all(limit=1)[0]
    given = one.assign_inventory_roles(str(place.id), "Reader")
    assert [found.id for found in one.retrieve_inventory_role_assignments()] == [given.id]
    one.unassign_inventory_roles(str(given.id))
    one.delete()


def myself(guide: Guide) -> None:
    password = guide.sandbox.credentials["acme"]["operator"]["password"]
    c8y = guide.connect("operator")
    me = c8y.users.get_current()
    me.first_name = "Ada"
    me.update()
    assert me.reload().first_name == "Ada"
    me.update_password(password, "Another-456!")
    c8y.users.set_current_password("Another-456!", PASSWORD)
    assert me.get_totp_enabled() is False
    code = _code(str(me.generate_totp_secret().raw_secret))
    me.verify_totp(code)
    assert me.is_valid_totp(code)
    assert me.get_totp_activity() is False
    assert me.get_tfa_settings().enabled is False
    assert me.has_role("ROLE_ALARM_ADMIN") in {True, False}
    me.enable_totp()
    for again in (me.disable_totp, lambda: me.set_totp_activity(True)):
        with pytest.raises(sdk.MissingTfa):
            again()  # a password alone is not enough any more
    guide.c8y.users.get_current()


def _code(secret: str) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def teams(guide: Guide) -> None:
    every = guide.c8y.user_groups
    [one] = every.create(sdk.UserGroup(name="one", description="d"))
    two = sdk.UserGroup(guide.c8y, "two").create()
    id, other = int(str(one.id)), str(two.id)
    one.description = "e"
    every.update(one)
    two.description = "f"
    two.update()
    assert (every.get(id).description, two.reload().description) == ("e", "f")
    assert every.resolve_group_ids("one") == [id]
    assert every.get_by_name("two").id == other
    assert every.build_object_path(id).endswith(f"/groups/{id}")
    assert {found.name for found in every.get_all(limit=None)} >= {"one", "two"}
    assert every.get_count() == len(list(every.select(limit=None)))
    members(guide.c8y, id, two)
    every.delete(id)
    two.delete()


def members(c8y: CumulocityClient, id: int, two: sdk.UserGroup) -> None:
    every = c8y.user_groups
    every.assign_users(id, "reader")
    assert [one.username for one in every.get_users(id)] == ["reader"]
    every.unassign_users(id, "reader")
    two.assign_users("reader")
    two.unassign_users("reader")
    role = c8y.roles.get_all(limit=1)[0]
    name = str(next(iter(c8y.roles.select(limit=1))).name)
    assert c8y.roles.get(name).name == role.name
    every.assign_roles(id, name)
    assert [role.name for role in every.get_roles(id)] == [name]
    every.unassign_roles(id, name)
    two.assign_roles(name)
    two.unassign_roles(name)


def inventory_roles(guide: Guide) -> None:
    every = guide.c8y.inventory_roles
    rights = [
        sdk.Permission(level=sdk.Permission.Level.READ, scope=sdk.Permission.Scope.ALARM),
        sdk.ReadPermission("EVENT"),
        sdk.WritePermission("OPERATION"),
        sdk.AnyPermission("MANAGED_OBJECT"),
    ]
    [one] = every.create(sdk.InventoryRole(name="one", description="1", permissions=rights))
    two = sdk.InventoryRole(guide.c8y, name="two", description="2", permissions=rights[:1]).create()
    read = [sdk.Permission.from_json(right) for right in every.get(str(one.id)).permissions]
    assert {(right.level, right.scope) for right in read} == {(right.level, right.scope) for right in rights}
    one.description = "d"
    every.update(one)
    two.description = "e"
    two.update()
    assert two.reload().description == "e"
    assert {found.name for found in every.get_all(limit=None)} >= {"one", "two"}
    assert every.get_count() == len(list(every.select(limit=None)))
    place = str(guide.c8y.group_inventory.get_all(limit=1)[0].id)
    given = every.assign("reader", place, one)
    every.reassign("reader", str(given.id), "two")
    [known] = every.get_assignments("reader")
    assert every.get_assignment("reader", str(known.id)).managed_object_id == place
    assert [role.name for role in known.roles] == ["two"]
    every.unassign("reader", str(known.id))
    every.assign("reader", place, one)
    every.unassign_by("reader", place)
    every.delete(one)
    two.delete()


def registration(guide: Guide) -> None:
    every = guide.c8y.device_requests
    every.request("IMEI-1", type="c8y_Pump")
    every.request("IMEI-2")
    device = bootstrapped(guide)
    try:
        device.await_credentials("IMEI-1", timeout="1ms", pause="1ms")
    except TimeoutError:
        every.accept("IMEI-1")
    assert device.await_connection("IMEI-1").username == "device_IMEI-1"
    assert every.get("IMEI-2").status == sdk.DeviceRequestStatus.WAITING_FOR_CONNECTION
    assert every.get_count() == len(every.get_all(limit=None)) == len(list(every.select(limit=None)))
    every.delete("IMEI-2")
    every.register_bulk([{"ID": "IMEI-3"}])
    known = {"C8Y_BASEURL": "http://acme.sandbox", "C8Y_BOOTSTRAP_TENANT": guide.sandbox.bootstrap["tenant"]}
    known |= {f"C8Y_BOOTSTRAP_{part.upper()}": guide.sandbox.bootstrap[part] for part in ("user", "password")}
    with mock.patch.dict(os.environ, known):
        sdk.DeviceRegistryClient.default(connector_factory=guide.sandbox.adapter).close()


def bootstrapped(guide: Guide) -> sdk.DeviceRegistryClient:
    known = guide.sandbox.bootstrap
    auth = sdk.BasicAuth(f"{known['tenant']}/{known['user']}", known["password"])
    place = {"connector_factory": guide.sandbox.adapter}
    return sdk.DeviceRegistryClient("http://acme.sandbox", "acme", auth, **place)


def joining(guide: Guide) -> None:
    every = guide.c8y.device_inventory
    every.delete_request(*(str(one.id) for one in every.get_requests(limit=None)))
    device = bootstrapped(guide)
    for name in ("IMEI-4", "IMEI-5"):
        every.request(name)
        try:
            device.await_credentials(name, timeout="1ms", pause="1ms")
        except TimeoutError:
            continue
    assert every.accept("IMEI-4").status == "ACCEPTED"
    assert [one.id for one in every.accept_all()] == ["IMEI-5"]
    assert every.get_request("IMEI-5").status == "ACCEPTED"
    every.register_bulk([{"ID": "IMEI-6"}])
