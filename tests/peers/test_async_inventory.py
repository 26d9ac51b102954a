"""pyc8y and the inventory."""

from __future__ import annotations

import asyncio
from io import BytesIO

import pytest
from pyc8y.client import CumulocityClient
from pyc8y.model import Device, DeviceGroup, ExternalId, ManagedObject
from pyc8y.rest import BatchError

from tests.peers.running import asynchronous


async def stored(c8y: CumulocityClient, kind: str, *sizes: int) -> list[ManagedObject]:
    """Objects of a type, named `<kind> 0` and so on, each with its size."""
    objects = [
        ManagedObject(c8y, type=kind, name=f"{kind} {number}", my_Size={"value": size})
        for number, size in enumerate(sizes)
    ]
    return list(await asyncio.gather(*(made.create() for made in objects)))


def names(objects: list[ManagedObject]) -> list[str]:
    return sorted(found.name.split(" ")[-1] for found in objects)


@asynchronous
async def test_an_object_is_created_changed_and_deleted(c8y: CumulocityClient, label: str) -> None:
    made = await ManagedObject(c8y, type=label, name="it's <b>", my_Part={"a": 1, "b": 2}).create()
    assert made.owner == "admin"
    made["my_Part"] = {"a": 3}
    made["my_Other"] = {"x": [1, 2]}
    await made.update()
    kept = await c8y.inventory.get(made.id)
    assert (kept["my_Part"], kept["my_Other.x"], kept.name) == ({"a": 3}, [1, 2], "it's <b>")
    await kept.delete()
    with pytest.raises(KeyError):
        await c8y.inventory.get(made.id)


@asynchronous
async def test_null_removes_a_fragment_and_nothing_else(c8y: CumulocityClient, label: str) -> None:
    made = await ManagedObject(c8y, type=label, name="x", my_Part={"a": 1}, my_Other={}).create()
    await c8y.inventory.apply_to({"my_Part": None}, made.id)
    kept = await made.reload(copy=True)
    assert "my_Part" not in kept
    assert "my_Other" in kept


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("my_Size.value eq 5", ["0"]),
        ("my_Size.value gt 5", ["1", "2"]),
        ("my_Size.value ge 7.5d", ["1", "2"]),
        ("my_Size.value lt 10", ["0"]),
        ("my_Size.value le 10 and not (my_Size.value eq 5)", ["1"]),
        ("my_Size.value eq 5 or my_Size.value eq 15", ["0", "2"]),
        ("name eq '*1'", ["1"]),
        ("has(my_Size) and my_Missing eq null", ["0", "1", "2"]),
        ("hasany(my_Missing,my_Size)", ["0", "1", "2"]),
        ("creationTime.date gt '2020-01-01T00:00:00+01:00'", ["0", "1", "2"]),
    ],
)
def test_each_operator_of_the_query_language_selects(
    c8y: CumulocityClient, label: str, condition: str, found: list[str]
) -> None:
    async def selected(c8y: CumulocityClient) -> None:
        await stored(c8y, label, 5, 10, 15)
        query = f"$filter=(type eq '{label}' and ({condition}))"
        assert names(await c8y.inventory.get_all(query=query)) == found
        assert await c8y.inventory.get_count(query=query) == len(found)

    asynchronous(selected)(c8y=c8y)


@asynchronous
async def test_members_of_groups_and_hierarchies_are_selected(c8y: CumulocityClient, label: str) -> None:
    root = await DeviceGroup(c8y, name=label, root=True).create()
    hall = await root.create_child("hall")
    inside, below = [await Device(c8y, type=label, name=label).create() for _ in range(2)]
    await root.assign_child_asset(inside)
    await hall.assign_child_asset(below)
    of_type = f"type eq '{label}'"
    for condition, found in (
        (f"bygroupid({root.id})", {inside.id}),
        (f"bygroupid({root.id},{hall.id})", {inside.id, below.id}),
        (f"isinhierarchyof({root.id})", {inside.id, below.id}),
        (f"isinhierarchyof({hall.id})", {below.id}),
    ):
        query = f"$filter=({of_type} and {condition})"
        assert {one.id for one in await c8y.inventory.get_all(query=query)} == found


@asynchronous
async def test_objects_are_selected_by_name_type_fragment_and_order(
    c8y: CumulocityClient, label: str
) -> None:
    await stored(c8y, label, 3, 1, 2)
    assert len(await c8y.inventory.get_all(type=label)) == 3
    assert names(await c8y.inventory.get_all(name=f"{label} 1")) == ["1"]
    assert names(await c8y.inventory.get_all(name=f"{label} *", type=label)) == ["0", "1", "2"]
    assert len(await c8y.inventory.get_all(query=f"type eq {label}")) == 3
    found = await c8y.inventory.get_all(name=f"{label}*", order_by="my_Size.value desc")
    assert [one["my_Size.value"] for one in found] == [3, 2, 1]
    by_text = await c8y.inventory.get_all(f"type={label}&fragmentType=my_Size&pageSize=2", limit=3)
    assert len(by_text) == 3


@asynchronous
async def test_pages_are_fetched_by_several_workers_at_once(c8y: CumulocityClient, label: str) -> None:
    await stored(c8y, label, *range(23))
    found = await c8y.inventory.get_all(type=label, limit=None, page_size=4, workers=5)
    assert sorted(one["my_Size.value"] for one in found) == list(range(23))


@asynchronous
async def test_many_objects_are_created_changed_and_deleted_by_workers(
    c8y: CumulocityClient, label: str
) -> None:
    objects = [ManagedObject(c8y, type=label, name=f"{label} {number}") for number in range(40)]
    await c8y.inventory.create(*objects, workers=8)
    made = await c8y.inventory.get_all(type=label, limit=None)
    await c8y.inventory.apply_to({"my_Mark": {"on": True}}, *[one.id for one in made], workers=8)
    assert await c8y.inventory.get_count(query=f"$filter=(type eq '{label}' and my_Mark.on eq true)") == 40
    await c8y.inventory.delete(*made, workers=8)
    assert await c8y.inventory.get_count(type=label) == 0
    with pytest.raises(BatchError) as refused:
        await c8y.inventory.delete(*made, workers=8)
    assert len(refused.value.errors) == 40


@asynchronous
async def test_a_tree_of_groups_is_built_listed_and_deleted(c8y: CumulocityClient, label: str) -> None:
    root = await DeviceGroup(c8y, name=label, root=True).create()
    hall = await root.create_child("hall")
    device = await Device(c8y, type=label, name=f"{label} pump").create()
    await hall.assign_child_asset(device)
    assert [one.id for one in await c8y.group_inventory.get_all(parent=root.id)] == [hall.id]
    assert [one.id for one in await c8y.device_inventory.get_all(parent=hall.id)] == [device.id]
    seen = await c8y.inventory.get(device.id, with_parents=True)
    assert [parent.id for parent in seen.parent_assets] == [hall.id]
    await hall.unassign_child_asset(device)
    assert await c8y.device_inventory.get_all(parent=hall.id) == []
    await c8y.group_inventory.assign_children(hall.id, device.id)
    await root.delete_tree()
    for gone in (root.id, hall.id):
        with pytest.raises(KeyError):
            await c8y.inventory.get(gone)


@asynchronous
async def test_an_object_is_found_by_its_external_id(c8y: CumulocityClient, label: str) -> None:
    device = await Device(c8y, type=label, name=label).create()
    await ExternalId(c8y, external_id=label, external_type="c8y_Serial", managed_object_id=device.id).create()
    await c8y.identity.create(external_id=label, external_type="my_Id", managed_object_id=device.id)
    assert {one.external_type for one in await c8y.identity.get_all(device.id)} == {"c8y_Serial", "my_Id"}
    assert await c8y.identity.get_id(label, "c8y_Serial") == device.id
    assert (await c8y.identity.get_object(label, "my_Id")).name == label
    await c8y.identity.delete(external_id=label, external_type="my_Id")
    with pytest.raises(KeyError):
        await c8y.identity.get(label, "my_Id")


@asynchronous
async def test_the_availability_of_a_monitored_device_is_known(c8y: CumulocityClient, label: str) -> None:
    device = await Device(c8y, name=label, c8y_RequiredAvailability={"responseInterval": 10}).create()
    availability = await c8y.inventory.get_latest_availability(device.id)
    assert availability.device_id == device.id
    assert availability.interval == 10
    assert availability.last_message_time


@asynchronous
async def test_a_file_is_kept_replaced_and_read_back(c8y: CumulocityClient, label: str) -> None:
    binary = await c8y.binaries.upload(BytesIO(b"first"), name=f"{label}.txt", type="text/plain")
    assert (binary["contentType"], binary["length"]) == ("text/plain", 5)
    assert await binary.read_file() == (b"first", f"{label}.txt")
    await c8y.binaries.update(binary.id, BytesIO(b"second one"), type="text/csv")
    assert (await c8y.binaries.read_file(binary.id)).content == b"second one"
    assert (await c8y.inventory.get(binary.id))["length"] == 10
    assert [
        one.id for one in await c8y.binaries.get_all(type="text/plain", limit=None) if one.id == binary.id
    ]
    await c8y.binaries.delete(binary.id)
    with pytest.raises(KeyError):
        await c8y.binaries.read_file(binary.id)
