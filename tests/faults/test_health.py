"""What people and Prometheus are told about the processes behind the jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from c8yadmin.jobs.models import Heartbeat, Job
from c8yadmin.jobs.pages import health
from tests.jobs.clocks import held

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def still(db: None) -> Iterator[None]:
    """No time passes between a sign of life and a look at it."""
    with held(timezone.now()):
        yield


def alive(kind: str, seconds: int = 0, name: str = "") -> None:
    at = timezone.now() - timedelta(seconds=seconds)
    Heartbeat.objects.update_or_create(name=name or kind, defaults={"kind": kind, "at": at})


def page(browser: Client, path: str = "health/") -> str:
    return browser.get(f"/t/acme/jobs/{path}").content.decode()


def test_when_all_is_well_the_page_says_so(sign_in: SignIn, settings: Any, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    for kind in ("beat", "worker", "sweep"):
        alive(kind, 5)
    shown = page(sign_in())
    assert "Down" not in shown
    assert "Degraded" not in shown
    assert shown.count('class="mark mark-success"') == 6
    assert 'class="notice' not in shown.split("<main")[1]
    assert "Its last beat was 5 s ago" in shown
    assert "0 of 4 slots are in use" in shown


@pytest.mark.fault("F26", "F09")
def test_a_stopped_clock_and_a_dead_queue_are_told_on_the_pages_of_waiting_jobs(
    sign_in: SignIn, settings: Any, prepared: Callable[[int], Job]
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    alive("beat", 600)
    job = prepared(3)
    settings.TENANT_CONNECTOR = "tests.tenants.connector"
    browser = sign_in()
    for path in ("health/", "", f"{job.pk}/"):
        shown = page(browser, path)
        assert "The clock of the jobs has stopped" in shown
        assert "The queue is offline" in shown
    assert "No worker was heard of ever" in page(browser)


def test_without_waiting_jobs_nobody_is_bothered(sign_in: SignIn, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    alive("beat", 600)
    assert "has stopped" not in page(sign_in(), "")


@pytest.mark.fault("F26")
def test_living_workers_are_told_from_dead_ones_also_without_a_beat(sign_in: SignIn) -> None:
    alive("beat", 600)
    alive("sweep", 600)
    alive("worker", 5, "one@here")
    alive("worker", 90, "two@there")
    shown = page(sign_in())
    assert "1 worker was heard of in the last 30 seconds. Silent: two@there for 90 s." in shown
    assert "no message from the clock reaches a worker" in shown


def test_a_monitor_learns_from_the_health_check_who_is_silent(client: Client) -> None:
    for kind in ("beat", "worker", "sweep"):
        alive(kind)
    assert client.get("/healthz?all").content == b"ok\nworkers: well\nclock (beat): well\nsweeper: well"
    alive("worker", 60)
    told = client.get("/healthz?all")
    assert (told.status_code, told.content.splitlines()[:2]) == (503, [b"not well", b"workers: down"])
    assert client.get("/healthz").status_code == 200


def test_the_health_check_of_a_process_without_a_database_is_red(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OperationalError

    monkeypatch.setattr("c8yadmin.jobs.pages.health.clock", broken)
    assert client.get("/healthz").status_code == 503


@pytest.mark.fault("F10")
def test_a_full_redis_is_told(settings: Any, redis_url: str) -> None:
    import redis

    settings.REDIS_URL = redis_url
    with redis.Redis.from_url(redis_url) as server:
        server.config_set("maxmemory", "1")
        try:
            [sign] = [sign for sign in health.signs("acme") if sign.part == "Queue (Redis)"]
        finally:
            server.config_set("maxmemory", "0")
    assert (sign.tone, "full" in sign.text) == ("danger", True)


def test_only_an_administrator_sees_the_health(sign_in: SignIn) -> None:
    assert sign_in("reader").get("/t/acme/jobs/health/").status_code == 403


def test_metrics_are_for_who_has_the_token(
    client: Client, settings: Any, prepared: Callable[[int], Job]
) -> None:
    alive("beat", 5)
    prepared(3)
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = "right"
    assert client.get("/metrics", headers={"Authorization": "Bearer wröng"}).status_code == 404
    answer = client.get("/metrics", headers={"Authorization": "Bearer right"})
    told = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert 'c8yadmin_jobs{state="QUEUED"} 1.0' in told
    assert 'c8yadmin_heartbeat_age_seconds{kind="beat"} 5' in told
    assert 'c8yadmin_tenant_held{tenant="acme"} 0.0' in told
