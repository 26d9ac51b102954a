"""Real workers whose clock is dead: what runs goes on, only recovery waits, and people are told."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.faults.fleet import Fleet
from tests.faults.fleets import LEASE, RECOVERY, SET, SWEEP, begun, finished, moves, state
from tests.faults.traffic import Traffic

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fleet")]


@pytest.mark.fault("F26")
def test_ten_minutes_without_a_beat_keep_no_running_job_from_its_end(
    fleet: Fleet, noted: Callable[[], int], traffic: Traffic
) -> None:
    id = fleet.job(*SET, "--param", "value=1", "--rate", "2")["id"]  # a read and a change: one in a second
    fleet.until(lambda: noted() > 0, 40)
    fleet.hold("beat")
    since = time.monotonic()
    fleet.until(lambda: time.monotonic() > since + 600, 610)
    assert "has stopped" in healthy_parts(fleet)["Clock (beat)"]
    assert state(fleet, id) == "RUNNING"
    fleet.job("set", id, "--rate", "80")
    finished(fleet, id, noted)
    assert traffic.pause(since) <= RECOVERY


@pytest.mark.fault("F26")
def test_workers_that_die_while_the_beat_is_dead_are_followed_by_others_when_it_is_back(
    fleet: Fleet, noted: Callable[[], int]
) -> None:
    id = begun(fleet, noted)
    fleet.hold("beat")
    fleet.kill_children()
    before = time.monotonic()
    fleet.until(lambda: time.monotonic() > before + LEASE + SWEEP, 20)
    fleet.release("beat")
    fleet.until(moves(noted), RECOVERY)
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
