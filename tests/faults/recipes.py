"""What the chaos lets jobs do, and what the tenant then holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, MutableMapping
from itertools import chain, count, cycle
from typing import Any

from sdk.sandbox import Sandbox
from sdk.sandbox.store.operations import open_operation
from tests.faults.files import export_orders, import_orders
from tests.faults.orders import Order, Test, order, those, to_and_fro, undo

Objects = MutableMapping[str, Any]
NOW = "2026-01-01T00:00:00.000Z"
PEOPLE = ("admin", "operator", "reader", "restricted", "tfa")


def device_orders(sandbox: Sandbox, lot: int, size: int) -> Iterator[Order]:
    """Round after round on devices of their own, which are deleted in the end and made anew.

    Each lot leaves out more of its first round than the one before it: all has its turn early.
    """
    for round in count():
        ids = [make_device(sandbox, f"L{lot} {place}") for place in range(size)]
        parts = round_orders(sandbox, ids, f"c8y_Chaos_{lot}_{round}")
        yield from chain.from_iterable(parts if round else parts[lot % len(parts) :])


def round_orders(sandbox: Sandbox, ids: list[str], mark: str) -> list[Iterator[Order]]:
    """All that can be done to devices, one part after the other."""
    objects = sandbox.tenant("acme").inventory.objects
    return [
        fragment_orders(objects, ids, mark),
        renaming_orders(objects, ids),
        membership_orders(sandbox, ids),
        operation_orders(sandbox, ids),
        deletion_orders(objects, ids),
    ]


def fragment_orders(objects: Objects, ids: list[str], mark: str) -> Iterator[Order]:
    """Set a fragment, merge something into it, and remove it."""

    def is_gone(id: str) -> bool:
        return mark not in objects[id]

    def is_merged(id: str) -> bool:
        return "b" in objects[id].get(mark, {})

    name = f"fragment={mark}"
    put = order("inventory.set", ids, lambda id: objects[id].get(mark) == {"a": 1}, name, 'value={"a": 1}')
    yield from to_and_fro(put, those(ids, is_gone))
    merge = order("inventory.merge", ids, is_merged, name, 'value={"b": 2}')
    yield from to_and_fro(merge, those(ids, lambda id: not is_merged(id)))
    yield from to_and_fro(order("inventory.remove", ids, is_gone, name), those(ids, is_merged))


def renaming_orders(objects: Objects, ids: list[str]) -> Iterator[Order]:
    """Each time it is done the names grow: a second time would show."""
    names = {id: objects[id]["name"] for id in ids}
    rename = order(
        "inventory.rename", ids, lambda id: objects[id]["name"] == f"{names[id]} new", "pattern={name} new"
    )
    yield from to_and_fro(rename, those(ids, lambda id: objects[id]["name"] == names[id]))


def deletion_orders(objects: Objects, ids: list[str]) -> Iterator[Order]:
    """Delete them, which is undone by one new object for each, and delete those."""

    def heirs() -> Counter[str]:
        marked = (found for found in list(objects.values()) if "c8yadmin_Restored" in found)
        stood_for = Counter(found["c8yadmin_Restored"]["of"].split("/")[1] for found in marked)
        return Counter({id: stood_for[id] for id in ids})

    delete = order("inventory.delete", ids, lambda id: id not in objects)
    restore = undo(delete, heirs, once=True)
    yield from (delete, restore, undo(restore, lambda: Counter(ids) - heirs()))


def make_device(sandbox: Sandbox, name: str) -> str:
    tenant = sandbox.tenant("acme")
    with tenant.lock:
        device = {"id": str(tenant.next_id()), "name": name, "type": "chaos", "owner": "admin"}
        tenant.inventory.create(
            device
            | {"creationTime": NOW, "lastUpdated": NOW, "c8y_IsDevice": {}}
            | {"com_cumulocity_model_Agent": {}}
        )
    return device["id"]


def membership_orders(sandbox: Sandbox, ids: list[str]) -> Iterator[Order]:
    inventory = sandbox.tenant("acme").inventory
    group = next(id for id, found in inventory.objects.items() if found.get("type") == "c8y_DeviceGroup")
    members = inventory.children["childAssets"].setdefault(group, {})
    add = order("inventory.group.add", ids, lambda id: id in members, f"group={group}")
    remove = order("inventory.group.remove", ids, lambda id: id not in members, f"group={group}")
    yield from (*to_and_fro(add, remove.effects), *to_and_fro(remove, add.effects))


def operation_orders(sandbox: Sandbox, ids: list[str]) -> Iterator[Order]:
    """Create operations and take that back; cancel what others have created."""
    operations = sandbox.tenant("acme").operations
    body = '{"c8y_Restart": {}, "description": "chaos"}'

    def mine() -> list[dict[str, Any]]:
        marked = (found for found in list(operations.values()) if "c8yadmin_Job" in found)
        return [found for found in marked if found["c8yadmin_Job"]["id"] == create.job_id]

    create = Order(
        "operations.create",
        ids,
        [f"body={body}", "unsupported=on"],
        lambda: Counter(found["deviceId"] for found in mine()),
        once=True,
    )
    yield create

    def withdrawn() -> Counter[str]:
        return Counter(ids) - Counter(found["deviceId"] for found in mine() if found["status"] == "PENDING")

    yield undo(create, withdrawn)
    sent = [make_operation(sandbox, id) for id in ids]
    yield order("operations.cancel", sent, lambda id: operations[id]["status"] == "FAILED", "reason=chaos")


def make_operation(sandbox: Sandbox, device: str) -> str:
    tenant = sandbox.tenant("acme")
    with tenant.lock:
        return str(open_operation(tenant, device, {"c8y_Restart": {}})["id"])


def alarm_orders(sandbox: Sandbox) -> Iterator[Order]:
    """Alarms, from one status to the next, back, and on again."""
    alarms = sandbox.tenant("acme").alarms
    ids = [str(id) for id in alarms][:200]
    for status in cycle(("ACTIVE", "ACKNOWLEDGED", "CLEARED")):
        before = {id: alarms[id]["status"] for id in ids}
        change = order(
            "alarms.status", ids, status_of(alarms, dict.fromkeys(ids, status)), f"status={status}"
        )
        yield from to_and_fro(change, those(ids, status_of(alarms, before)))


def status_of(alarms: Any, wanted: dict[str, str]) -> Test:
    """Whether an alarm has the status that `wanted` names for it."""
    return lambda id: bool(alarms[id]["status"] == wanted[id])


def user_orders(sandbox: Sandbox) -> Iterator[Order]:
    """Users who are nobody's device, and not those that the jobs work as."""
    tenant = sandbox.tenant("acme")
    ids = [name for name in tenant.users if name not in PEOPLE and not name.startswith("device_")][:40]
    group = next(group for group in tenant.groups.values() if group["name"] == "operators")
    while True:
        disable = order("users.disable", ids, lambda id: not tenant.users[id]["enabled"])
        enable = order("users.enable", ids, lambda id: tenant.users[id]["enabled"])
        yield from (*to_and_fro(disable, enable.effects), *to_and_fro(enable, disable.effects))
        add = order("users.role.add", ids, lambda id: id in group["users"], "role=operators")
        remove = order("users.role.remove", ids, lambda id: id not in group["users"], "role=operators")
        yield from (*to_and_fro(add, remove.effects), *to_and_fro(remove, add.effects))


def all_orders(sandbox: Sandbox, lots: int, size: int) -> list[Iterator[Order]]:
    """Lines of orders: those of one line come one after the other, the lines at once."""
    devices = [device_orders(sandbox, lot, size) for lot in range(lots)]
    reading = export_orders(sandbox)
    return [*devices, alarm_orders(sandbox), user_orders(sandbox), import_orders(sandbox, size), reading]
