"""Real workers, beat, Redis and a tenant behind HTTP, killed, frozen and cut off; each with its bound."""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sdk.sandbox import Sandbox
from tests import postgres
from tests.faults.fleet import Fleet

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fleet")]
DEVICES = 800
LEASE = 8.0
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
RECOVERY = 15.0  # seconds within which others go on after a death
SET = ("submit", "inventory.set", "--query", "has(c8y_IsDevice)", "--param", "fragment=c8y_Note")


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """A database of the test's own, of the kind that the tests run on."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
        return
    import psycopg

    name = f"fleet_{uuid.uuid4().hex}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
    yield urlsplit(given)._replace(path=f"/{name}").geturl()


@pytest.fixture
def fleet(tmp_path: Path, database_url: str) -> Iterator[Fleet]:
    """Everything runs, and after the test all counts and states agree."""
    sandbox = Sandbox(devices=DEVICES, seed=7, latency=0.03)
    with Fleet(tmp_path, sandbox, database_url) as running:
        yield running
        told = running.manage("job", "audit", "--json")
        assert json.loads(told.stdout) == [], told.stdout


@pytest.fixture
def noted(fleet: Fleet) -> Callable[[], int]:
    """How many devices have been changed."""
    objects = fleet.sandbox.tenant("acme").inventory.objects
    return lambda: sum("c8y_Note" in found for found in list(objects.values()))


def begun(fleet: Fleet, noted: Callable[[], int]) -> str:
    """A job that is under way; its id."""
    id: str = fleet.job(*SET, "--param", "value=1")["id"]
    fleet.until(lambda: noted() > 50, 40)
    return id


def finished(fleet: Fleet, id: str, noted: Callable[[], int]) -> None:
    """The job ends with exact counts."""
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(fleet.job("show", id))
        return str(found["state"]).startswith("COMPLETED")

    fleet.until(over, 90)
    assert (found["state"], found["ok"], found["total"]) == ("COMPLETED", found["total"], noted())


def moves(noted: Callable[[], int]) -> Callable[[], bool]:
    """Whether more was changed than now."""
    before = noted()
    return lambda: noted() > before


@pytest.mark.fault("F01", "F02", "F03")
@pytest.mark.parametrize("victim", ["child", "main", "both"])
def test_killed_workers_are_followed_by_others(fleet: Fleet, noted: Callable[[], int], victim: str) -> None:
    id = begun(fleet, noted)
    if victim == "child":
        for name in fleet.workers:
            fleet.kill_child(name)
    elif victim == "main":
        process = fleet.parts["one"].process
        assert process is not None
        process.kill()
    else:
        _fall(fleet)
    fleet.until(moves(noted), RECOVERY + LEASE)
    finished(fleet, id, noted)


@pytest.mark.fault("F01", "F02", "F03")
def test_a_job_and_its_revert_whose_workers_are_killed_leave_no_trace(fleet: Fleet) -> None:
    objects = fleet.sandbox.tenant("acme").inventory.objects
    devices = {id: found["name"] for id, found in objects.items() if "c8y_IsDevice" in found}
    before = {id: name for id, name in devices.items() if len(name) < 254}  # the longest that there may be

    def renamed() -> int:
        return sum(objects[id]["name"] != name for id, name in before.items())

    rename = ("submit", "inventory.rename", "--ids", ",".join(before), "--param", "pattern={name}+")
    id = fleet.job(*rename)["id"]
    fleet.until(lambda: renamed() > 50, 40)
    _fall(fleet)
    finished(fleet, id, renamed)
    assert all(objects[id]["name"] == f"{name}+" for id, name in before.items())
    back = fleet.job("revert", id)["id"]
    fleet.until(lambda: renamed() < len(before) - 50, 40)
    _fall(fleet)
    finished(fleet, back, lambda: len(before) - renamed())
    assert renamed() == 0


def _fall(fleet: Fleet) -> None:
    """All workers die at once, and are started again."""
    for name in fleet.workers:
        fleet.hold(name)
    for name in fleet.workers:
        fleet.release(name)


@pytest.mark.fault("F05")
def test_a_worker_that_wakes_up_after_its_lease_sends_and_counts_nothing(
    fleet: Fleet, noted: Callable[[], int]
) -> None:
    id = begun(fleet, noted)
    fleet.freeze("one", LEASE + 3)
    fleet.until(moves(noted), RECOVERY)
    time.sleep(LEASE)
    finished(fleet, id, noted)


@pytest.mark.fault("F07", "F08", "F09", "F11")
@pytest.mark.parametrize("how", ["restarted", "emptied", "down", "frozen"])
def test_a_redis_in_trouble_costs_nothing_but_time(fleet: Fleet, noted: Callable[[], int], how: str) -> None:
    id = begun(fleet, noted)
    if how == "emptied":
        fleet.empty_redis()
    elif how == "frozen":
        fleet.freeze("redis", 12)
    else:
        fleet.hold("redis")
    if how == "down":
        again = time.monotonic()
        other = fleet.job("submit", "inventory.remove", "--ids", "1", "--param", "fragment=c8y_No")
        assert other["state"] == "PREPARING"
        assert time.monotonic() - again < 15
    if how in ("down", "restarted"):
        fleet.release("redis")
    finished(fleet, id, noted)


@pytest.mark.skipif(not ON_POSTGRES, reason="SQLite has no server to restart")
@pytest.mark.fault("F12", "F13")
@pytest.mark.parametrize("how", ["restarted", "down for 10 s", "disconnected"])
def test_a_database_server_in_trouble_costs_nothing_but_time(
    fleet: Fleet, noted: Callable[[], int], how: str
) -> None:
    id = begun(fleet, noted)
    if how == "disconnected":
        for _ in range(5):
            postgres.disconnect(os.environ["DATABASE_URL"])
            time.sleep(0.5)
    else:
        postgres.restart(os.environ["DATABASE_URL"], down=10 if how != "restarted" else 0)
    fleet.until(moves(noted), RECOVERY + LEASE)
    finished(fleet, id, noted)


@pytest.mark.fault("F18", "F01")
def test_operations_are_never_sent_twice(fleet: Fleet) -> None:
    operations = fleet.sandbox.tenant("acme").operations
    fleet.sandbox.faults.add("/devicecontrol/operations", method="POST", cut="after", rate=0.05)

    def sent() -> Counter[str]:
        marked = [found for found in list(operations.values()) if "c8yadmin_Job" in found]
        return Counter(found["deviceId"] for found in marked)

    submit = ("submit", "operations.create", "--query", "has(c8y_IsDevice)", "--param", "unsupported=on")
    id = fleet.job(*submit, "--param", 'body={"c8y_Restart": {}}', "--abort-percent", "101")["id"]
    fleet.until(lambda: len(sent()) > 50, 40)
    fleet.kill_child("one")
    fleet.kill_child("two")
    fleet.until(lambda: fleet.job("show", id)["state"].startswith("COMPLETED"), 120)
    found = fleet.job("show", id)
    assert max(sent().values()) == 1
    assert found["ok"] <= len(sent()) <= found["ok"] + found["unknown"] + found["failed"]


@pytest.mark.fault("F38")
def test_a_worker_that_is_told_to_stop_hands_over_at_once(fleet: Fleet, noted: Callable[[], int]) -> None:
    id = begun(fleet, noted)
    process = fleet.parts["one"].process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    fleet.held.add("one")
    fleet.until(moves(noted), 5)
    fleet.until(lambda: process.poll() is not None, 25)
    finished(fleet, id, noted)


@pytest.mark.fault("F26")
def test_without_a_beat_a_running_job_ends(fleet: Fleet, noted: Callable[[], int]) -> None:
    id = begun(fleet, noted)
    fleet.hold("beat")
    finished(fleet, id, noted)


def healthy_parts(fleet: Fleet) -> dict[str, str]:
    """What the health page says about each kind of process."""
    found: dict[str, str] = fleet.python(TELL)
    return found


TELL = """
import json
from c8yadmin.jobs.pages.health import process_signs
print(json.dumps({sign.part: sign.text for sign in process_signs()}))
"""


@pytest.mark.fault("F26")
def test_a_dead_worker_is_told_from_a_living_one_while_the_beat_is_dead(fleet: Fleet) -> None:
    fleet.until(lambda: healthy_parts(fleet)["Workers"].startswith("2 workers were"), 40)
    fleet.until(lambda: healthy_parts(fleet)["Sweeper"].startswith("It last ran"), 20)
    fleet.hold("beat")
    fleet.hold("one")
    fleet.until(lambda: "Silent: one@fleet for" in healthy_parts(fleet)["Workers"], 45)
    told = healthy_parts(fleet)
    assert told["Workers"].startswith("1 worker was")
    assert "has stopped" in told["Clock (beat)"]
    two = fleet.parts["two"].process
    assert two is not None
    two.terminate()
    fleet.held.add("two")
    two.wait(30)
    assert healthy_parts(fleet)["Workers"].startswith("No worker was heard of for")


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
def test_one_job_of_a_tenant_starts_within_ten_seconds_of_its_preparation_beside_fifty_of_another(
    fleet: Fleet,
) -> None:
    passwords = {name: users["admin"]["password"] for name, users in fleet.sandbox.credentials.items()}
    id = fleet.python(f"PASSWORDS = {passwords!r}\n{MANY}")

    def steps() -> dict[str, float]:
        return dict(fleet.python(STEPS.format(id=id)))

    fleet.until(lambda: "RUNNING" in steps(), 120)
    at = steps()
    assert at["RUNNING"] - at["QUEUED"] < 10
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
TenantLimit.objects.update_or_create(tenant="acme", defaults={"rate": 40, "burst": 10, "max_leases": 3})
print("null")
"""


@pytest.mark.fault("F36")
def test_the_workers_of_two_machines_together_keep_to_the_rate_of_a_tenant(
    fleet: Fleet, noted: Callable[[], int]
) -> None:
    asked: list[float] = []
    striking = fleet.sandbox.faults.striking

    def counted(method: str, path: str, tenant: str, user: str) -> Any:
        if path.startswith("/inventory/managedObjects/"):
            asked.append(time.monotonic())
        return striking(method, path, tenant, user)

    fleet.python(LIMIT)
    id: str = fleet.job(*SET, "--param", "value=1")["id"]
    fleet.until(lambda: fleet.job("show", id)["state"] == "RUNNING", 40)
    fleet.sandbox.faults.striking = counted  # type: ignore[method-assign]
    fleet.sandbox.faults.add("/nowhere")  # without any fault nobody asks for one
    finished(fleet, id, noted)
    assert len(asked) > DEVICES
    most = max(sum(first <= at < first + 10 for at in asked) for first in asked)
    assert most <= 40 * 10 * 1.05 + 10
