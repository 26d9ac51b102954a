"""c8y_api and the inventory."""

from __future__ import annotations

from io import BytesIO

import pytest
from c8y_api import CumulocityApi
from c8y_api.model import Device, DeviceGroup, ManagedObject


def stored(c8y: CumulocityApi, kind: str, amount: int) -> list[ManagedObject]:
    return [
        ManagedObject(c8y, type=kind, name=f"{kind} {number}", my_Size={"value": number}).create()
        for number in range(amount)
    ]


def test_an_object_is_created_changed_and_deleted(sync_c8y: CumulocityApi, label: str) -> None:
    made = ManagedObject(sync_c8y, type=label, name="x", my_Part={"a": 1}, my_Other={}).create()
    made.name = "y"
    made["my_Part"] = {"a": 2}
    assert made.update().my_Part.a == 2
    sync_c8y.inventory.apply_to({"my_Other": None}, made.id)
    kept = sync_c8y.inventory.get(made.id)
    assert kept.name == "y"
    assert "my_Other" not in kept
    kept.delete()
    with pytest.raises(KeyError):
        sync_c8y.inventory.get(made.id)


def test_objects_are_selected_by_type_name_query_and_order(sync_c8y: CumulocityApi, label: str) -> None:
    stored(sync_c8y, label, 7)
    assert len(sync_c8y.inventory.get_all(type=label, page_size=3)) == 7
    assert sync_c8y.inventory.get_count(type=label) == 7
    assert [one.name for one in sync_c8y.inventory.get_all(name=f"{label} 4")] == [f"{label} 4"]
    query = f"$filter=(type eq '{label}' and my_Size.value ge 5)"
    assert len(sync_c8y.inventory.get_all(query=query)) == 2
    found = sync_c8y.inventory.get_all(name=f"{label}*", type=label, order_by="my_Size.value desc", limit=2)
    assert [one.my_Size.value for one in found] == [6, 5]
    by_expression = f"query=$filter=(type eq '{label}') $orderby=my_Size.value asc"
    assert sync_c8y.inventory.get_all(by_expression)[0].my_Size.value == 0


def test_the_count_of_devices_agrees_with_their_list(sync_c8y: CumulocityApi, label: str) -> None:
    Device(sync_c8y, name=label, type=label).create()
    found = sync_c8y.device_inventory.get_all(type=label)
    assert len(found) == sync_c8y.device_inventory.get_count(type=label) == 1


def test_a_tree_of_groups_is_built_listed_and_deleted(sync_c8y: CumulocityApi, label: str) -> None:
    root = DeviceGroup(sync_c8y, root=True, name=label).create()
    hall = root.create_child("hall")
    device = Device(sync_c8y, name=label, type=label).create()
    hall.add_child_asset(device)
    assert [one.id for one in sync_c8y.group_inventory.get_all(parent=root.id)] == [hall.id]
    seen = sync_c8y.inventory.get(hall.id, with_children=True)
    assert [child.id for child in seen.child_assets] == [device.id]
    sync_c8y.group_inventory.unassign_children(hall.id, device.id)
    assert not sync_c8y.inventory.get(hall.id, with_children=True).child_assets
    sync_c8y.group_inventory.delete_trees(root.id)
    with pytest.raises(KeyError):
        sync_c8y.inventory.get(hall.id)
    assert sync_c8y.inventory.get(device.id).name == label


def test_an_object_is_found_by_its_external_id(sync_c8y: CumulocityApi, label: str) -> None:
    device = Device(sync_c8y, name=label, type=label).create()
    sync_c8y.identity.create(label, "c8y_Serial", device.id)
    with pytest.raises(ValueError, match="409"):
        sync_c8y.identity.create(label, "c8y_Serial", device.id)
    assert sync_c8y.identity.get_id(label, "c8y_Serial") == device.id
    assert sync_c8y.identity.get_object(label, "c8y_Serial").name == label
    assert [one.external_id for one in sync_c8y.identity.get_all(device.id)] == [label]
    sync_c8y.identity.delete(label, "c8y_Serial")
    with pytest.raises(KeyError):
        sync_c8y.identity.get_id(label, "c8y_Serial")


def test_a_file_is_kept_replaced_and_read_back(sync_c8y: CumulocityApi, label: str) -> None:
    binary = sync_c8y.binaries.upload(BytesIO(b"first"), name=f"{label}.txt", type="text/plain")
    assert (binary.content_type, binary.length) == ("text/plain", 5)
    assert sync_c8y.binaries.read_file(binary.id) == b"first"
    sync_c8y.binaries.update(binary.id, BytesIO(b"second one"), type="text/plain")
    assert sync_c8y.binaries.read_file(binary.id) == b"second one"
    assert sync_c8y.binaries.get_count() >= 1
    sync_c8y.binaries.delete(binary.id)
    with pytest.raises(KeyError):
        sync_c8y.binaries.read_file(binary.id)
