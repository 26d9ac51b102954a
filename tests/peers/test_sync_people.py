"""c8y_api and the tenant: registration, sign-in, users, global and inventory roles, options."""

from __future__ import annotations

import threading

import pytest
from c8y_api import CumulocityApi, CumulocityDeviceRegistry, HTTPBearerAuth
from c8y_api._base_api import AccessDeniedError, MissingTfaError, UnauthorizedError
from c8y_api.model import Device, GlobalRole, InventoryRole, Permission, ReadPermission, TenantOption, User

from sdk.sandbox.tokens import totp
from tests.peers.running import Running
from tests.processes import eventually

PASSWORD = "Right-2-Enter"


def signed_in(server: Running, user: str, password: str) -> CumulocityApi:
    return CumulocityApi(server.base_url, "acme", user, password)


def new_user(c8y: CumulocityApi, label: str) -> User:
    return User(c8y, username=label, email=f"{label}@acme.example", password=PASSWORD).create()


def test_a_device_asks_for_credentials_until_it_is_accepted(
    sync_c8y: CumulocityApi, server: Running, label: str
) -> None:
    tenant, user, password = (server.bootstrap[key] for key in ("tenant", "user", "password"))
    registry = CumulocityDeviceRegistry(server.base_url, tenant, user, password)
    sync_c8y.device_inventory.request(label)
    connections: list[CumulocityApi] = []
    asking = threading.Thread(
        target=lambda: connections.append(registry.await_connection(label, "10s", "1s")), daemon=True
    )
    asking.start()
    eventually(lambda: accepted(sync_c8y, label))
    asking.join(10)
    (own,) = connections
    device = Device(own, name=label, type="my_Device").create()
    assert device.owner == own.username == f"device_{label}"
    assert sync_c8y.users.get(device.owner).username == device.get_username()


def accepted(c8y: CumulocityApi, label: str) -> bool:
    """Accept the device; that is only possible once it has called."""
    try:
        c8y.device_inventory.accept(label)
    except KeyError:
        return False
    return True


def test_a_sign_in_gives_a_token_and_a_missing_code_is_told_apart(server: Running) -> None:
    token, xsrf = CumulocityApi.authenticate(server.base_url, "acme", "admin", server.password("admin"))
    assert xsrf
    c8y = CumulocityApi(server.base_url, "acme", auth=HTTPBearerAuth(token))
    assert c8y.users.get_current().username == c8y.username == "admin"
    with pytest.raises(MissingTfaError):
        CumulocityApi.authenticate(server.base_url, "acme", "tfa", server.password("tfa"))
    with pytest.raises(UnauthorizedError):
        CumulocityApi.authenticate(server.base_url, "acme", "admin", "wrong")


def test_a_user_is_created_owned_found_and_deleted(sync_c8y: CumulocityApi, label: str) -> None:
    user = new_user(sync_c8y, label)
    assert (user.id, user.tfa_enabled) == (label, False)
    user.last_name = "Byron"
    assert user.update().last_name == "Byron"
    user.set_owner("admin")
    user.set_delegate("operator")
    kept = sync_c8y.users.get(label)
    assert (kept.owner, kept.delegated_by) == ("admin", "operator")
    sync_c8y.users.set_owner(label, None)
    assert not sync_c8y.users.get(label).owner
    assert [found.username for found in sync_c8y.users.get_all(username=label)] == [label]
    user.delete()
    with pytest.raises(KeyError):
        sync_c8y.users.get(label)


def test_a_second_factor_is_set_up_verified_and_revoked(
    sync_c8y: CumulocityApi, server: Running, label: str
) -> None:
    new_user(sync_c8y, label).assign_global_role(role_named(sync_c8y, "readers").id)
    me = signed_in(server, label, PASSWORD).users.get_current()
    with pytest.raises(KeyError):
        me.get_totp_activity()
    assert not me.get_totp_enabled()
    secret, _ = me.generate_totp_secret()
    assert not me.get_totp_activity().is_active
    assert me.is_valid_totp(totp(secret))
    assert not me.is_valid_totp(totp(secret, at=0))
    me.enable_totp()
    assert sync_c8y.users.get_tfa_settings(label).enabled
    sync_c8y.users.revoke_totp_secret(label)
    assert not sync_c8y.users.get_tfa_settings(label).enabled
    assert not me.get_totp_activity().is_active


def role_named(c8y: CumulocityApi, name: str) -> GlobalRole:
    return next(role for role in c8y.global_roles.get_all() if role.name == name)


def test_a_global_role_gives_its_permissions_to_its_users(
    sync_c8y: CumulocityApi, server: Running, label: str
) -> None:
    role = GlobalRole(sync_c8y, name=label, description="d").create()
    role.add_permissions("ROLE_INVENTORY_READ", "ROLE_ALARM_READ")
    assert sync_c8y.global_roles.get(role.id).permission_ids == {"ROLE_INVENTORY_READ", "ROLE_ALARM_READ"}
    new_user(sync_c8y, label)
    role.add_users(label)
    assert [found.id for found in sync_c8y.global_roles.get_all(username=label)] == [role.id]
    own = signed_in(server, label, PASSWORD)
    assert own.device_inventory.get_all(limit=1)
    with pytest.raises(AccessDeniedError):
        Device(own, name=label).create()
    role.remove_users(label)
    assert sync_c8y.global_roles.get_all(username=label) == []
    role.delete()


def test_an_inventory_role_is_assigned_for_an_object(sync_c8y: CumulocityApi, label: str) -> None:
    device = Device(sync_c8y, name=label, type=label).create()
    permissions = [ReadPermission(scope=Permission.Scope.ALARM)]
    role = InventoryRole(sync_c8y, name=label, description="d", permissions=permissions).create()
    user = new_user(sync_c8y, label)
    user.assign_inventory_roles(device.id, role)
    (assignment,) = user.retrieve_inventory_role_assignments()
    assert assignment.managed_object == device.id
    user.unassign_inventory_roles(assignment.id)
    assert user.retrieve_inventory_role_assignments() == []


def test_options_are_set_and_deleted(sync_c8y: CumulocityApi, label: str) -> None:
    TenantOption(sync_c8y, category=label, key="color", value="red").create()
    sync_c8y.tenant_options.update_by(label, {"color": "blue", "size": "5"})
    assert sync_c8y.tenant_options.get_all_mapped(label) == {"color": "blue", "size": "5"}
    sync_c8y.tenant_options.delete_by(label, "size")
    assert [option.key for option in sync_c8y.tenant_options.get_all(label)] == ["color"]
