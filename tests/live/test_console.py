"""A real browser that follows a job while what it hears from is killed, cut off or missing."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from c8yadmin.demo.plan import free_port, healthy
from c8yadmin.supervision.parts import Part
from sdk.sandbox import Sandbox
from tests.faults.fleet import MANAGE, Fleet
from tests.faults.fleets import own_database
from tests.processes import eventually

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("fleet")]
DEVICES = 400
OUTAGE = 300.0  # seconds
Start = Callable[[], str]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The whole product, with a tenant that takes 60 ms for each answer."""
    folder = tmp_path_factory.mktemp("fleet")
    sandbox = Sandbox(devices=DEVICES, seed=7, latency=0.06)
    with Fleet(folder, sandbox, own_database(folder), free_port()) as running:
        running.until(lambda: healthy(running.web_port), 60)
        yield running
        assert running.manage("job", "audit", "--json").stdout.strip() == "[]"


@pytest.fixture
def tab(chromium: Browser, fleet: Fleet) -> Iterator[Page]:
    """A tab of an administrator's."""
    context = chromium.new_context(base_url=f"http://127.0.0.1:{fleet.web_port}")
    context.set_default_timeout(30_000)
    page = context.new_page()
    sign_in(page, fleet)
    yield page
    context.close()


def sign_in(page: Page, fleet: Fleet) -> None:
    page.goto("/sign-in/?tenant=acme")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(fleet.environment["C8Y_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/t/acme/**")


@pytest.fixture
def start(fleet: Fleet) -> Start:
    """Submits a job on all devices, which takes some ten seconds; gives its id."""

    def submit() -> str:
        words = ("--query", "has(c8y_IsDevice)", "--param", "fragment=c8y_Note", "--param")
        return str(fleet.job("submit", "inventory.set", *words, f"value={time.time_ns()}")["id"])

    return submit


def follow(tab: Page, id: str) -> None:
    tab.goto(f"/t/acme/jobs/{id}/")


def ends_well(tab: Page, seconds: float = 60) -> None:
    """Without a reload, the page shows the end and the right figures."""
    panel = tab.locator("#progress", has_text="Completed")
    expect(panel).to_be_visible(timeout=seconds * 1000)
    expect(panel).to_contain_text(f"{DEVICES} done")


@pytest.mark.stream("S1")
def test_the_end_of_a_job_is_on_the_page_within_a_second(tab: Page, fleet: Fleet, start: Start) -> None:
    id = start()
    follow(tab, id)
    tab.evaluate(
        "() => { const watch = () => document.querySelector('#progress')?.innerText.includes('Completed')"
        " ? window.seen = Date.now() : requestAnimationFrame(watch); watch(); }"
    )
    ends_well(tab)
    finished = datetime.fromisoformat(fleet.job("show", id)["finished_at"]).timestamp()
    assert tab.evaluate("window.seen") / 1000 - finished < 1


@pytest.mark.stream("S2")
@pytest.mark.fault("F29")
def test_a_page_outlives_the_web_server_redis_and_the_workers(tab: Page, fleet: Fleet, start: Start) -> None:
    follow(tab, start())
    expect(tab.get_by_text(re.compile(rf"^[\d,]+ of {DEVICES}$"))).to_be_visible()
    fleet.hold("web")
    fleet.release("web")
    fleet.until(lambda: healthy(fleet.web_port), 30)
    fleet.hold("redis")
    fleet.kill_child("one")
    fleet.release("redis")
    fleet.hold("two")
    fleet.release("two")
    ends_well(tab)


@pytest.mark.fault("F29")
def test_a_page_is_back_within_five_seconds_of_its_server(tab: Page, fleet: Fleet, start: Start) -> None:
    id = start()
    follow(tab, id)
    streams: list[float] = []
    tab.on("request", lambda request: streams.append(time.monotonic()) if "/events" in request.url else None)
    fleet.hold("web")
    fleet.release("web")
    fleet.until(lambda: healthy(fleet.web_port), 30)
    ready = time.monotonic()
    while not any(at > ready for at in streams):
        tab.wait_for_timeout(50)
        assert time.monotonic() < ready + 5
    ends_well(tab)


@pytest.mark.stream("S9")
def test_eight_tabs_follow_a_job_and_pages_load_meanwhile(tab: Page, start: Start) -> None:
    id = start()
    tabs = [tab, *(tab.context.new_page() for _ in range(7))]
    for one in tabs:
        follow(one, id)
    for area in ("devices", "alarms", "jobs"):
        began = time.monotonic()
        tab.context.request.get(f"/t/acme/{area}/")
        other = tab.context.new_page()
        other.goto(f"/t/acme/{area}/")
        assert time.monotonic() - began < 5
        other.close()
    for one in tabs:
        ends_well(one)


@pytest.mark.stream("S13")
def test_a_job_that_ends_before_its_page_hears_anything_is_shown_as_ended(
    tab: Page, fleet: Fleet, start: Start
) -> None:
    held: list[Route] = []
    over = threading.Event()
    tab.route("**/events?*", lambda route: route.continue_() if over.is_set() else held.append(route))
    id = start()
    follow(tab, id)
    fleet.until(lambda: fleet.job("show", id)["state"] == "COMPLETED", 60)
    expect(tab.locator("#progress", has_text="Completed")).to_be_hidden()
    over.set()
    for route in held:
        route.continue_()
    ends_well(tab, 15)


@pytest.mark.stream("S11")
def test_on_a_server_without_streams_the_page_polls(
    chromium: Browser, fleet: Fleet, start: Start, tmp_path: Path
) -> None:
    port = free_port()
    command = [*MANAGE, "runserver", "--noreload", f"127.0.0.1:{port}"]
    part = Part("wsgi", command, tmp_path / "wsgi.log", fleet.environment)
    part.start()
    try:
        eventually(lambda: healthy(port), 30)
        context = chromium.new_context(base_url=f"http://127.0.0.1:{port}")
        page = context.new_page()
        sign_in(page, fleet)
        follow(page, start())
        ends_well(page)
        context.close()
    finally:
        part.stop()


@pytest.mark.fault("F09")
def test_without_redis_pages_work_take_jobs_and_say_why_nothing_happens(tab: Page, fleet: Fleet) -> None:
    device = next(
        id for id, found in fleet.sandbox.tenant("acme").inventory.objects.items() if "c8y_IsDevice" in found
    )
    fleet.hold("redis")
    down = time.monotonic()
    tab.goto(f"/t/acme/jobs/new/?action=inventory.set&target=devices&id={device}")
    tab.get_by_label("Fragment").fill("c8y_Note")
    tab.get_by_label("Value").fill('"while redis was down"')
    began = time.monotonic()
    tab.get_by_role("button", name="Preview").click()
    expect(tab.get_by_text("The queue is offline")).to_be_visible()
    assert time.monotonic() - began < 5
    expect(tab.locator("#progress")).to_contain_text("Preparing")
    while time.monotonic() < down + OUTAGE:
        fleet.tick()
        tab.wait_for_timeout(500)
    for area in ("devices", "alarms", "jobs"):
        tab.context.request.get(f"/t/acme/{area}/", fail_on_status_code=True)
    expect(tab.get_by_text("The queue is offline")).to_be_visible()
    fleet.release("redis")
    ready = tab.get_by_role("button", name="Confirm and start")
    expect(ready).to_be_visible(timeout=30_000)
    ready.click()
    expect(tab.locator("#progress", has_text="Completed")).to_be_visible(timeout=30_000)
