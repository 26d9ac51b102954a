"""Options of a job in the reader's own time zone, with a forecast that follows them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Console
from tests.browser.test_story import preview_a_note_on_all_devices

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SignIn = Callable[[Page, str, str], None]


def test_stages_wait_until_a_time_on_the_readers_clock_or_until_a_click(
    chromium: Browser, console: Console, sign_in_at: SignIn
) -> None:
    context = chromium.new_context(
        base_url=console.url, viewport={"width": 1440, "height": 900}, timezone_id="America/Sao_Paulo"
    )
    context.set_default_timeout(15_000)
    tab = context.new_page()
    sign_in_at(tab, "acme", "admin")
    preview_a_note_on_all_devices(tab)
    tab.get_by_role("button", name="Confirm and start").wait_for(timeout=60_000)
    tab.get_by_text("Options: speed, stages, schedule").click()
    expect(tab.get_by_label("Time zone")).to_have_value("America/Sao_Paulo")
    tab.get_by_label("Stages", exact=True).fill("5")
    tab.get_by_label("Wait between stages").fill("3 h")
    tab.get_by_label("Requests per second").fill("50")
    tab.get_by_label("At the same time").click()
    expect(tab.locator("#forecast")).to_contain_text("h")
    tab.get_by_role("button", name="Confirm and start").click()
    told = tab.get_by_text("The first 5 done; goes on at")
    expect(told).to_be_visible(timeout=30_000)
    expect(told.locator("time")).to_contain_text("GMT-3")
    tab.get_by_role("button", name="Go on now").click()
    expect(tab.get_by_text("Completed", exact=True).first).to_be_visible(timeout=60_000)
    context.close()


def begin_when_clocks_are_put_back(tab: Page, other: Page) -> None:
    tab.get_by_label("Start at").fill("2031-10-26T02:30")
    tab.get_by_label("Time zone").fill("Europe/Berlin")
    tab.get_by_role("button", name="Change", exact=True).click()
    twice = "Starts at 26 Oct 2031, 02:30 GMT+02:00 (Europe/Berlin), here 25 Oct 2031, 21:30 GMT-3."
    expect(tab.get_by_text("Starts at")).to_have_text(twice)
    other.reload()


def test_a_schedule_is_read_as_it_was_entered_and_elsewhere_with_the_readers_own_time(
    chromium: Browser, console: Console, sign_in_at: SignIn
) -> None:
    owner, reader = (
        chromium.new_context(base_url=console.url, timezone_id=zone)
        for zone in ("America/Sao_Paulo", "Asia/Tokyo")
    )
    tab = owner.new_page()
    sign_in_at(tab, "acme", "admin")
    preview_a_note_on_all_devices(tab)
    tab.get_by_role("button", name="Confirm and start").wait_for(timeout=60_000)
    tab.get_by_text("Options: speed, stages, schedule").click()
    tab.get_by_label("Start at").fill("2031-07-01T22:00")
    tab.get_by_role("button", name="Confirm and start").click()
    told = "Starts at 1 Jul 2031, 22:00 (America/Sao_Paulo)"
    expect(tab.get_by_text("Starts at")).to_have_text(f"{told}.")
    tab.get_by_text("Change the schedule").click()
    expect(tab.get_by_label("Start at")).to_have_value("2031-07-01T22:00")
    expect(tab.get_by_label("Time zone")).to_have_value("America/Sao_Paulo")
    other = reader.new_page()
    sign_in_at(other, "acme", "admin")
    other.goto(tab.url)
    expect(other.get_by_text("Starts at")).to_have_text(f"{told}, here 2 Jul 2031, 10:00 GMT+9.")
    other.set_viewport_size({"width": 360, "height": 740})
    assert other.evaluate("document.documentElement.scrollWidth <= innerWidth")
    begin_when_clocks_are_put_back(tab, other)
    other.get_by_role("button", name="Cancel job").click()
    other.get_by_role("button", name="Stop for good").click()
    expect(tab.locator("#progress")).to_contain_text("Canceled")
    owner.close()
    reader.close()
