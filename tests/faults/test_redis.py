"""A Redis that dies, forgets, is full or does not answer: jobs lose nothing but a little time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
import redis

from tests.faults.fleet import Fleet
from tests.faults.fleets import SWEEP, begun, finished, state
from tests.faults.traffic import Traffic

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fleet")]
Noted = Callable[[], int]
OTHER = ("submit", "inventory.remove", "--ids", "1", "--param", "fragment=c8y_No")


def server(fleet: Fleet) -> redis.Redis:
    return redis.Redis.from_url(fleet.redis.url, socket_timeout=5)


def restarted(fleet: Fleet) -> None:
    fleet.hold("redis")
    fleet.release("redis")


def emptied(fleet: Fleet) -> None:
    fleet.empty_redis()


def flushed(fleet: Fleet) -> None:
    server(fleet).flushall()


@pytest.mark.fault("F07", "F08")
@pytest.mark.parametrize(
    ("trouble", "pause"),
    [(restarted, 10), (emptied, SWEEP), (flushed, SWEEP)],
    ids=["restarted", "emptied", "flushed"],
)
def test_a_redis_that_forgets_costs_a_few_seconds(
    fleet: Fleet, noted: Noted, traffic: Traffic, trouble: Callable[[Fleet], None], pause: float
) -> None:
    id = begun(fleet, noted)
    since = time.monotonic()
    trouble(fleet)
    finished(fleet, id, noted)
    assert traffic.pause(since) <= pause
    assert fleet.falls == 0  # nobody had to bring anything back


WAKE = """
import json, time
from c8yadmin.jobs.execution.wakeups import wake
from c8yadmin.jobs.models import Job
began = time.monotonic()
wake(Job.objects.first(), 3)
print(json.dumps(time.monotonic() - began))
"""


@pytest.mark.fault("F09", "F11")
@pytest.mark.parametrize(("how", "seconds"), [("down", 300), ("frozen", 30)])
def test_jobs_are_taken_while_redis_does_not_answer_and_run_when_it_is_back(
    fleet: Fleet, noted: Noted, how: str, seconds: float
) -> None:
    id = begun(fleet, noted)
    if how == "down":
        fleet.hold("redis")
    else:
        fleet.freeze("redis", seconds)
    back = time.monotonic() + seconds
    others = [accepted(fleet)]
    fleet.until(lambda: time.monotonic() > back - 15, seconds)
    others.append(accepted(fleet))
    fleet.until(lambda: time.monotonic() > back, 20)
    fleet.release("redis")
    finished(fleet, id, noted)
    for other in others:
        fleet.until(lambda other=other: state(fleet, other).startswith("COMPLETED"), 60)  # type: ignore[misc]


def accepted(fleet: Fleet) -> str:
    """A job that is taken although nobody hears of it, before anybody could be tired of waiting; its id."""
    other = fleet.job(*OTHER)
    assert other["state"] == "PREPARING"
    assert fleet.python(WAKE) < 10
    return str(other["id"])


@pytest.mark.fault("F10")
def test_a_full_redis_takes_no_wake_up_and_jobs_wait_for_room(fleet: Fleet, noted: Noted) -> None:
    id = begun(fleet, noted)
    server(fleet).config_set("maxmemory", "1")
    told = fleet.manage("job", *OTHER, "--json")
    assert "queue offline" in told.stderr
    time.sleep(SWEEP + 2)
    other = fleet.job("show", json.loads(told.stdout)["id"])
    assert other["state"] == "PREPARING"
    assert fleet.python(HEALTH)["Queue (Redis)"].startswith("The queue is full")
    server(fleet).config_set("maxmemory", "0")
    finished(fleet, id, noted)
    fleet.until(lambda: state(fleet, other["id"]).startswith("COMPLETED"), 60)


HEALTH = """
import json
from c8yadmin.jobs.pages.health import signs
print(json.dumps({sign.part: sign.text for sign in signs("acme")}))
"""
