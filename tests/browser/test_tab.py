"""A job that one only glances at: what the tab's title and icon say, and a log that misses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Console
from tests.browser.test_story import preview_a_note_on_all_devices

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SignIn = Callable[[Page, str, str], None]
ICON = "document.querySelector('link[rel=icon]')?.href ?? ''"


def ring(tab: Page) -> str:
    """The icon as it is drawn; empty while it is the console's own."""
    href: str = tab.evaluate(ICON)
    return unquote(href.partition(",")[2]) if href.startswith("data:image/svg+xml,") else ""


def begin(tab: Page) -> None:
    preview_a_note_on_all_devices(tab)
    tab.get_by_role("button", name="Confirm and start").wait_for(timeout=60_000)


def seen_until_done(tab: Page) -> list[tuple[str, str]]:
    """Titles and icons from the confirmation to the end."""
    confirm = tab.get_by_role("button", name="Confirm and start")
    confirm.click()
    expect(confirm).to_be_hidden()
    seen: list[tuple[str, str]] = []
    while not seen or not seen[-1][0].startswith("Done"):
        now = (tab.title(), ring(tab))
        if not seen or seen[-1] != now:
            seen.append(now)
        tab.wait_for_timeout(50)
    return seen


def test_title_and_icon_tell_how_far_the_job_is_and_are_restored_on_leaving(
    tab: Page, sign_in_at: SignIn
) -> None:
    sign_in_at(tab, "acme", "admin")
    begin(tab)
    assert tab.title().startswith("Ready · Set c8y_Note")
    seen = seen_until_done(tab)
    percents = [int(found[1]) for title, _ in seen if (found := re.match(r"(\d+) % · Set c8y_Note", title))]
    assert percents == sorted(percents)
    assert len(set(percents)) > 2
    assert len({icon for _, icon in seen}) > 3
    title, icon = seen[-1]
    assert title.startswith("Done · Set c8y_Note")
    assert "<path" in icon  # a tick
    tab.get_by_role("link", name="Devices").first.click()
    tab.wait_for_url("**/devices/")
    assert tab.title().startswith("Devices")
    assert ring(tab) == ""
    tab.go_back()
    tab.wait_for_function("document.title.startsWith('Done')")
    assert ring(tab) == icon


def test_who_wants_little_motion_gets_an_icon_that_changes_seldom(
    chromium: Browser, console: Console, sign_in_at: SignIn
) -> None:
    context = chromium.new_context(base_url=console.url, reduced_motion="reduce")
    tab = context.new_page()
    sign_in_at(tab, "acme", "admin")
    begin(tab)
    arcs = {arc(icon) for title, icon in seen_until_done(tab) if "%" in title}
    context.close()
    assert arcs <= {0, 25, 50, 75}


def arc(icon: str) -> int:
    """How many percent of the ring are drawn."""
    found: Any = re.search(r'stroke-dasharray="([\d.]+) ([\d.]+)"', icon)
    return round(float(found[1]) / float(found[2]) * 100)


def test_the_log_follows_the_job_and_reads_the_same_after_a_reload(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    begin(tab)
    log = tab.context.new_page()
    log.goto(f"{tab.url.split('?')[0]}log/")
    expect(log.locator("#log tbody tr").last).to_contain_text("Ready")
    seen_until_done(tab)
    expect(log.locator("#log tbody tr").last).to_contain_text("Completed")
    followed = log.locator("#log tbody td[data-label=State]").all_inner_texts()
    log.reload()
    assert log.locator("#log tbody td[data-label=State]").all_inner_texts() == followed
    assert followed == ["Preparing", "Ready to confirm", "Queued", "Running", "Completed"]
