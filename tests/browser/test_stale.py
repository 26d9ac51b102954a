"""The same job in two tabs: what one does is seen in the other, and nothing that is typed there is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_story import preview_a_note_on_all_devices

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SignIn = Callable[[Page, str, str], None]


def opened_twice(tab: Page) -> Page:
    """Another tab with the job that `tab` has just previewed."""
    preview_a_note_on_all_devices(tab)
    tab.get_by_role("button", name="Confirm and start").wait_for(timeout=60_000)
    other = tab.context.new_page()
    other.goto(tab.url)
    expect(other.get_by_role("button", name="Discard")).to_be_visible()
    return other


def test_a_preview_follows_what_another_tab_does_with_it(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    other = opened_twice(tab)
    tab.get_by_role("button", name="Confirm and start").click()
    expect(other.get_by_role("button", name="Discard")).to_be_hidden()
    expect(other.locator("#progress")).to_contain_text("Completed", timeout=60_000)
    other.wait_for_function("document.title.startsWith('Done')")


def test_what_is_typed_stays_and_a_word_says_that_the_job_has_moved_on(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    other = opened_twice(tab)
    other.get_by_text("Options: speed, stages, schedule").click()
    rate = other.locator("#panel [name=work-rate_per_s]")
    rate.fill("7")
    other.get_by_role("heading", name="Confirm").click()  # whoever looks away has typed it nevertheless
    tab.get_by_role("button", name="Confirm and start").click()
    told = other.locator("#moved")
    expect(told).to_contain_text("The job has moved on")
    expect(told).to_be_in_viewport()
    expect(rate).to_have_value("7")
    expect(other.locator("#progress")).to_contain_text("Completed", timeout=60_000)
    other.wait_for_function("document.title.startsWith('Done')")
    expect(told).to_have_count(1)
    told.get_by_role("link", name="Show the job as it is now").click()
    expect(other.get_by_role("button", name=re.compile("Revert"))).to_be_visible()
