"""pyc8y and device control: registration, operations, bulk operations."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pyc8y.auth import BasicAuth
from pyc8y.client import CumulocityClient
from pyc8y.model import BulkOperation, Device, DeviceGroup, Operation
from pyc8y.registry import DeviceRegistryClient

from tests.peers.running import Running, asynchronous


@pytest.fixture
def registry(server: Running) -> DeviceRegistryClient:
    tenant, user, password = (server.bootstrap[key] for key in ("tenant", "user", "password"))
    return DeviceRegistryClient(server.base_url, tenant, BasicAuth(f"{tenant}/{user}", password))


@asynchronous
async def test_a_device_is_registered_accepted_and_acts_with_its_own_credentials(
    c8y: CumulocityClient, registry: DeviceRegistryClient, server: Running, label: str
) -> None:
    await c8y.device_inventory.request(label)
    assert (await registration(c8y, label))["status"] == "WAITING_FOR_CONNECTION"
    with pytest.raises(KeyError):
        await c8y.device_inventory.accept(label)
    with pytest.raises(KeyError):
        await registry.post("/devicecontrol/deviceCredentials", json={"id": label})
    assert (await registration(c8y, label))["status"] == "PENDING_ACCEPTANCE"
    await c8y.device_inventory.accept(label)
    assert (await registration(c8y, label))["status"] == "ACCEPTED"
    given = await registry.await_credentials(label, timeout="5s")
    assert (given.tenant_id, given.username) == ("acme", f"device_{label}")
    with pytest.raises(KeyError):
        await registration(c8y, label)
    own = BasicAuth(f"{given.tenant_id}/{given.username}", given.password)
    async with CumulocityClient(server.base_url, given.tenant_id, own) as device_c8y:
        device = await Device(device_c8y, name=label, type="my_Device").create()
        assert device.owner == device.get_username() == given.username
        await device.update()
    assert (await device_user(c8y, device.id))["userName"] == given.username
    twin = await c8y.device_inventory.get(device.id)
    await twin.delete(with_device_user=True)
    with pytest.raises(KeyError):
        await c8y.users.get(given.username)


async def registration(c8y: CumulocityClient, label: str) -> dict[str, str]:
    return dict(await c8y.get(f"/devicecontrol/newDeviceRequests/{label}"))


async def device_user(c8y: CumulocityClient, device: str) -> dict[str, str]:
    return dict(await c8y.get(f"/inventory/managedObjects/{device}/user"))


async def agent(c8y: CumulocityClient, label: str) -> str:
    return str((await Device(c8y, name=label, type=label, com_cumulocity_model_Agent={}).create()).id)


@asynchronous
async def test_an_operation_runs_through_its_states(c8y: CumulocityClient, label: str) -> None:
    device = await agent(c8y, label)
    operation = await Operation(c8y, device_id=device, description="x", c8y_Restart={}).create()
    assert operation.status == "PENDING"
    operation.status, operation["my_Step"] = "EXECUTING", {"no": 1}
    await operation.update()
    operation.status = "SUCCESSFUL"
    await operation.update()
    kept = await c8y.operations.get(operation.id)
    assert (kept.status, kept["my_Step.no"], kept.device_id) == ("SUCCESSFUL", 1, device)
    assert kept.resolve_type() == "c8y_Restart"
    kept.status = "PENDING"
    with pytest.raises(ValueError, match="422"):
        await kept.update()


@asynchronous
async def test_operations_are_sent_to_many_listed_and_deleted(c8y: CumulocityClient, label: str) -> None:
    devices = [await agent(c8y, f"{label}_{number}") for number in range(3)]
    sent = await Operation(c8y, description=label, c8y_Command={"text": "ls"}).send_to(*devices, workers=3)
    assert len(sent) == 3
    for _ in range(2):
        await Operation(c8y, device_id=devices[0], description="x", c8y_Restart={}).create()
    pending = await c8y.operations.get_all(device_id=devices[0], status="PENDING")
    assert [int(one.id) for one in pending] == sorted(int(one.id) for one in pending)
    assert (await c8y.operations.get_last(device_id=devices[0])).id == pending[-1].id
    assert await c8y.operations.get_count(device_id=devices[0], fragment="c8y_Command") == 1
    await c8y.operations.delete_by(device_id=devices[0], status="PENDING")
    assert await c8y.operations.get_all(device_id=devices[0]) == []


@asynchronous
async def test_an_operation_for_what_is_no_agent_is_refused(c8y: CumulocityClient, label: str) -> None:
    device = await Device(c8y, name=label, type=label).create()
    with pytest.raises(ValueError, match="422"):
        await Operation(c8y, device_id=device.id, c8y_Restart={}).create()


@asynchronous
async def test_a_bulk_operation_reaches_its_group_and_is_repeated_for_who_failed(
    c8y: CumulocityClient, label: str
) -> None:
    group = await DeviceGroup(c8y, name=label, root=True).create()
    for number in range(2):
        await c8y.group_inventory.assign_children(group.id, await agent(c8y, f"{label}_{number}"))
    prototype = {"description": label, "c8y_Restart": {}}
    bulk = await BulkOperation(
        c8y, group_id=group.id, start_time="now", creation_ramp=0.05, operation_prototype=prototype
    ).create()
    bulk = await finished(c8y, bulk.id)
    assert (bulk.general_status, bulk["progress.all"], bulk["progress.pending"]) == ("EXECUTING", 2, 2)
    assert bulk.id in {one.id for one in await c8y.bulk_operations.get_all(limit=None)}
    assert await c8y.bulk_operations.get_count() >= 1
    first, second = await c8y.operations.get_all(bulk_id=bulk.id)
    first.status = second.status = "FAILED"
    await c8y.operations.update(first, second, workers=2)
    assert (await c8y.bulk_operations.get(bulk.id))["progress.failed"] == 2
    again = await BulkOperation(
        c8y, failed_parent_id=bulk.id, start_time="now", creation_ramp=0.05, operation_prototype=prototype
    ).create()
    assert (await finished(c8y, again.id))["progress.all"] == 2


async def finished(c8y: CumulocityClient, bulk: str) -> BulkOperation:
    """The bulk operation as soon as all its operations are created."""
    while (found := await c8y.bulk_operations.get(bulk)).status != "COMPLETED":
        await asyncio.sleep(0.02)
    return found


@asynchronous
async def test_a_scheduled_bulk_operation_is_cancelled(c8y: CumulocityClient, label: str) -> None:
    group = await DeviceGroup(c8y, name=label, root=True).create()
    bulk = await BulkOperation(
        c8y,
        group_id=group.id,
        start_time=datetime.now(UTC) + timedelta(hours=1),
        creation_ramp=1,
        operation_prototype={"c8y_Restart": {}},
    ).create()
    assert (bulk.status, bulk.general_status) == ("ACTIVE", "SCHEDULED")
    await bulk.delete()
    cancelled = await c8y.bulk_operations.get(bulk.id)
    assert (cancelled.status, cancelled.general_status) == ("DELETED", "CANCELED")
