"""Devices of the makes, with owners, external ids, places in groups and availability."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sdk.sandbox import times
from sdk.sandbox.call import Json
from sdk.sandbox.store.operations import AGENT
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.users import group_named
from sdk.sandbox.world.makes import MAKES, STRANGE_NAMES, Make

SENSORS_OF_A_GATEWAY = 8
UNGROUPED = 0.05


@dataclass(slots=True)
class Made:
    """A device that was built, for what comes after."""

    id: str
    make: Make
    document: Json


def build_devices(
    tenant: Tenant, amount: int, groups: list[str], rng: random.Random, start: datetime
) -> list[Made]:
    """Create `amount` devices; gives them in the order of their ids."""
    builder = _Builder(tenant, rng, start)
    drawn = rng.choices(MAKES, [make.share for make in MAKES], k=amount)
    made: list[Made] = []
    gateway, free = "", 0
    for number, make in enumerate(drawn):
        device = builder.create(number, make)
        made.append(device)
        if make.name == "Gateway":
            gateway, free = device.id, SENSORS_OF_A_GATEWAY
        if make.name == "Sensor" and free:
            tenant.inventory.link("childDevices", gateway, device.id)
            free -= 1
        elif rng.random() > UNGROUPED:
            tenant.inventory.link("childAssets", groups[number % len(groups)], device.id)
    return made


class _Builder:
    def __init__(self, tenant: Tenant, rng: random.Random, start: datetime) -> None:
        self._tenant, self._rng, self._start = tenant, rng, start
        self._counted = dict.fromkeys((make.name for make in MAKES), 0)
        self._members = group_named(tenant, "devices")["users"]
        self._days = [
            times.stamp(start - timedelta(days=day, seconds=day * 37 % 86_400)) for day in range(1, 366)
        ]
        self._minutes = [
            times.stamp(start - timedelta(minutes=minute, milliseconds=minute * 7919 % 60_000))
            for minute in range(60)
        ]
        self._firmware = {
            (make.name, version): {
                "name": make.model.lower().replace(" ", "-"),
                "version": version,
                "url": "",
            }
            for make in MAKES
            for version in make.firmware
        }
        self._series = {make.name: {name for name, *_ in make.series} for make in MAKES}

    def create(self, number: int, make: Make) -> Made:
        tenant, rng = self._tenant, self._rng
        self._counted[make.name] += 1
        count = self._counted[make.name]
        serial = f"{make.prefix}-{number:06d}"
        identifier, owner = tenant.next_id(), f"device_{serial}"
        document: Json = {
            "id": identifier,
            "name": STRANGE_NAMES.get(number, f"{make.name} {count:04d}"),
            "type": make.type,
            "owner": owner,
            "creationTime": rng.choice(self._days),
            "lastUpdated": rng.choice(self._minutes),
            "c8y_IsDevice": {},
            "c8y_Hardware": {"model": make.model, "serialNumber": serial, "revision": "ABCD"[number % 4]},
            "c8y_Firmware": dict(self._firmware[make.name, rng.choice(make.firmware)]),
        }
        if make.operations:
            document[AGENT] = {}
            document["c8y_SupportedOperations"] = list(make.operations)
        if make.mobile:
            document |= _mobile(rng)
        self._add_availability(document)
        tenant.inventory.create(document)
        tenant.bind("c8y_Serial", serial, identifier)
        tenant.users[owner] = {
            "id": owner,
            "userName": owner,
            "enabled": number % 97 != 5,
            "shouldResetPassword": False,
        }
        tenant.passwords[owner] = f"{rng.getrandbits(48):012x}"
        self._members.add(owner)
        tenant.series[identifier] = self._series[make.name]
        return Made(identifier, make, document)

    def _add_availability(self, document: Json) -> None:
        """Most devices are monitored and available; some are silent, in maintenance, or not monitored."""
        draw = self._rng.random()
        if draw < 0.1:
            return
        status = "AVAILABLE" if draw < 0.78 else "UNAVAILABLE" if draw < 0.95 else "MAINTENANCE"
        document["c8y_RequiredAvailability"] = {"responseInterval": -1 if status == "MAINTENANCE" else 60}
        heard = self._rng.choice(self._minutes if status == "AVAILABLE" else self._days)
        document["c8y_Availability"] = {"status": status, "lastMessage": heard}
        connected = {"AVAILABLE": "CONNECTED", "UNAVAILABLE": "DISCONNECTED"}
        document["c8y_Connection"] = {"status": connected.get(status, "MAINTENANCE")}


def _mobile(rng: random.Random) -> Json:
    return {
        "c8y_Mobile": {
            "imei": f"{rng.randrange(10**14, 10**15)}",
            "iccid": f"8949{rng.randrange(10**14, 10**15)}",
        },
        "c8y_Position": {
            "lat": round(rng.uniform(36, 60), 5),
            "lng": round(rng.uniform(-6, 26), 5),
            "alt": rng.randrange(400),
        },
    }
