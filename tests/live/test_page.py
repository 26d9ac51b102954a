"""static/js/live.js in a real browser: what a page that follows a job asks for, and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from c8yadmin.live import publish
from tests.live.conftest import Live
from tests.processes import eventually

SCRIPT = Path("static/js/live.js").read_text()
PAGE = """<!doctype html><html data-root="/"><title>jobs</title><body data-tenant="acme">
<section id="seven" data-live="7"></section>
<section id="others" data-live="8 9"></section>
<script>
  window.heard = [];
  document.querySelectorAll("section").forEach((panel) => {
    panel.addEventListener("news", () => window.heard.push(panel.id));
  });
</script>
<script type="module" src="/live.js"></script>
"""

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("page")]


@pytest.fixture
def page(chromium: Browser, live: Live) -> Iterator[Page]:
    """A page of Alice's with two panels, for job 7 and for two others; its clock goes on by command too."""
    context = chromium.new_context(base_url=f"http://127.0.0.1:{live.port}")
    context.add_cookies([{"name": "c8yadmin", "value": "alice", "url": f"http://127.0.0.1:{live.port}"}])
    page = context.new_page()
    page.route("**/jobs", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.route("**/live.js", lambda route: route.fulfill(body=SCRIPT, content_type="text/javascript"))
    page.clock.install()
    yield page
    context.close()


def heard(page: Page, panels: int = 2) -> list[str]:
    """The panels that were told to ask since the last time; waits for so many."""
    page.wait_for_function("panels => window.heard.length >= panels", arg=panels)
    return list(page.evaluate("window.heard.splice(0)"))


def test_a_page_asks_once_when_its_stream_opens_and_again_for_each_signal(page: Page, live: Live) -> None:
    page.goto("/jobs")
    assert heard(page) == ["seven", "others"]
    publish.signal("acme/alice", {"job": "9", "v": 2})
    assert heard(page, 1) == ["others"]


def test_many_signals_are_one_request_and_the_last_one_is_never_lost(page: Page, live: Live) -> None:
    page.goto("/jobs")
    heard(page)
    for version in range(20):
        publish.signal("acme/alice", {"job": "7", "v": version})
    assert heard(page, 1) == ["seven"]
    publish.signal("acme/alice", {"job": "7", "v": 20})
    assert heard(page, 1) == ["seven"]


def test_a_signal_waits_for_the_answer_that_replaces_the_panel(page: Page, live: Live) -> None:
    page.goto("/jobs")
    heard(page)
    page.evaluate("document.getElementById('seven').ariaBusy = 'true'")
    publish.signal("acme/alice", {"job": "7", "v": 2})
    publish.signal("acme/alice", {"job": "8", "v": 2})
    assert heard(page, 1) == ["others"]
    page.clock.run_for(5_000)
    assert page.evaluate("window.heard") == []
    page.evaluate(
        "const old = document.getElementById('seven'), fresh = old.cloneNode(); fresh.ariaBusy = null;"
        " fresh.addEventListener('news', () => window.heard.push('the fresh one')); old.replaceWith(fresh)"
    )
    assert heard(page, 1) == ["the fresh one"]


@pytest.mark.parametrize("sign", ["htmx-request", "htmx-added"])
def test_a_signal_waits_for_htmx_to_be_done_with_the_panel(page: Page, live: Live, sign: str) -> None:
    page.goto("/jobs")
    heard(page)
    page.evaluate("sign => document.getElementById('seven').classList.add(sign)", sign)
    publish.signal("acme/alice", {"job": "7", "v": 2})
    publish.signal("acme/alice", {"job": "8", "v": 2})
    assert heard(page, 1) == ["others"]
    page.clock.run_for(1_000)
    assert page.evaluate("window.heard") == []
    page.evaluate("sign => document.getElementById('seven').classList.remove(sign)", sign)
    assert heard(page, 1) == ["seven"]


def test_after_lost_signals_a_page_asks_for_all_that_it_shows(page: Page, live: Live) -> None:
    page.goto("/jobs")
    heard(page)
    for stream in live.hub.streams:
        stream.close("restart")
    eventually(lambda: not live.hub.streams)
    page.clock.run_for(6_000)
    assert heard(page) == ["seven", "others"]


def test_a_page_that_follows_nothing_any_more_gives_its_stream_back(page: Page, live: Live) -> None:
    page.goto("/jobs")
    heard(page)
    page.evaluate("document.querySelectorAll('section').forEach((panel) => panel.remove())")
    page.evaluate("document.dispatchEvent(new CustomEvent('htmx:afterSettle'))")
    eventually(lambda: not live.hub.streams)


def test_after_a_sign_out_a_page_asks_for_nothing_more(page: Page, live: Live) -> None:
    page.goto("/jobs")
    heard(page)
    publish.bye("alice")
    eventually(lambda: not live.hub.streams)
    page.clock.run_for(120_000)
    assert page.evaluate("window.heard") == []
    assert not live.hub.streams


def test_where_no_stream_opens_a_page_polls_every_three_seconds(page: Page) -> None:
    page.route("**/events?*", lambda route: route.fulfill(status=502, body="no"))
    page.goto("/jobs")
    for _ in range(12):
        page.clock.run_for(3_000)
        page.wait_for_timeout(50)
    asked = heard(page)
    assert 6 <= len(asked) <= 24
    page.clock.run_for(9_000)
    assert len(heard(page)) == 6


def test_a_stream_that_a_proxy_holds_back_is_noticed_and_replaced_by_polling(page: Page) -> None:
    held: list[Route] = []
    page.route("**/events?*", lambda route: held.append(route))
    page.goto("/jobs")
    for _ in range(60):
        page.clock.run_for(3_000)
        page.wait_for_timeout(20)
    assert len(held) >= 3
    assert set(heard(page)) == {"seven", "others"}


def test_a_hidden_page_gives_its_stream_back_and_asks_again_when_it_is_seen(page: Page, live: Live) -> None:
    page.goto("/jobs")
    heard(page)
    show(page, hidden=True)
    page.clock.run_for(61_000)
    eventually(lambda: not live.hub.streams)
    show(page, hidden=False)
    assert heard(page)[0] == "seven"
    eventually(lambda: live.hub.streams)


def show(page: Page, hidden: bool) -> None:
    """Let the page think that its tab is hidden, or shown again."""
    page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )
