"""Real workers, beat and database servers: cut off, doubled, overrun; each with its bound."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests import postgres
from tests.faults.fleet import Fleet
from tests.faults.fleets import (
    DEVICES,
    LEASE,
    ON_POSTGRES,
    RECOVERY,
    SET,
    begun,
    finished,
    moves,
    state,
)
from tests.faults.traffic import Traffic

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fleet")]


@pytest.mark.skipif(not ON_POSTGRES, reason="SQLite has no server to restart")
@pytest.mark.fault("F12", "F13")
@pytest.mark.parametrize("how", ["restarted", "down for 10 s", "disconnected"])
def test_a_database_server_in_trouble_costs_nothing_but_time(
    fleet: Fleet, noted: Callable[[], int], how: str
) -> None:
    id = begun(fleet, noted)
    if how == "disconnected":
        disconnect_in_transactions(3)
    else:
        postgres.restart(os.environ["DATABASE_URL"], down=10 if how != "restarted" else 0)
    fleet.until(moves(noted), RECOVERY + LEASE)
    finished(fleet, id, noted)


def disconnect_in_transactions(times: int) -> None:
    """End connections until so many of them were in a transaction."""
    for _ in range(200):
        times -= postgres.disconnect(os.environ["DATABASE_URL"])
        if times <= 0:
            return
        time.sleep(0.1)
    pytest.fail("no transaction was met")


@pytest.mark.fault("F18", "F01")
def test_operations_are_never_sent_twice(fleet: Fleet) -> None:
    operations = fleet.sandbox.tenant("acme").operations
    fleet.sandbox.faults.add("/devicecontrol/operations", method="POST", cut="after", rate=0.05)

    def sent() -> Counter[str]:
        marked = [found for found in list(operations.values()) if "c8yadmin_Job" in found]
        return Counter(found["deviceId"] for found in marked)

    submit = ("submit", "operations.create", "--query", "has(c8y_IsDevice)", "--param", "unsupported=on")
    id = fleet.job(*submit, "--param", 'body={"c8y_Restart": {}}', "--abort-percent", "")["id"]
    fleet.until(lambda: len(sent()) > 50, 40)
    fleet.kill_child("one")
    fleet.kill_child("two")
    fleet.until(lambda: state(fleet, id).startswith("COMPLETED"), 120)
    found = fleet.job("show", id)
    assert max(sent().values()) == 1
    assert found["ok"] <= len(sent()) <= found["ok"] + found["unknown"] + found["failed"]


@pytest.mark.fault("F16")
@pytest.mark.parametrize("status", [500, 503])
def test_a_tenant_that_is_in_trouble_for_a_minute_is_asked_seldom_and_fails_few_targets(
    fleet: Fleet, noted: Callable[[], int], status: int
) -> None:
    id = begun(fleet, noted)
    refused = fleet.sandbox.faults.add("/inventory/managedObjects/*", status=status)
    since = time.monotonic()
    fleet.until(lambda: time.monotonic() > since + 60, 70)
    fleet.sandbox.faults.clear()
    fleet.until(lambda: state(fleet, id).startswith("COMPLETED"), 120)
    found = fleet.job("show", id)
    assert refused.hits <= 300
    assert found["ok"] == noted() == found["total"] - found["failed"]
    assert found["failed"] <= 20


MANY = """
import json, os
from c8yadmin.jobs.commands import terminal
from c8yadmin.jobs.management.commands.job import Command
from c8yadmin.jobs.orders.submission import submit

def order(tenant, n):
    words = ["submit", "inventory.set", "--query", "has(c8y_IsDevice)", "--param", f"fragment=c8y_Note{n}"]
    options = vars(Command().create_parser("manage.py", "job").parse_args([*words, "--param", "value=1"]))
    given = {"C8Y_TENANT": tenant, "C8Y_PASSWORD": PASSWORDS[tenant]}
    return str(submit(terminal.order(terminal.connect(os.environ | given), "inventory.set", options)).pk)

for n in range(50):
    order("acme", n)
print(json.dumps(order("globex", 0)))
"""


@pytest.mark.fault("F35")
def test_one_job_of_a_tenant_starts_within_ten_seconds_beside_fifty_of_another(fleet: Fleet) -> None:
    passwords = {name: users["admin"]["password"] for name, users in fleet.sandbox.credentials.items()}
    id = fleet.python(f"PASSWORDS = {passwords!r}\n{MANY}")

    def steps() -> dict[str, float]:
        return dict(fleet.python(STEPS.format(id=id)))

    fleet.until(lambda: "RUNNING" in steps(), 120)
    at = steps()
    assert at["RUNNING"] - at["PREPARING"] < 10
    fleet.python(CANCEL_ALL)


LARGE_AND_SMALL = """
import os, json, time
from c8yadmin.jobs.commands import terminal
from c8yadmin.jobs.management.commands.job import Command
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.submission import submit

def order(tenant, *scope):
    words = ["submit", "inventory.set", *scope, "--param", "fragment=c8y_Note", "--param", "value=1"]
    options = vars(Command().create_parser("manage.py", "job").parse_args(words))
    given = {"C8Y_TENANT": tenant, "C8Y_PASSWORD": PASSWORDS[tenant]}
    return str(submit(terminal.order(terminal.connect(os.environ | given), "inventory.set", options)).pk)

large = [order("acme", "--query", "has(c8y_IsDevice)") for _ in range(2)]
while Job.objects.filter(total__gt=0).count() < 2:
    time.sleep(0.2)
print(json.dumps([*large, order("globex", "--ids", DEVICE)]))
"""
STANDING = """
import json
from c8yadmin.jobs.models import Job
print(json.dumps({str(job.pk): [job.tenant, job.state, job.total] for job in Job.objects.all()}))
"""


@pytest.mark.fault("F35")
def test_a_job_of_another_tenant_is_done_while_two_workers_prepare_two_large_ones(fleet: Fleet) -> None:
    fleet.hold("two")  # one machine of two workers is left
    acme, globex = (fleet.sandbox.tenant(name).inventory for name in ("acme", "globex"))
    for number in range(24_000):
        acme.create({"id": str(10_000_000 + number), "c8y_IsDevice": {}, "name": f"Pump {number}"})
    device = next(id for id, found in globex.objects.items() if "c8y_IsDevice" in found)
    fleet.sandbox.latency = 2.0
    passwords = {name: users["admin"]["password"] for name, users in fleet.sandbox.credentials.items()}
    *large, small = fleet.python(f"PASSWORDS = {passwords!r}\nDEVICE = {device!r}\n{LARGE_AND_SMALL}")
    found: dict[str, list[Any]] = {}

    def done() -> bool:
        found.update(fleet.python(STANDING))
        return bool(found[small] == ["globex", "COMPLETED", 1])

    fleet.until(done, 60)
    assert [found[id][1] for id in large] == ["PREPARING", "PREPARING"]
    fleet.sandbox.latency = 0.03
    fleet.until(lambda: done() and all(found[id][1] == "RUNNING" for id in large), 90)
    assert [found[id][2] for id in large] == [24_000 + DEVICES] * 2
    fleet.python(CANCEL_ALL)
    fleet.until(lambda: done() and all(found[id][1] == "CANCELED" for id in large), 30)


STEPS = """
import json
from c8yadmin.jobs.models import JobEvent
print(json.dumps({{event.after: event.at.timestamp() for event in JobEvent.objects.filter(job_id="{id}")}}))
"""
CANCEL_ALL = """
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.models import Job
for job in Job.objects.filter(finished_at=None):
    control.cancel(job, "test")
print("null")
"""
LIMIT = """
from c8yadmin.jobs.models import TenantLimit
TenantLimit.objects.update_or_create(tenant="acme", defaults={limits})
print("null")
"""


def worked(fleet: Fleet, **limits: float) -> None:
    """Two jobs of a tenant with such limits, at the same time, to their end."""
    fleet.python(LIMIT.format(limits=limits))
    ids = [fleet.job(*SET, "--param", f"value={n}")["id"] for n in (1, 2)]
    fleet.until(lambda: {state(fleet, id) for id in ids} == {"COMPLETED"}, 240)


@pytest.mark.fault("F36")
def test_the_workers_of_two_machines_together_keep_to_the_rate_of_a_tenant(
    fleet: Fleet, traffic: Traffic
) -> None:
    worked(fleet, rate=80, burst=1)
    assert len(traffic.reads) >= 2 * DEVICES
    assert traffic.in_ten_seconds() <= 80 * 10 * 1.05


@pytest.mark.fault("F25", "F36")
def test_the_workers_of_two_machines_together_keep_to_the_cap_of_a_tenant_also_with_two_beats(
    fleet: Fleet, traffic: Traffic
) -> None:
    fleet.double_beat()
    worked(fleet, max_leases=1)
    assert 4 < traffic.most <= 8  # the threads of one slot
