"""Devices that fall silent, and come back."""

from __future__ import annotations

import time

import pytest
import time_machine

from sdk.sandbox import Sandbox
from sdk.sandbox.live import Live
from sdk.sandbox.store.availability import ALARM, decay
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

HOUR = 3600


@pytest.fixture
def device(acme: Tenant) -> str:
    """A device that has been heard just now and is expected every hour."""
    found = next(
        key
        for key, found in acme.inventory.objects.items()
        if found.get("c8y_RequiredAvailability", {}).get("responseInterval") == 60
    )
    acme.heard_from(found)
    return found


def status(acme: Tenant, device: str) -> str:
    return str(acme.inventory.objects[device]["c8y_Availability"]["status"])


def missed(acme: Tenant, device: str) -> list[str]:
    return [found["status"] for found in acme.alarms.of(device) if found["type"] == ALARM]


def test_a_device_that_is_silent_for_too_long_becomes_unavailable(acme: Tenant, device: str) -> None:
    decay(acme, [device])
    assert (status(acme, device), missed(acme, device)) == ("AVAILABLE", [])
    with time_machine.travel(time.time() + 2 * HOUR):
        for _ in range(2):
            decay(acme, [device])
            assert (status(acme, device), missed(acme, device)) == ("UNAVAILABLE", ["ACTIVE"])


def unavailable(acme: Tenant) -> set[str]:
    monitored = acme.inventory.index.having("c8y_RequiredAvailability").listed()
    return {device for device in monitored if status(acme, device) == "UNAVAILABLE"}


def test_in_a_living_tenant_devices_fall_silent(sandbox: Sandbox, acme: Tenant) -> None:
    before = unavailable(acme)
    with time_machine.travel(time.time() + 2 * HOUR):
        Live(sandbox).tick()
    assert len(unavailable(acme)) > len(before)


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (15, (15, "AVAILABLE")),
        ("15", (15, "AVAILABLE")),
        (99_999, (32_767, "AVAILABLE")),
        (0, (0, "MAINTENANCE")),
        ("-5", (-5, "MAINTENANCE")),
    ],
)
def test_an_interval_is_told_as_a_number_within_its_borders(
    acme: Tenant, checked: Door, device: str, stored: object, told: tuple[int, str]
) -> None:
    path = f"/inventory/managedObjects/{device}"
    body = {"c8y_RequiredAvailability": {"responseInterval": stored}}
    assert checked.put(path, "managedobject", body).status_code == 200
    answer = checked.get(f"{path}/availability").json()
    assert (answer["interval"], answer["dataStatus"]) == told


@pytest.mark.parametrize("stored", ["soon", None, [], True, {}])
@pytest.mark.undescribed("an interval that is no number")
def test_without_an_interval_nothing_is_monitored(
    acme: Tenant, admin: Door, device: str, stored: object
) -> None:
    acme.inventory.objects[device]["c8y_RequiredAvailability"] = {"responseInterval": stored}
    assert admin.get(f"/inventory/managedObjects/{device}/availability").status_code == 404


def test_it_recovers_with_its_next_message(acme: Tenant, admin: Door, device: str) -> None:
    with time_machine.travel(time.time() + 2 * HOUR):
        decay(acme, [device])
        assert status(acme, device) == "UNAVAILABLE"
        acme.heard_from(device)
        assert (status(acme, device), missed(acme, device)) == ("AVAILABLE", ["CLEARED"])
        count = admin.get(f"/inventory/managedObjects/{device}").json()["c8y_ActiveAlarmsStatus"]["major"]
        active = admin.get(f"/alarm/alarms/count?source={device}&status=ACTIVE&severity=MAJOR").text
        assert count == int(active)


def test_silent_devices_come_back_by_themselves(sandbox: Sandbox, acme: Tenant) -> None:
    live, before = Live(sandbox, seed=3), unavailable(acme)
    for _ in range(40):
        live.tick()
    assert before - unavailable(acme)


def test_a_device_in_maintenance_is_not_missed(acme: Tenant, device: str) -> None:
    acme.inventory.update(device, {"c8y_RequiredAvailability": {"responseInterval": -1}})
    with time_machine.travel(time.time() + 2 * HOUR):
        decay(acme, [device])
    assert status(acme, device) == "AVAILABLE"


@pytest.mark.parametrize("odd", [None, 7, {}, {"responseInterval": "x"}, {"responseInterval": True}])
def test_an_odd_interval_breaks_nothing(acme: Tenant, device: str, odd: object) -> None:
    acme.inventory.update(device, {"c8y_RequiredAvailability": odd})
    with time_machine.travel(time.time() + 2 * HOUR):
        decay(acme, [device])
    assert status(acme, device) == "AVAILABLE"
