"""Real workers that are killed, frozen and told to stop; each with its bound."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from c8yadmin.jobs.execution.claims import LOOKAHEAD
from tests.faults.fleet import Fleet, kill
from tests.faults.fleets import (
    BOOT,
    DEVICES,
    LEASE,
    RECOVERY,
    begun,
    finished,
    holder,
    leases,
    moves,
    state,
)
from tests.faults.traffic import Traffic

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fleet")]
Noted = Callable[[], int]
SLOTS = 2  # chunks that the job of a fleet has
PREVIEW = 5  # devices that are read beforehand


def goes_on(fleet: Fleet, noted: Noted, seconds: float) -> None:
    """Others do what the dead did not: what was on its way when they died does not count."""
    time.sleep(0.5)
    fleet.until(moves(noted), seconds - 0.5)


def nothing_was_done_anew(traffic: Traffic) -> None:
    """Others went on from the cursor: of each lease no more was read again than may be in doubt."""
    assert len(traffic.reads) <= PREVIEW + DEVICES + SLOTS * LOOKAHEAD


def taken_over(fleet: Fleet, id: str, noted: Noted, traffic: Traffic, seconds: float) -> None:
    """Within so many seconds others go on from the cursor, and end the job."""
    goes_on(fleet, noted, seconds)
    finished(fleet, id, noted)
    nothing_was_done_anew(traffic)


@pytest.mark.fault("F01")
def test_killed_children_are_followed_by_others(fleet: Fleet, noted: Noted, traffic: Traffic) -> None:
    id = begun(fleet, noted)
    assert len(fleet.kill_children()) == 4
    taken_over(fleet, id, noted, traffic, RECOVERY)


@pytest.mark.fault("F02")
def test_killed_workers_leave_no_orphan_that_sends_and_are_followed_by_others(
    fleet: Fleet, noted: Noted, traffic: Traffic
) -> None:
    id = begun(fleet, noted)
    orphans = [child for name in fleet.workers for child in fleet.children(name)]
    for name in fleet.workers:
        process = fleet.parts[name].process
        assert process is not None
        process.kill()
    time.sleep(0.5)
    sent = len(traffic.reads) + len(traffic.changes)
    time.sleep(2)  # nobody brings anything back meanwhile
    assert len(traffic.reads) + len(traffic.changes) == sent
    assert not [pid for pid in orphans if lives(pid)]
    taken_over(fleet, id, noted, traffic, RECOVERY + BOOT)


def lives(pid: int) -> bool:
    """Whether there is such a process that could do anything."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.fault("F03")
def test_new_workers_go_on_where_all_the_old_ones_were_killed(
    fleet: Fleet, noted: Noted, traffic: Traffic
) -> None:
    id = begun(fleet, noted)
    fall(fleet)
    taken_over(fleet, id, noted, traffic, RECOVERY + BOOT)


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
    fall(fleet)
    finished(fleet, id, renamed)
    assert all(objects[id]["name"] == f"{name}+" for id, name in before.items())
    back = fleet.job("revert", id)["id"]
    fleet.until(lambda: renamed() < len(before) - 50, 40)
    fall(fleet)
    finished(fleet, back, lambda: len(before) - renamed())
    assert renamed() == 0


def fall(fleet: Fleet) -> None:
    """All workers die at once, and are started again."""
    for name in fleet.workers:
        fleet.hold(name)
    for name in fleet.workers:
        fleet.release(name)


@pytest.mark.fault("F05")
def test_a_worker_that_wakes_up_after_its_lease_sends_and_counts_nothing(
    fleet: Fleet, noted: Noted, traffic: Traffic
) -> None:
    id = begun(fleet, noted)
    [victim, *_] = [name for name in leases(fleet).values() if name]
    fleet.freeze(victim, 2 * LEASE)
    goes_on(fleet, noted, RECOVERY)
    log = fleet.parts[victim].log
    fleet.until(lambda: "lease lost, results dropped" in log.read_text(), 2 * LEASE + RECOVERY)
    finished(fleet, id, noted)
    nothing_was_done_anew(traffic)


@pytest.mark.fault("F06")
def test_a_target_that_kills_every_worker_is_given_up_and_the_rest_goes_on(
    fleet: Fleet, noted: Noted, traffic: Traffic
) -> None:
    id = begun(fleet, noted)
    objects = fleet.sandbox.tenant("acme").inventory.objects
    *_, fatal = [own for own, found in objects.items() if "c8y_IsDevice" in found and "c8y_Note" not in found]
    deaths: list[int] = []

    def kills(device: str) -> None:
        if device == fatal and (pid := holder(fleet, fatal)) not in (0, *deaths):
            deaths.append(pid)
            kill(pid, signal.SIGKILL)

    traffic.meet = kills
    fleet.until(lambda: state(fleet, id).startswith("COMPLETED"), 180)
    found = fleet.job("show", id)
    assert (found["state"], found["failed"]) == ("COMPLETED_WITH_ERRORS", 1)
    assert found["ok"] == found["total"] - 1 == noted()
    assert fleet.python(ENDED.format(id=id)) == [[fatal, "worker_crash"]]
    assert 1 < len(deaths) <= 4


ENDED = """
import json
from c8yadmin.jobs.models import ItemResult
found = ItemResult.objects.filter(chunk__job="{id}").values_list("item_id", "error_code")
print(json.dumps(list(map(list, found))))
"""


@pytest.mark.fault("F38")
def test_a_worker_that_is_told_to_stop_hands_over_at_once(
    fleet: Fleet, noted: Noted, traffic: Traffic
) -> None:
    id = begun(fleet, noted)
    held = leases(fleet)
    [victim, *_] = [name for name in held.values() if name]
    process, children = fleet.parts[victim].process, fleet.children(victim)
    assert process is not None
    fleet.held.add(victim)
    process.send_signal(signal.SIGTERM)
    fleet.until(lambda: process.poll() is not None, 20)
    assert not [pid for pid in children if lives(pid)]
    assert victim not in leases(fleet).values()
    goes_on(fleet, noted, 5)
    finished(fleet, id, noted)
    assert len(traffic.reads) <= PREVIEW + DEVICES  # nothing was left in doubt
