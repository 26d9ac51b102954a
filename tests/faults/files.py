"""What the chaos reads from files and writes into files."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from itertools import count, cycle

from c8yadmin.jobs.exports import parts
from c8yadmin.jobs.models import ExportFile
from sdk.sandbox import Sandbox
from tests.faults.orders import Order, undo


def import_orders(sandbox: Sandbox, size: int) -> Iterator[Order]:
    """Files of new devices, with an external id and without one, and of new users."""
    for round in count(1):
        names = [f"Imported {round}-{place}" for place in range(size)]
        yield from device_import(sandbox, "".join(["name\n", *(f"{name}\n" for name in names)]), size)
        told = (f"{name.replace(' ', '-')},{name}\n" for name in names)
        yield from device_import(sandbox, "".join(["serial,name\n", *told]), size)
        yield from user_import(sandbox, [f"chaos-{round}-{place}" for place in range(min(size, 20))])


def device_import(sandbox: Sandbox, file: str, size: int) -> Iterator[Order]:
    inventory = sandbox.tenant("acme").inventory

    def made() -> Counter[str]:
        found = [found.get("c8yadmin_Import") for found in list(inventory.objects.values())]
        marks = (mark["row"].split("/") for mark in found if mark)
        return Counter(row for job, row in marks if job == create.job_id)

    rows = [str(place + 2) for place in range(size)]
    create = Order("inventory.import", rows, [], made, once=True, file=file)
    yield create
    yield undo(create, lambda: Counter(rows) - made())


def user_import(sandbox: Sandbox, names: list[str]) -> Iterator[Order]:
    users = sandbox.tenant("acme").users
    rows = {str(row): name for row, name in enumerate(names, 2)}
    file = "".join(["userName,email\n", *(f"{name},{name}@example.com\n" for name in names)])

    def made() -> Counter[str]:
        return Counter(row for row, name in rows.items() if name in users)

    create = Order("users.import", list(rows), [], made, file=file)
    yield create
    yield undo(create, lambda: Counter(list(rows)) - made())


def export_orders(sandbox: Sandbox) -> Iterator[Order]:
    """Files of what nobody deletes meanwhile, as whole objects and as tables."""
    tenant = sandbox.tenant("acme")
    devices = [id for id, found in tenant.inventory.objects.items() if "c8y_IsDevice" in found]
    people = [name for name in tenant.users if not name.startswith(("device_", "chaos-"))]
    kinds = {"inventory": devices, "operations": list(map(str, tenant.operations)), "users": people}
    kinds["alarms"] = list(map(str, tenant.alarms))
    for format in cycle(("jsonl", "csv")):
        for kind, ids in kinds.items():
            yield export(f"{kind}.export", ids[:200], format)


def export(action: str, ids: list[str], format: str) -> Order:
    """An order whose effect on a target is its row in the file."""

    def rows() -> Counter[str]:
        made = ExportFile.objects.filter(job_id=read.job_id).first()
        if made is None:
            return Counter()
        with (parts.home() / made.name).open(encoding="utf-8-sig", newline="") as file:
            return Counter(
                str(row["id"]) for row in (csv.DictReader(file) if format == "csv" else map(json.loads, file))
            )

    read = Order(action, ids, [f"format={format}"], rows, once=True)
    return read
