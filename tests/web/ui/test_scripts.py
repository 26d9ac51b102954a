"""What the scripts add to pages that work without them."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

Scheme = Literal["light", "dark"]
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_page(chromium: Browser, site: str, scheme: Scheme, width: int) -> None:
    page = chromium.new_page(
        base_url=site, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page.goto("/ui/")
    found = Axe().run(page)
    page.close()
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 360, 768, 1024, 1920])
def test_nothing_is_wider_than_the_screen(tab: Page, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_telephone_only_a_head_with_something_to_press_is_seen(tab: Page) -> None:
    tab.set_viewport_size({"width": 360, "height": 800})
    expect(tab.locator("#devices thead")).to_be_visible()
    expect(tab.get_by_role("region", name="Processes").locator("thead")).to_be_hidden()


def test_choices_look_like_other_boxes_in_the_dark(tab: Page) -> None:
    tab.emulate_media(color_scheme="dark")
    ground = "box => getComputedStyle(box).backgroundColor"
    speed = tab.get_by_role("radio", name="Slow").first
    assert speed.evaluate(ground) == tab.get_by_label("Notify the owner").first.evaluate(ground)


def test_shift_selects_a_range_and_the_bar_counts(tab: Page) -> None:
    boxes = tab.locator("[data-select]")
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(tab.locator("[data-count]")).to_have_text("3 rows selected")
    tab.locator("[data-select-all]").click()
    expect(tab.locator("[data-count]")).to_have_text("6 rows selected")


def test_what_was_selected_is_what_is_sent(tab: Page) -> None:
    tab.locator("[data-select]").nth(1).click()
    tab.get_by_role("button", name="Set a fragment").click()
    tab.wait_for_url("**/ui/?*")
    asked = parse_qs(urlsplit(tab.url).query)
    assert asked == {"target": ["devices"], "id": ["4712"], "action": ["sample.set"]}


def test_all_that_match_are_sent_as_their_filter(tab: Page) -> None:
    tab.locator("[data-select]").nth(1).click()
    tab.get_by_label("All 412 matching").check()
    expect(tab.locator("[data-count]")).to_have_text("All 412 that match are selected")
    tab.get_by_role("button", name="Set a fragment").click()
    tab.wait_for_url("**/ui/?*")
    asked = parse_qs(urlsplit(tab.url).query)
    assert asked["all"] == ["1"]
    assert asked["filter"] == ["severity=MAJOR&severity=CRITICAL&text=pump"]
    assert "id" not in asked


def test_without_a_selection_nothing_is_sent(tab: Page) -> None:
    tab.get_by_role("button", name="Set a fragment").click()
    expect(tab.locator("[data-count]")).to_have_text("Select at least one row first")
    assert tab.url.endswith("/ui/")


def test_a_list_is_replaced_in_place_and_keeps_the_focus(tab: Page) -> None:
    tab.locator("h1").evaluate("element => element.dataset.old = '1'")
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator(".pager-here")).to_have_text("Page 2 of 17")
    assert "page=2" in tab.url
    assert tab.locator("h1").get_attribute("data-old") == "1"
    assert tab.evaluate("document.activeElement.id") == "page_devices_next"
    tab.go_back()
    expect(tab.locator(".pager-here")).to_have_text("Page 1 of 17")


def test_the_keyboard_reaches_filter_rows_and_help(tab: Page) -> None:
    tab.keyboard.press("/")
    expect(tab.get_by_role("textbox", name="Name contains")).to_be_focused()
    tab.keyboard.press("j")
    expect(tab.get_by_role("textbox", name="Name contains")).to_have_value("j")
    tab.keyboard.press("Tab")
    tab.evaluate("document.activeElement.blur()")
    for key in ("j", "j", "k", "x"):
        tab.keyboard.press(key)
    expect(tab.locator("tbody tr").first.locator("[data-row-link]")).to_be_focused()
    expect(tab.locator("[data-select]").first).to_be_checked()
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    tab.keyboard.press("Shift+X")
    expect(tab.locator("[data-count]")).to_have_text("3 rows selected")
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_g_and_a_letter_lead_through_the_menu(tab: Page) -> None:
    tab.keyboard.press("g")
    tab.keyboard.press("j")
    assert tab.url.endswith("/ui/#jobs")


def test_a_deed_is_done_only_after_a_yes(tab: Page) -> None:
    tab.evaluate(
        "() => { window.done = 0; document.querySelector('[data-confirm]').onclick = () => window.done++ }"
    )
    button = tab.get_by_role("button", name="Ask first")
    button.click()
    dialog = tab.locator("#confirm")
    expect(dialog).to_contain_text("Delete 3 devices? This cannot be undone.")
    dialog.get_by_role("button", name="Go back").click()
    assert tab.evaluate("window.done") == 0
    expect(button).to_be_focused()
    button.click()
    dialog.get_by_role("button", name="Delete").click()
    assert tab.evaluate("window.done") == 1


def test_a_blocked_button_says_why_when_it_is_reached(tab: Page) -> None:
    button = tab.get_by_role("button", name=re.compile("Edit.*not available: Acme is connected read-only"))
    button.focus()
    expect(tab.locator(".blocked:focus-within .reason")).to_be_visible()
    tab.keyboard.press("Enter")
    assert tab.url.endswith("/ui/")


def test_a_failure_of_the_tenant_keeps_the_page_and_its_address(tab: Page) -> None:
    fetch(tab, "/fail/broken/")
    expect(tab.locator("#problem")).to_contain_text("The tenant failed to answer")
    expect(tab.locator("#devices tbody tr")).to_have_count(6)
    assert tab.url.endswith("/ui/")
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator("#problem")).to_be_empty()


def test_a_refusal_with_422_does_not_replace_the_list(tab: Page) -> None:
    fetch(tab, "/fail/invalid/")
    expect(tab.locator("#problem")).to_contain_text("did not accept this request")
    expect(tab.locator("#devices tbody tr")).to_have_count(6)


def test_a_lost_connection_can_be_tried_again(tab: Page, context: BrowserContext) -> None:
    tab.route("**/ui/?*page=2*", lambda route: route.abort())
    tab.get_by_role("link", name="Next").click()
    note = tab.locator("[data-toast]", has_text="The console cannot be reached")
    expect(note).to_be_visible()
    tab.unroute("**/ui/?*page=2*")
    note.get_by_role("button", name="Retry").click()
    expect(tab.locator(".pager-here")).to_have_text("Page 2 of 17")
    expect(note).to_be_hidden()


def test_a_sign_in_dialog_opens_over_the_page(tab: Page) -> None:
    body = '<dialog id="again" aria-label="Sign in again"><button>Sign in</button></dialog>'
    headers = {"HX-Retarget": "#problem", "HX-Reswap": "innerHTML"}
    tab.route("**/fail/unauthorized/", lambda route: route.fulfill(status=401, body=body, headers=headers))
    fetch(tab, "/fail/unauthorized/")
    expect(tab.get_by_role("dialog", name="Sign in again")).to_be_visible()
    expect(tab.locator("#devices tbody tr")).to_have_count(6)


def test_the_theme_is_remembered(tab: Page) -> None:
    root = tab.locator("html")
    switch = tab.get_by_role("button", name="Theme")
    for theme in ("light", "dark"):
        switch.click()
        expect(root).to_have_attribute("data-bs-theme", theme)
    tab.reload()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    switch.click()
    assert root.get_attribute("data-bs-theme") is None


def test_an_id_is_copied_whole(tab: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Copy 4711").first.click()
    expect(tab.locator("#voice")).to_have_text("Copied")
    assert tab.evaluate("navigator.clipboard.readText()") == "4711"


def test_a_menu_closes_with_escape_and_gives_the_focus_back(tab: Page) -> None:
    menu = tab.locator("main details[data-menu]")
    menu.locator("summary").click()
    tab.keyboard.press("ArrowDown")
    expect(menu.get_by_role("link", name="First")).to_be_focused()
    tab.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    expect(menu.locator("summary")).to_be_focused()


def test_times_stay_true_while_the_page_is_open(context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto("/ui/")
    stamp = page.locator("#devices time").first
    expect(stamp).to_have_text("17 min ago")
    page.clock.run_for(10 * 60 * 1000)
    expect(stamp).to_have_text("27 min ago")


def test_everything_essential_works_without_scripts(context: BrowserContext, site: str) -> None:
    plain = context.browser.new_context(base_url=site, java_script_enabled=False)
    page = plain.new_page()
    page.goto("/ui/")
    page.get_by_role("link", name="Next").click()
    assert "page=2" in page.url
    page.get_by_role("textbox", name="Name contains").fill("valve")
    page.get_by_role("button", name="Filter").click()
    assert "text=valve" in page.url
    page.locator("[data-select]").first.check()
    page.get_by_role("button", name="Set a fragment").click()
    assert "id=4711" in page.url
    assert "action=sample.set" in page.url
    plain.close()


def fetch(tab: Page, address: str) -> None:
    """Let htmx ask `address` for the list, as a link of the page would."""
    tab.evaluate("address => htmx.ajax('GET', address, {target: '#devices', swap: 'outerHTML'})", address)
