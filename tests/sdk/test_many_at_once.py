"""What is written, registered or looked up many at a time, and smaller things of the same domains."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sdk import (
    Alarm,
    BasicAuth,
    BulkError,
    BulkOperation,
    CumulocityClient,
    Device,
    DeviceRequestStatus,
    ExternalId,
    Forbidden,
    Invalid,
    ManagedObject,
    NotFound,
    Operation,
    UserGroup,
)
from sdk.sandbox import Sandbox
from tests.sdk.server import Server, Serving, answer, body_of, lines

Connect = Callable[..., CumulocityClient]


def test_objects_are_created_fifty_at_a_time(c8y: CumulocityClient, calls: list[str]) -> None:
    made = c8y.inventory.create_bulk(*(ManagedObject(name=f"n{at}") for at in range(120)), workers=2)
    assert [one.name for one in made] == [f"n{at}" for at in range(120)]
    assert len({one.id for one in made}) == 120
    assert calls == ["POST /inventory/managedObjects"] * 3


def test_changes_are_written_fifty_at_a_time(c8y: CumulocityClient, calls: list[str]) -> None:
    made = c8y.inventory.create_bulk(*(ManagedObject(name=f"n{at}") for at in range(60)))
    for one in made[:55]:
        one["x"] = {"y": 1}
    sent = len(calls)
    c8y.inventory.update_bulk(*made)
    assert calls[sent:] == ["PUT /inventory/managedObjects"] * 2
    assert (made[0].reload()["x.y"], "x" in made[59].reload()) == (1, False)
    c8y.inventory.update_bulk(*made)
    assert not [call for call in calls[sent + 2 :] if call.startswith("PUT")]


def test_a_batch_of_objects_that_fails_is_reported_object_by_object() -> None:
    refused = answer(b'{"error":"x","message":"no"}', "422 Unprocessable Entity")
    created = answer(b'{"managedObjects":[' + b",".join(b'{"id":"%d"}' % at for at in range(50)) + b"]}")
    objects = [Device(name=str(at)) for at in range(120)]
    with Server(created, refused) as server, CumulocityClient(server.url, "t1", None) as c8y:
        with pytest.raises(BulkError) as caught:
            c8y.device_inventory.create_bulk(*objects)
        with pytest.raises(Invalid):
            c8y.device_inventory.create_bulk(*objects[:3])
    assert [(one.name, made.id) for one, made in caught.value.done[:2]] == [("0", "0"), ("1", "1")]
    assert [one for one, _ in caught.value.failed] == objects[50:100]
    assert caught.value.not_started == objects[100:]


def test_children_are_listed_by_kind(c8y: CumulocityClient) -> None:
    parent = str(ManagedObject(c8y, name="parent").create().id)
    for at in range(7):
        c8y.inventory.create_child(parent, "additions", ManagedObject(name=f"n{at}"))
    assert len(c8y.inventory.get_children(parent, "additions")) == 5
    assert len(c8y.inventory.get_children(parent, "additions", limit=None)) == 7
    assert [one.name for one in c8y.inventory.select_children(parent, "additions", "name eq 'n3'")] == ["n3"]
    assert c8y.inventory.get_children(parent, "devices") == []


@pytest.mark.parametrize("known", [True, False])
def test_many_external_ids_are_looked_up(c8y: CumulocityClient, known: bool, sandbox: Sandbox) -> None:
    device = str(Device(c8y, name="pump").create().id)
    c8y.identity.create(ExternalId(external_id="a/1", external_type="x", managed_object_id=device))
    if not known:
        sandbox.faults.add("/identity/search", status=404)
    found = c8y.identity.search(("a/1", "x"), ("nobody", "x"), workers=2)
    assert [(one.external_id, one.managed_object_id) for one in found] == [("a/1", device)]
    assert c8y.identity.search() == []


def test_an_alarm_is_created_or_written_to(c8y: CumulocityClient) -> None:
    device = str(Device(c8y, name="pump").create().id)
    alarm = Alarm(type="t", source=device, time="now", text="one", severity="MINOR", status="ACTIVE")
    first = c8y.alarms.upsert(alarm)
    alarm.text = "two"
    second = c8y.alarms.upsert(alarm, increment_count=True)
    assert (second.id, second.text, second.count) == (first.id, "two", 2)


def test_the_newest_operation_of_each_kind(c8y: CumulocityClient) -> None:
    device = str(Device(c8y, name="pump", com_cumulocity_model_Agent={}).create().id)
    for fragment in ("c8y_Restart", "c8y_Command", "c8y_Restart"):
        Operation(c8y, device_id=device, description="d", **{fragment: {}}).create()
    newest = c8y.operations.skim_latest(device)
    assert list(newest) == ["c8y_Restart", "c8y_Command"]
    assert (
        newest["c8y_Restart"].id
        == c8y.operations.where(device_id=device, ascending=False).limit(1).all()[0].id
    )
    assert c8y.operations.skim_latest(device, limit=1, max_age="1h").keys() == {"c8y_Restart"}
    assert Operation(device_id="1", description="none").resolve_type() is None


def test_what_failed_in_a_bulk_operation_is_done_again(serving: Serving) -> None:
    told = {"c8y_Restart": {}}
    server, c8y = serving({"id": "1", "operationPrototype": told}, {"id": "2"})
    later = datetime.now(UTC) + timedelta(hours=1)
    failed = BulkOperation.from_json({"id": 1, "operationPrototype": told})
    for one in ("1", failed):
        assert c8y.bulk_operations.retry_failed(one, later, 5).id == "2"
    assert [line.split()[0] for line in lines(server)] == ["GET", "POST", "POST"]
    for request in server.requests[1:]:
        sent = body_of(request)
        parts = (str(sent["failedParentId"]), sent["creationRamp"], sent["operationPrototype"])
        assert parts == ("1", 5, told)
        assert "groupId" not in sent


def test_members_and_permissions_of_a_group(c8y: CumulocityClient) -> None:
    group = str(UserGroup(c8y, "pump readers").create().id)
    c8y.user_groups.assign_users(group, "reader", "operator")
    c8y.user_groups.assign_roles(group, "ROLE_ALARM_READ")
    assert {one.username for one in c8y.user_groups.get_users(group)} == {"reader", "operator"}
    assert len(c8y.user_groups.get_users(group, limit=1)) == 1
    assert [one.name for one in c8y.user_groups.get_roles(group)] == ["ROLE_ALARM_READ"]


@pytest.fixture
def device_door(sandbox: Sandbox, connect: Connect) -> CumulocityClient:
    known = sandbox.bootstrap
    return connect(auth=BasicAuth(f"{known['tenant']}/{known['user']}", known["password"]))


def test_all_devices_that_wait_are_accepted(c8y: CumulocityClient, device_door: CumulocityClient) -> None:
    devices = c8y.device_inventory
    # Some of the sandbox's own would need a security token.
    devices.delete_request(*(str(one.id) for one in devices.get_requests(limit=None)), workers=2)
    for name in ("IMEI-1", "IMEI-2", "IMEI-3"):
        assert devices.request(name).id == name
    for name in ("IMEI-1", "IMEI-2"):
        with pytest.raises(NotFound):
            device_door.post("/devicecontrol/deviceCredentials", json={"id": name})
    assert {one.id for one in devices.accept_all(workers=2)} == {"IMEI-1", "IMEI-2"}
    assert devices.get_request("IMEI-3").status is DeviceRequestStatus.WAITING_FOR_CONNECTION
    devices.reject("IMEI-3")
    with pytest.raises((NotFound, Invalid, Forbidden)):
        devices.accept("IMEI-3")


def test_many_devices_are_registered_by_rows_or_a_file(c8y: CumulocityClient, tmp_path: Path) -> None:
    known = {"CREDENTIALS": "Secret-123!", "com_cumulocity_model_Agent.active": True, "TYPE": "t"}
    rows = [{"ID": f"bulk-{at}", "NAME": f"n{at}", **known} for at in range(3)]
    done = c8y.device_inventory.register_bulk(rows)
    assert (done.number_of_all, done.number_of_created, done.number_of_failed) == (3, 3, 0)
    assert c8y.identity.get("bulk-1").managed_object_id
    again = c8y.device_requests.register_bulk(rows[:1])
    assert again.updated == ["bulk-0"]
    file = tmp_path / "devices.csv"
    file.write_text("ID;PATH\nwaiting-1;some group\n")
    c8y.device_requests.register_bulk(file)
    assert c8y.device_requests.get("waiting-1").status is DeviceRequestStatus.WAITING_FOR_CONNECTION


def test_credentials_do_not_show_in_what_failed(serving: Serving) -> None:
    line = "a;geheim"
    failed = {"deviceId": "a", "failureReason": "bad", "line": line, "bulkNewDeviceStatus": "FAILED"}
    server, c8y = serving({"numberOfAll": 1, "numberOfFailed": 1, "failedCreationList": [failed]})
    done = c8y.device_requests.register_bulk([{"ID": "a", "CREDENTIALS": "geheim"}])
    assert [(one.device_id, one.reason) for one in done.failed] == [("a", "bad")]
    assert "geheim" not in repr(done) + repr(done.failed)
    assert b"ID;CREDENTIALS\na;geheim" in server.requests[0]
    wrong = [[], [{"NAME": "x"}], [{"ID": "a;b"}], [{"ID": "a", "NAME": 'say "x"'}], [{"ID": "a", "b\nc": 1}]]
    for rows in wrong:
        with pytest.raises(ValueError, match=r"ID|separators"):
            c8y.device_requests.register_bulk(rows)
    assert len(server.requests) == 1
