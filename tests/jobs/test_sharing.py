"""What workers on all machines share through Redis: the rate, and the news."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.db import InterfaceError, OperationalError, connection

from c8yadmin.core.request import Person
from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.execution import heartbeats, news
from c8yadmin.jobs.execution.rate import Bucket, Limit, become
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from c8yadmin.live import channels

MakeJob = Callable[..., Job]


def granted(bucket: Bucket, seconds: float) -> int:
    """How many tokens somebody gets who always wants one more."""
    until, found = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        wait = bucket.take(1)
        if not wait:
            found += 1
        else:
            time.sleep(min(wait, 0.01))
    return found


def test_several_machines_keep_one_rate_together(redis_url: str, settings: Any) -> None:
    settings.REDIS_URL = redis_url
    buckets = [Bucket(Limit("tenant:shared", rate=100, burst=10)) for _ in range(3)]
    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        found = sum(pool.map(lambda bucket: granted(bucket, 1.0), buckets))
    allowed = 10 + 100 * (time.monotonic() - began)
    assert allowed * 0.5 <= found <= allowed * 1.02 + 1


@pytest.mark.django_db
def test_without_redis_several_machines_keep_one_rate_through_the_database(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    buckets = [Bucket(Limit("tenant:alone", rate=100, burst=10)) for _ in range(3)]
    began, found = time.monotonic(), 0
    while time.monotonic() < began + 1.0:
        for bucket in buckets:
            bucket.refill()
            while not bucket.take(1):
                found += 1
        time.sleep(0.02)
    allowed = 10 + 100 * (time.monotonic() - began)
    assert allowed * 0.5 <= found <= allowed


def test_without_redis_and_database_nothing_is_granted(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    bucket = Bucket(Limit("tenant:lost", rate=1000, burst=1000))
    assert granted(bucket, 0.3) == 0


@pytest.mark.django_db
def test_an_account_that_is_shared_by_large_calls_still_grants_them(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    bucket = Bucket(Limit("job:large", rate=50, burst=1))
    until = time.monotonic() + 2
    while bucket.take(3) and time.monotonic() < until:
        bucket.refill()
        time.sleep(0.02)
    assert time.monotonic() < until


def test_more_tokens_than_the_burst_are_still_granted(redis_url: str, settings: Any) -> None:
    settings.REDIS_URL = redis_url
    bucket = Bucket(Limit("job:thirsty", rate=50, burst=1))
    assert bucket.take(2) == 0
    assert 0 < bucket.take(2) <= 2 / 50


def test_a_changed_rate_holds_for_whoever_waits_already(redis_url: str, settings: Any) -> None:
    settings.REDIS_URL = redis_url
    slow = [Bucket(Limit("job:slow", rate=0.01, burst=1))]
    assert slow[0].take(1) == 0
    assert slow[0].take(1) > 60
    fast = become(slow, [Limit("job:slow", rate=100, burst=100)])
    assert fast == slow
    assert slow[0].take(1) < 0.1
    assert become(slow, []) == []


@pytest.fixture
def heard(
    redis_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], list[Any]]]:
    """What listeners have been told so far, as pairs of channel and message."""
    settings.REDIS_URL = redis_url
    monkeypatch.setattr(news, "_silent_until", 0.0)
    monkeypatch.setattr(news, "_slow_until", 0.0)
    client = redis.Redis.from_url(redis_url)
    ear = client.pubsub(ignore_subscribe_messages=True)
    ear.psubscribe(f"{channels.JOBS}*")
    ear.get_message(timeout=1)

    def messages() -> list[Any]:
        found = []
        while message := ear.get_message(timeout=0.2):
            found.append((message["channel"].decode(), json.loads(message["data"])))
        return found

    yield messages
    ear.close()
    client.close()


def test_the_owner_and_the_administrators_hear_that_a_job_changed_and_nothing_else(
    make_job: MakeJob, heard: Callable[[], list[Any]]
) -> None:
    job = make_job(3, owner="operator")
    control.confirm(job, "operator", typed=None)
    told = heard()
    assert {channel for channel, _ in told} == {channels.jobs("acme/operator"), channels.jobs("acme/*admins")}
    assert all(set(data) == {"job", "v"} and data["job"] == str(job.pk) for _, data in told)


def test_whoever_may_approve_hears_of_what_waits_and_of_the_decision(
    make_job: MakeJob, heard: Callable[[], list[Any]], settings: Any
) -> None:
    settings.APPROVAL = "all"
    job = make_job(3)
    heard()
    control.confirm(job, "admin", typed=None)
    everybody = {
        channels.jobs(f"acme/{name}") for name in ("admin", "*admins", "*approvers:ROLE_INVENTORY_ADMIN")
    }
    told = heard()
    assert {channel for channel, _ in told} == everybody
    assert {data["job"] for _, data in told} == {str(job.pk), "approvals"}

    second = Person("operator", "", frozenset({"ROLE_INVENTORY_ADMIN"}))
    control.approve(job, second, approvals.fingerprint(job.pk))
    told = heard()
    assert {channel for channel, data in told if data["job"] == "approvals"} >= everybody
    assert (channels.jobs("acme/operator"), str(job.pk)) in {(channel, data["job"]) for channel, data in told}


def test_a_slow_redis_is_spared_progress_but_told_of_the_end(
    make_job: MakeJob, heard: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(3)
    heard()
    monkeypatch.setattr(news, "SLOW", 0.0)  # whatever it takes is too long
    news.tell(job, urgent=True)
    news.tell(job)
    assert len(heard()) == 2  # its owner and the administrators
    time.sleep(news.INTERVAL)
    news.tell(job)
    assert heard() == []
    news.tell(job, urgent=True)
    assert len(heard()) == 2


def fails(error: type[Exception]) -> Callable[..., Any]:
    """What the database says to every statement once its connection is gone."""

    def refuse(*_: Any) -> Any:
        raise error("the connection is closed")

    return refuse


LOST = pytest.mark.parametrize("error", [OperationalError, InterfaceError])


@LOST
def test_news_reach_the_owner_without_a_database(
    make_job: MakeJob, heard: Callable[[], list[Any]], settings: Any, error: type[Exception]
) -> None:
    settings.APPROVAL = "all"
    job = make_job(3)
    heard()
    with connection.execute_wrapper(fails(error)):
        news.tell(job, urgent=True)
    assert {data["job"] for _, data in heard()} == {str(job.pk)}


@LOST
def test_a_sign_of_life_that_cannot_be_written_is_left_out(db: None, error: type[Exception]) -> None:
    with connection.execute_wrapper(fails(error)):
        heartbeats.beat("one@here", heartbeats.WORKER)
        heartbeats.farewell("one@here")


def test_without_a_rule_nobody_else_is_told(make_job: MakeJob, heard: Callable[[], list[Any]]) -> None:
    job = make_job(3)
    control.confirm(job, "admin", typed=None)
    assert {data["job"] for _, data in heard()} == {str(job.pk)}


def test_progress_is_told_twice_a_second_at_most(make_job: MakeJob, heard: Callable[[], list[Any]]) -> None:
    job = make_job(3)
    heard()
    until = time.monotonic() + 1.2
    while time.monotonic() < until:
        news.tell(job)
        time.sleep(0.01)
    owner = [data for channel, data in heard() if channel == channels.jobs("acme/admin")]
    assert 2 <= len(owner) <= 3
    versions = [data["v"] for data in owner]
    assert versions == sorted(versions)
