"""Users, groups, roles, and devices that want to join."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sdk import (
    BasicAuth,
    Conflict,
    CumulocityClient,
    Device,
    DeviceRegistryClient,
    DeviceRequestStatus,
    Invalid,
    InventoryRole,
    NotFound,
    Permission,
    ReadPermission,
    Timeout,
    Unauthorized,
    User,
    UserGroup,
    WritePermission,
)
from sdk.sandbox import Sandbox
from tests.sdk.server import Server, answer

Connect = Callable[..., CumulocityClient]
PASSWORD = "Secret-123!"


@pytest.fixture
def user(c8y: CumulocityClient) -> User:
    return User(c8y, username="jdoe", email="j@doe.example", password=PASSWORD, first_name="J").create()


def test_the_current_user_knows_what_it_may(connect: Connect) -> None:
    me = connect("reader").users.get_current()
    assert (me.username, me.id) == ("reader", "reader")
    assert "ROLE_INVENTORY_READ" in me.effective_roles
    assert me.has_role("ROLE_NONSENSE", "ROLE_INVENTORY_READ")
    assert not me.has_role("ROLE_INVENTORY_ADMIN")
    assert not me.has_role()


def test_the_current_tenant(c8y: CumulocityClient) -> None:
    tenant = c8y.tenants.get_current()
    assert (tenant.id, tenant.domain) == ("acme", "acme.sandbox")


def test_a_user_is_created_changed_and_deleted(c8y: CumulocityClient, user: User) -> None:
    assert (user.username, user.enabled, user.first_name) == ("jdoe", True, "J")
    user.enabled = False
    user.last_name = "Doe"
    assert user.changes() == {"enabled": False, "lastName": "Doe"}
    user.update()
    read = c8y.users.get("jdoe")
    assert (read.enabled, read.last_name, read.display_name) == (False, "Doe", user.display_name)
    with pytest.raises(Conflict):
        User(c8y, username="jdoe", email="j@doe.example", password=PASSWORD).create()
    c8y.users.delete("jdoe")
    with pytest.raises(NotFound):
        c8y.users.get_by_name("jdoe")


def test_a_user_without_a_password_gets_a_mail() -> None:
    with (
        Server(answer(b'{"id":"x"}', "201 Created")) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        User(c8y, username="x", email="x@y").create()
        User(c8y, username="x", email="x@y", password="p").create()
    assert b'"sendPasswordResetEmail":true' in server.requests[0]
    assert b"sendPasswordResetEmail" not in server.requests[1]


def test_users_are_found_by_parts_of_their_names(c8y: CumulocityClient, user: User) -> None:
    assert [one.username for one in c8y.users.where(username="jd")] == ["jdoe"]
    assert [one.username for one in c8y.users.where(username_contains="doe")] == ["jdoe"]
    page = c8y.users.where().page(1, 2)
    assert (len(page.items), page.has_next) == (2, True)
    assert page.total == c8y.users.get_count()
    assert all(str(one.username).startswith("device_") for one in c8y.users.where(only_devices=True))


def test_names_are_quoted_on_the_way(c8y: CumulocityClient, calls: list[str]) -> None:
    with pytest.raises(NotFound):
        c8y.users.delete("a/b#c?d")
    assert calls == ["DELETE /user/acme/users/a%2Fb%23c%3Fd"]


def test_users_need_a_tenant_to_be_addressed(sandbox: Sandbox) -> None:
    password = sandbox.credentials["acme"]["admin"]["password"]
    c8y = CumulocityClient(
        "http://acme.sandbox", "", BasicAuth("admin", password), connector_factory=sandbox.adapter
    )
    assert c8y.users.get_current().username == "admin"
    with pytest.raises(ValueError, match="tenant_id"):
        c8y.users.get("admin")


def test_groups_of_a_user(
    c8y: CumulocityClient, user: User, calls: list[str], later: Callable[[], None]
) -> None:
    groups = [UserGroup(c8y, f"g{i:02}").create() for i in range(12)]
    c8y.user_groups.assign_users(str(groups[0].id), "jdoe")
    for group in groups[1:]:
        user.assign_global_role(str(group.id))
    assert len(user.retrieve_global_roles()) == 12
    assert c8y.user_groups.get_count(username="jdoe") == 12
    assert {one.name for one in c8y.users.get("jdoe").groups} <= {one.name for one in groups}
    assert [one.username for one in c8y.user_groups.users(str(groups[3].id))] == ["jdoe"]
    assert [one.username for one in c8y.users.where(groups=[str(groups[3].id)])] == ["jdoe"]
    user.unassign_global_role(str(groups[0].id))
    c8y.user_groups.unassign_users(str(groups[1].id), "jdoe")
    later()
    assert c8y.user_groups.where(username="jdoe").count() == 10


def test_groups_and_their_permissions(c8y: CumulocityClient) -> None:
    group = UserGroup(c8y, "my / group", "words").create()
    assert c8y.user_groups.get_by_name("my / group").id == group.id
    assert c8y.user_groups.resolve_group_ids("my / group") == [int(str(group.id))]
    c8y.user_groups.assign_roles(str(group.id), "ROLE_ALARM_READ", "ROLE_EVENT_READ")
    assert set(c8y.user_groups.role_names(str(group.id))) == {"ROLE_ALARM_READ", "ROLE_EVENT_READ"}
    assert set(c8y.user_groups.get(str(group.id)).roles) == {"ROLE_ALARM_READ", "ROLE_EVENT_READ"}
    group.unassign_roles("ROLE_EVENT_READ")
    assert c8y.user_groups.role_names(str(group.id)) == ["ROLE_ALARM_READ"]
    group.description = "other"
    group.update()
    assert group.reload().description == "other"
    c8y.user_groups.delete(int(str(group.id)))
    with pytest.raises(NotFound):
        c8y.user_groups.get(str(group.id))
    assert "ROLE_ALARM_READ" in {one.name for one in c8y.roles.get_all(limit=None)}


def test_inventory_roles_and_who_has_them(c8y: CumulocityClient, user: User) -> None:
    role = InventoryRole(c8y, "mine", "words", [ReadPermission(Permission.Scope.ALARM)]).create()
    assert [(one.level, one.scope, one.type) for one in role.permissions] == [("READ", "ALARM", "*")]
    role.permissions = [WritePermission()]
    role.update()
    assert c8y.inventory_roles.get(str(role.id)).permissions[0].level == Permission.Level.WRITE
    group = c8y.group_inventory.get_all(limit=1)[0]
    assignment = user.assign_inventory_roles(str(group.id), role, "Reader")
    assert assignment.managed_object_id == group.id
    [listed] = user.retrieve_inventory_role_assignments()
    assert {one.name for one in listed.roles} == {"mine", "Reader"}
    again = c8y.inventory_roles.reassign("jdoe", str(listed.id), int(str(role.id)))
    assert [one.name for one in again.roles] == ["mine"]
    c8y.inventory_roles.unassign_by("jdoe", "999")
    assert len(c8y.inventory_roles.get_assignments("jdoe")) == 1
    c8y.inventory_roles.unassign_by("jdoe", str(group.id))
    assert user.retrieve_inventory_role_assignments() == []


def test_changing_the_own_password(sandbox: Sandbox, connect: Connect) -> None:
    old = sandbox.credentials["acme"]["reader"]["password"]
    connect("reader").users.get_current().update_password(old, "Another-456!")
    assert connect(auth=BasicAuth("reader", "Another-456!")).users.get_current().username == "reader"
    with pytest.raises(Unauthorized):
        connect("reader").users.get_current()


def test_two_factor_settings(c8y: CumulocityClient) -> None:
    settings = c8y.users.get_tfa_settings("tfa")
    assert (settings.enabled, settings.enforced, settings.strategy) == (True, True, "TOTP")
    assert c8y.users.get_tfa_settings("reader").enabled is False


def test_a_device_is_expected_and_accepted(sandbox: Sandbox, c8y: CumulocityClient) -> None:
    made = c8y.device_requests.request("IMEI-1", type="c8y_Pump")
    assert (made.id, made.type, made.status) == (
        "IMEI-1",
        "c8y_Pump",
        DeviceRequestStatus.WAITING_FOR_CONNECTION,
    )
    with pytest.raises((Conflict, Invalid), match="exists"):
        c8y.device_requests.request("IMEI-1")
    with pytest.raises((KeyError, ValueError)):
        c8y.device_requests.accept("IMEI-1")
    with joining(sandbox) as registry, pytest.raises(Timeout, match="accepted"):
        registry.await_credentials("IMEI-1", timeout="1ms")
    assert c8y.device_requests.get("IMEI-1").status is DeviceRequestStatus.PENDING_ACCEPTANCE
    assert c8y.device_requests.accept("IMEI-1").status is DeviceRequestStatus.ACCEPTED
    with joining(sandbox) as registry, registry.await_connection("IMEI-1") as device:
        assert (device.tenant_id, device.username) == ("acme", "device_IMEI-1")
        Device(device, name="joined").create()
    assert c8y.device_inventory.get_by(name="joined").owner == "device_IMEI-1"


def joining(sandbox: Sandbox) -> DeviceRegistryClient:
    """The tenant as an unknown device sees it."""
    known = sandbox.bootstrap
    auth = BasicAuth(f"{known['tenant']}/{known['user']}", known["password"])
    return DeviceRegistryClient("http://acme.sandbox", "", auth, connector_factory=sandbox.adapter)


def test_waiting_for_credentials_outlasts_a_failing_tenant(sandbox: Sandbox, c8y: CumulocityClient) -> None:
    c8y.device_requests.request("IMEI-2")
    with joining(sandbox) as registry:
        with pytest.raises(Timeout):
            registry.await_credentials("IMEI-2", timeout="1ms")
        c8y.device_requests.accept("IMEI-2")
        fault = sandbox.faults.add("/devicecontrol/deviceCredentials", status=500, times=2)
        given = registry.await_credentials("IMEI-2", timeout="10s", pause="1ms")
    assert fault.hits == 2
    assert given.password not in repr(given)
    assert given.auth.get_username() == "device_IMEI-2"


def test_requests_are_listed_and_deleted(c8y: CumulocityClient, later: Callable[[], None]) -> None:
    before = c8y.device_requests.get_count()
    for name in ("IMEI;1", "IMEI:2"):
        c8y.device_requests.request(name)
    assert len(c8y.device_requests.where().all()) == before + 2
    later()
    assert c8y.device_requests.where().page(1, 1).total == before + 2
    c8y.device_requests.delete("IMEI;1", "IMEI:2")
    later()
    assert c8y.device_requests.get_count() == before


def test_a_user_has_permissions_without_a_group(c8y: CumulocityClient, user: User) -> None:
    name = str(user.username)
    user.assign_roles("ROLE_ALARM_READ")
    c8y.users.assign_roles(name, "ROLE_EVENT_READ", "ROLE_AUDIT_READ", workers=2)
    assert sorted(c8y.users.get(name).roles) == ["ROLE_ALARM_READ", "ROLE_AUDIT_READ", "ROLE_EVENT_READ"]
    user.unassign_roles("ROLE_ALARM_READ")
    c8y.users.unassign_roles(name, "ROLE_EVENT_READ")
    assert c8y.users.get(name).roles == ["ROLE_AUDIT_READ"]
    with pytest.raises(NotFound):
        user.unassign_roles("ROLE_ALARM_READ")


def test_a_registry_takes_its_bootstrap_credentials_from_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = sandbox.bootstrap
    given = {"BASEURL": "http://acme.sandbox", "BOOTSTRAP_TENANT": known["tenant"]}
    given |= {"BOOTSTRAP_USER": known["user"], "BOOTSTRAP_PASSWORD": known["password"]}
    for name, value in given.items():
        monkeypatch.setenv(f"C8Y_{name}", value)
    with DeviceRegistryClient.default(connector_factory=sandbox.adapter) as registry:
        assert registry.username == known["user"]
        with pytest.raises(Timeout):
            registry.await_credentials("nobody-expects-me", timeout="1ms", pause="1ms")
    with pytest.raises(TypeError, match="dedline"):
        DeviceRegistryClient.default(dedline=5)  # type: ignore[call-arg]
    monkeypatch.delenv("C8Y_BOOTSTRAP_PASSWORD")
    with pytest.raises(ValueError, match="C8Y_BOOTSTRAP_PASSWORD"):
        DeviceRegistryClient.default()
