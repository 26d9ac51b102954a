"""What the chaos lets jobs do, and how to see in the tenant that they did it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any

from sdk.sandbox import Sandbox

Test = Callable[[str], object]
NOW = "2026-01-01T00:00:00.000Z"
PEOPLE = ("admin", "operator", "reader", "restricted", "tfa")


@dataclass(slots=True)
class Order:
    """A job to be; `effects` counts what the tenant then holds, by target.

    `once` tells that a second effect on one target is one too many. `file` is what an import reads. `of` is
    the order that this one reverts: then `ids` are all that could be concerned.
    """

    action: str
    ids: list[str]
    params: list[str]
    effects: Callable[[], Counter[str]]
    once: bool = False
    file: str = ""
    of: Order | None = None
    job_id: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


def order(action: str, ids: Iterable[str], is_so: Test, *params: str) -> Order:
    """An order whose effect on a target is there or not."""
    ids = list(ids)
    return Order(action, ids, list(params), lambda: Counter(id for id in ids if is_so(id)))


def undo(of: Order, is_so: Test) -> Order:
    """An order that reverts another one, after which each target is again as `is_so` tells."""
    back = order(f"{of.action}.revert", of.ids, is_so)
    back.of = of
    return back


def device_orders(sandbox: Sandbox, lot: str, size: int) -> Iterator[Order]:
    """Round after round on devices of their own, which are deleted in the end and made anew."""
    for round in count(1):
        ids = [make_device(sandbox, f"{lot} {place}") for place in range(size)]
        yield from round_orders(sandbox, ids, f"c8y_Chaos_{lot}_{round}")


def round_orders(sandbox: Sandbox, ids: list[str], mark: str) -> Iterator[Order]:
    """All that can be done to devices, one job after the other."""
    objects = sandbox.tenant("acme").inventory.objects
    name = f"fragment={mark}"
    yield order("inventory.set", ids, lambda id: mark in objects[id], name, 'value={"a": 1}')
    marks = {id: objects[id].get(mark) for id in ids}
    merge = order("inventory.merge", ids, lambda id: objects[id][mark].get("b"), name, 'value={"b": 2}')
    yield merge
    yield undo(merge, lambda id: objects[id].get(mark) == marks[id])
    names = {id: objects[id]["name"] for id in ids}
    # Each time it is done the names grow: a second time would show.
    rename = order(
        "inventory.rename", ids, lambda id: objects[id]["name"] == f"{names[id]} new", "pattern={name} new"
    )
    yield rename
    yield undo(rename, lambda id: objects[id]["name"] == names[id])
    yield from membership_orders(sandbox, ids)
    yield from operation_orders(sandbox, ids)
    yield order("inventory.remove", ids, lambda id: mark not in objects[id], name)
    delete = order("inventory.delete", ids, lambda id: id not in objects)
    yield delete
    yield restoring(sandbox, delete)


def restoring(sandbox: Sandbox, delete: Order) -> Order:
    """Undo a deletion: one new object for each."""
    objects = sandbox.tenant("acme").inventory.objects

    def heirs() -> Counter[str]:
        marked = (found for found in list(objects.values()) if "c8yadmin_Restored" in found)
        stood_for = Counter(found["c8yadmin_Restored"]["of"].split("/")[1] for found in marked)
        return Counter({id: stood_for[id] for id in delete.ids})

    return Order("inventory.delete.revert", delete.ids, [], heirs, once=True, of=delete)


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
    yield order("inventory.group.add", ids, lambda id: id in members, f"group={group}")
    yield order("inventory.group.remove", ids, lambda id: id not in members, f"group={group}")


def operation_orders(sandbox: Sandbox, ids: list[str]) -> Iterator[Order]:
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
    yield undo(create, lambda id: all(one["status"] != "PENDING" for one in mine() if one["deviceId"] == id))
    if sent := [str(found["id"]) for found in mine()]:
        yield order(
            "operations.cancel", sent, lambda id: operations[id]["status"] == "FAILED", "reason=chaos"
        )


def alarm_orders(sandbox: Sandbox) -> Iterator[Order]:
    """Alarms, to and fro."""
    alarms = sandbox.tenant("acme").alarms
    ids = [str(id) for id in alarms][:200]
    for status in cycle(("ACKNOWLEDGED", "ACTIVE", "CLEARED")):
        before = {id: alarms[id]["status"] for id in ids}
        change = alarm_order(alarms, ids, status)
        yield change
        if status == "CLEARED":
            yield undo(change, status_of(alarms, before))


def status_of(alarms: Any, wanted: dict[str, str]) -> Test:
    """Whether an alarm has the status that `wanted` names for it."""
    return lambda id: bool(alarms[id]["status"] == wanted[id])


def alarm_order(alarms: Any, ids: list[str], status: str) -> Order:
    return order("alarms.status", ids, lambda id: alarms[id]["status"] == status, f"status={status}")


def user_orders(sandbox: Sandbox) -> Iterator[Order]:
    """Users who are nobody's device, and not those that the jobs work as."""
    tenant = sandbox.tenant("acme")
    ids = [name for name in tenant.users if name not in PEOPLE and not name.startswith("device_")][:40]
    group = next(group for group in tenant.groups.values() if group["name"] == "operators")
    while True:
        yield order("users.disable", ids, lambda id: not tenant.users[id]["enabled"])
        yield order("users.enable", ids, lambda id: tenant.users[id]["enabled"])
        yield order("users.role.add", ids, lambda id: id in group["users"], "role=operators")
        yield order("users.role.remove", ids, lambda id: id not in group["users"], "role=operators")


def import_orders(sandbox: Sandbox, size: int) -> Iterator[Order]:
    """Files of new devices, with an external id and without one, and of new users."""
    for round in count(1):
        names = [f"Imported {round}-{place}" for place in range(size)]
        yield device_import(sandbox, "".join(["name\n", *(f"{name}\n" for name in names)]), size)
        told = (f"{name.replace(' ', '-')},{name}\n" for name in names)
        yield device_import(sandbox, "".join(["serial,name\n", *told]), size)
        yield user_import(sandbox, [f"chaos-{round}-{place}" for place in range(min(size, 20))])


def device_import(sandbox: Sandbox, file: str, size: int) -> Order:
    inventory = sandbox.tenant("acme").inventory

    def made() -> Counter[str]:
        found = [found.get("c8yadmin_Import") for found in list(inventory.objects.values())]
        marks = (mark["row"].split("/") for mark in found if mark)
        return Counter(row for job, row in marks if job == create.job_id)

    rows = [str(place + 2) for place in range(size)]
    create = Order("inventory.import", rows, [], made, once=True, file=file)
    return create


def user_import(sandbox: Sandbox, names: list[str]) -> Order:
    users = sandbox.tenant("acme").users
    rows = {str(row): name for row, name in enumerate(names, 2)}
    file = "".join(["userName,email\n", *(f"{name},{name}@example.com\n" for name in names)])
    return Order(
        "users.import",
        list(rows),
        [],
        lambda: Counter(row for row, name in rows.items() if name in users),
        file=file,
    )


def all_orders(sandbox: Sandbox, lots: int, size: int) -> list[Iterator[Order]]:
    """Lines of orders: those of one line come one after the other, the lines at once."""
    devices = [device_orders(sandbox, f"L{number}", size) for number in range(lots)]
    return [*devices, alarm_orders(sandbox), user_orders(sandbox), import_orders(sandbox, size)]
