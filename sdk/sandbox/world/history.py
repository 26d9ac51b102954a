"""What the devices sent and were told: alarms, events, measurements, operations, bulk operations."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from sdk.sandbox import times
from sdk.sandbox.call import Json
from sdk.sandbox.store.operations import AGENT, agent_of
from sdk.sandbox.store.records import Records
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.world.devices import Made
from sdk.sandbox.world.makes import ALARMS, EVENTS, FAILURES, OPERATIONS

WITH_ALARM, WITH_OPERATION = 0.15, 0.1
MOST_TALKATIVE = 1000
"""So many devices, the first ones, have measurements and events; more would only cost memory."""
MEASUREMENTS_EACH, EVENTS_EACH = 6, 2
_STATUSES = ("SUCCESSFUL", "SUCCESSFUL", "FAILED", "EXECUTING", "PENDING")


def build_history(tenant: Tenant, made: list[Made], rng: random.Random, start: datetime) -> None:
    """What happened goes into the stores in the order of its time, so that ids rise with it."""
    happened: list[tuple[str, Records, Json]] = []
    for device in made:
        if rng.random() < WITH_ALARM:
            happened += [(alarm["time"], tenant.alarms, alarm) for alarm in _alarms(device, rng, start)]
        if rng.random() < WITH_OPERATION and AGENT in device.document:
            operation = _operation(tenant, device.id, rng, start)
            happened.append((operation["creationTime"], tenant.operations, operation))
    for device in made[:MOST_TALKATIVE]:
        _measurements(tenant, device, rng, start)
        for event in (_event(device, rng, start) for _ in range(EVENTS_EACH)):
            happened.append((event["time"], tenant.events, event))
    happened += _bulk_operations(tenant, made, start)
    for _, records, record in sorted(happened, key=lambda entry: entry[0]):
        records.put({"id": tenant.next_id()} | record)


def _before(start: datetime, rng: random.Random, days: float) -> str:
    return times.stamp(start - timedelta(seconds=rng.uniform(60, days * 86_400)))


def _alarms(device: Made, rng: random.Random, start: datetime) -> Iterator[Json]:
    first = rng.randrange(len(ALARMS))
    for kind, text, severity in ALARMS[first : first + rng.choice((1, 1, 2))]:
        at = _before(start, rng, 20)
        yield {
            "type": kind, "text": text, "severity": severity, "time": at,
            "creationTime": at, "lastUpdated": at, "firstOccurrenceTime": at,
            "source": {"id": device.id}, "count": rng.choice((1, 1, 1, 3, 12)),
            "status": rng.choice(("ACTIVE", "ACTIVE", "ACKNOWLEDGED", "CLEARED")),
        }  # fmt: skip


def _event(device: Made, rng: random.Random, start: datetime) -> Json:
    kind, text = rng.choice(EVENTS)
    at = _before(start, rng, 20)
    event: Json = {"type": kind, "text": text, "time": at, "creationTime": at, "lastUpdated": at}
    return event | {"source": {"id": device.id}}


def _measurements(tenant: Tenant, device: Made, rng: random.Random, start: datetime) -> None:
    for step in range(MEASUREMENTS_EACH, 0, -1):
        at = times.stamp(start - timedelta(minutes=10 * step))
        tenant.measurements.put(measurement(tenant, device, rng, at))


def measurement(tenant: Tenant, device: Made, rng: random.Random, at: str) -> Json:
    """A measurement of all series of the device's make."""
    found: Json = {
        "id": tenant.next_id(),
        "type": f"{device.make.type}Measurement",
        "time": at,
        "source": {"id": device.id},
    }
    for name, unit, lowest, highest in device.make.series:
        fragment, series = name.split(".")
        found.setdefault(fragment, {})[series] = {
            "value": round(rng.uniform(lowest, highest), 2),
            "unit": unit,
        }
    return found


def _operation(tenant: Tenant, device: str, rng: random.Random, start: datetime) -> Json:
    description, fragment = rng.choice(OPERATIONS)
    operation: Json = {
        "creationTime": _before(start, rng, 10), "deviceId": device, "agentId": agent_of(tenant, device),
        "status": rng.choice(_STATUSES), "description": description,
        "deviceName": tenant.inventory.objects[device]["name"],
    }  # fmt: skip
    if operation["status"] == "FAILED":
        operation["failureReason"] = rng.choice(FAILURES)
    return operation | fragment


def _bulk_operations(tenant: Tenant, made: list[Made], start: datetime) -> list[tuple[str, Records, Json]]:
    """One that is finished with errors and one that is still to come; gives the operations of the first."""
    agents = [device.id for device in made if AGENT in device.document][:10]
    group = next(iter(tenant.inventory.index.of_type("c8y_DeviceGroup").listed()))
    prototype = {"description": "Restart device", "c8y_Restart": {}}
    shape: Json = {
        "groupId": group,
        "creationRamp": 15.0,
        "operationPrototype": prototype,
        "creator": "admin",
    }
    past, future = times.stamp(start - timedelta(days=2)), times.stamp(start + timedelta(days=30))
    done: Json = {"status": "COMPLETED", "targets": agents, "created": len(agents), "startDate": past}
    tenant.bulk_operations["1"] = {"id": "1"} | shape | done
    tenant.bulk_operations["2"] = {"id": "2"} | shape | {"status": "ACTIVE", "startDate": future}
    operations = []
    for number, device in enumerate(agents):
        failed: Json = (
            {"status": "FAILED", "failureReason": FAILURES[0]}
            if number % 4 == 3
            else {"status": "SUCCESSFUL"}
        )
        known: Json = {"deviceId": device, "agentId": device, "creationTime": past, "bulkOperationId": 1}
        known["deviceName"] = tenant.inventory.objects[device]["name"]
        operations.append((past, tenant.operations, known | prototype | failed))
    return operations
