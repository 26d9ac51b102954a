"""A sandbox that breathes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.live import Live
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door


@pytest.fixture
def live(sandbox: Sandbox) -> Live:
    return Live(sandbox, seed=3)


def until(live: Live, reached: Callable[[], bool], ticks: int = 60) -> None:
    for _ in range(ticks):
        if reached():
            return
        live.tick()
    raise AssertionError(f"not reached in {ticks} ticks")


def test_an_accepted_device_comes_online_step_by_step(live: Live, admin: Door, acme: Tenant) -> None:
    path = "/devicecontrol/newDeviceRequests"
    admin.post(path, "newdevicerequest", {"id": "imei-1", "type": "c8y_Gateway"})
    until(live, lambda: acme.requests["imei-1"]["status"] == "PENDING_ACCEPTANCE")
    admin.put(f"{path}/imei-1", "newdevicerequest", {"status": "ACCEPTED"})
    until(live, lambda: "device_imei-1" in acme.users)
    assert ("c8y_Serial", "imei-1") not in acme.identities
    until(live, lambda: ("c8y_Serial", "imei-1") in acme.identities)
    device = acme.device("imei-1")
    assert (device["owner"], device["type"]) == ("device_imei-1", "c8y_Gateway")
    until(live, lambda: any(acme.measurements.of(device["id"])))
    assert device["c8y_Availability"]["status"] == "AVAILABLE"


def test_silent_devices_stay_silent(live: Live, acme: Tenant) -> None:
    silent = [key for key, found in acme.requests.items() if found.get("silent")]
    before = [acme.requests[key]["status"] for key in silent]
    for _ in range(10):
        live.tick()
    assert [acme.requests[key]["status"] for key in silent] == before


def test_operations_are_executed(live: Live, admin: Door, acme: Tenant, agent: str) -> None:
    made = [
        admin.post("/devicecontrol/operations", "operation", {"deviceId": agent, "c8y_Restart": {}})
        for _ in range(20)
    ]
    ids = [answer.json()["id"] for answer in made]
    live.tick()
    assert "EXECUTING" in {acme.operations[key]["status"] for key in ids}
    until(live, lambda: {acme.operations[key]["status"] for key in ids} <= {"SUCCESSFUL", "FAILED"})
    failed = [acme.operations[key] for key in ids if acme.operations[key]["status"] == "FAILED"]
    assert all(operation["failureReason"] for operation in failed)


def test_alarms_come_and_go(live: Live, acme: Tenant) -> None:
    before = {key: (found["status"], found["count"]) for key, found in acme.alarms.items()}
    for _ in range(60):
        live.tick()
    after = {key: (found["status"], found["count"]) for key, found in acme.alarms.items()}
    assert any(after[key][0] == "CLEARED" != before[key][0] for key in before)
    assert set(after) > set(before)


def test_faults_spare_the_devices(live: Live, sandbox: Sandbox, acme: Tenant) -> None:
    fault = sandbox.faults.add(status=503)
    sent = len(acme.measurements)
    live.tick()
    assert len(acme.measurements) > sent
    assert fault.hits == 0


def test_it_starts_and_stops(sandbox: Sandbox, acme: Tenant) -> None:
    live = Live(sandbox, pace=0.005).start()
    sent = len(acme.measurements)
    deadline = time.monotonic() + 10
    while len(acme.measurements) == sent and time.monotonic() < deadline:
        time.sleep(0.005)
    live.stop()
    stopped = len(acme.measurements)
    assert stopped > sent
    time.sleep(0.05)
    assert len(acme.measurements) == stopped
