"""pyc8y and the tenant: sign-in, users, groups, inventory roles, options."""

from __future__ import annotations

import pytest
from pyc8y.auth import BasicAuth
from pyc8y.client import CumulocityClient
from pyc8y.model import Device, DeviceGroup, Permission, ReadPermission, TenantOption, User, WritePermission
from pyc8y.model.user import InventoryRole, UserGroup
from pyc8y.rest import AccessDeniedError, MissingTfaError, UnauthorizedError

from tests.peers.running import Running, asynchronous

PASSWORD = "Right-2-Enter"


def signed_in(server: Running, user: str, password: str = "") -> CumulocityClient:
    auth = BasicAuth(f"acme/{user}", password or server.password(user))
    return CumulocityClient(server.base_url, "acme", auth)


async def new_user(c8y: CumulocityClient, label: str) -> User:
    return await User(c8y, username=label, email=f"{label}@acme.example", password=PASSWORD).create()


@asynchronous
async def test_a_sign_in_gives_a_token_that_opens_the_tenant(server: Running, host_names: None) -> None:
    auth, xsrf = await CumulocityClient.authenticate(
        server.named_url, "acme", "admin", server.password("admin")
    )
    assert xsrf
    assert (auth.get_username(), auth.get_tenant_id()) == ("admin", "acme")
    async with CumulocityClient(server.base_url, "acme", auth) as c8y:
        assert (await c8y.users.get_current()).username == "admin"
        assert (await c8y.tenants.get_current()).json["name"] == "acme"


@asynchronous
async def test_a_wrong_password_and_a_missing_code_are_told_apart(server: Running, host_names: None) -> None:
    with pytest.raises(MissingTfaError):
        await CumulocityClient.authenticate(server.named_url, "acme", "tfa", server.password("tfa"))
    with pytest.raises(UnauthorizedError) as refused:
        await CumulocityClient.authenticate(server.named_url, "acme", "admin", "wrong")
    assert not isinstance(refused.value, MissingTfaError)
    async with signed_in(server, "admin", "wrong") as c8y:
        with pytest.raises(UnauthorizedError):
            await c8y.users.get_current()


@asynchronous
async def test_a_reader_may_read_and_nothing_else(server: Running, label: str) -> None:
    async with signed_in(server, "reader") as c8y:
        assert await c8y.device_inventory.get_count() >= 60
        with pytest.raises(AccessDeniedError):
            await Device(c8y, name=label).create()


@asynchronous
async def test_a_user_is_created_changed_owned_and_deleted(c8y: CumulocityClient, label: str) -> None:
    user = await new_user(c8y, label)
    assert (user.username, user.enabled, user.tfa_enabled) == (label, True, False)
    user.first_name = "Ada"
    await user.update()
    boss = await new_user(c8y, f"{label}_boss")
    await user.set_owner(boss.username)
    await user.set_delegate("admin")
    kept = await c8y.users.get(label)
    assert (kept.first_name, kept.owner, kept.delegated_by) == ("Ada", boss.username, "admin")
    await c8y.users.set_owner(label, None)
    await c8y.users.set_delegate(label, None)
    kept = await c8y.users.get(label)
    assert not kept.owner
    assert not kept.delegated_by
    assert {one.username for one in await c8y.users.get_all(username=label)} == {label, boss.username}
    await c8y.users.delete(user, boss, workers=2)
    with pytest.raises(KeyError):
        await c8y.users.get(label)


@asynchronous
async def test_a_user_without_a_password_is_asked_to_set_one(c8y: CumulocityClient, label: str) -> None:
    user = await User(c8y, username=label, email=f"{label}@acme.example").create()
    assert user.require_password_reset


@asynchronous
async def test_people_change_their_own_password(c8y: CumulocityClient, server: Running, label: str) -> None:
    group = await c8y.user_groups.get_by_name("readers")
    await (await new_user(c8y, label)).assign_global_role(group.id)
    async with signed_in(server, label, PASSWORD) as own:
        me = await own.users.get_current()
        with pytest.raises(ValueError, match="422"):
            await me.update_password(PASSWORD, "pw")
        await me.update_password(PASSWORD, "Another-1-Better")
        assert (await own.users.get_current()).username == label
    async with signed_in(server, label, PASSWORD) as old:
        with pytest.raises(UnauthorizedError):
            await old.users.get_current()


@asynchronous
async def test_a_group_gives_its_roles_to_its_members(
    c8y: CumulocityClient, server: Running, label: str
) -> None:
    group = await UserGroup(c8y, name=label, description="d").create()
    await group.assign_roles("ROLE_ALARM_READ", "ROLE_EVENT_READ")
    assert (await c8y.user_groups.get(group.id)).role_ids == {"ROLE_ALARM_READ", "ROLE_EVENT_READ"}
    await new_user(c8y, label)
    await group.assign_users(label)
    assert [one.username for one in await c8y.users.get_all(groups=[group.id])] == [label]
    assert [one.id for one in await c8y.user_groups.get_all(username=label)] == [group.id]
    async with signed_in(server, label, PASSWORD) as own:
        alarm = (await own.alarms.get_all(limit=1))[0]
        await group.unassign_roles("ROLE_ALARM_READ")
        with pytest.raises(AccessDeniedError):
            await own.alarms.get(alarm.id)
    await group.unassign_users(label)
    assert await c8y.user_groups.get_all(username=label) == []
    group.name = f"{label} renamed"
    await group.update()
    assert (await c8y.user_groups.get(group.id)).name == f"{label} renamed"
    await group.delete()
    with pytest.raises(KeyError):
        await c8y.user_groups.get(group.id)


@asynchronous
async def test_an_inventory_role_opens_one_group_and_no_more(
    c8y: CumulocityClient, server: Running, label: str
) -> None:
    inside, outside = [await Device(c8y, name=label, type=label).create() for _ in range(2)]
    group = await DeviceGroup(c8y, name=label, root=True).create()
    await group.assign_child_asset(inside)
    permissions = [
        ReadPermission(scope=Permission.Scope.MANAGED_OBJECT),
        WritePermission(scope=Permission.Scope.ALARM),
    ]
    role = await InventoryRole(c8y, name=label, description="d", permissions=permissions).create()
    assert all(permission.id for permission in role.permissions)
    user = await new_user(c8y, label)
    await user.assign_inventory_roles(group.id, role)
    assignment = (await user.retrieve_inventory_role_assignments())[0]
    assert [given.name for given in assignment.roles] == [label]
    async with signed_in(server, label, PASSWORD) as own:
        assert (await own.inventory.get(inside.id)).name == label
        with pytest.raises(AccessDeniedError):
            await own.inventory.get(outside.id)
        with pytest.raises(AccessDeniedError):
            await own.inventory.apply_to({"my_Note": {}}, inside.id)
        await user.unassign_inventory_roles(assignment.id)
        with pytest.raises(AccessDeniedError):
            await own.inventory.get(inside.id)
    await role.delete()


@asynchronous
async def test_options_are_set_hidden_and_deleted(c8y: CumulocityClient, label: str) -> None:
    option = await TenantOption(c8y, category=label, key="color", value="red").create()
    option.value = "blue"
    await option.update()
    await c8y.tenant_options.set_value(label, "credentials.key", "secret")
    await c8y.tenant_options.update_values(label, {"size": "5"})
    values = await c8y.tenant_options.get_values(label)
    assert values == {"color": "blue", "credentials.key": "<<Encrypted>>", "size": "5"}
    assert await c8y.tenant_options.get_value(label, "color") == "blue"
    assert label in (await c8y.tenant_options.get_all(limit=None, as_map=True))
    await c8y.tenant_options.delete(category=label, key="color")
    with pytest.raises(KeyError):
        await c8y.tenant_options.get(label, "color")
