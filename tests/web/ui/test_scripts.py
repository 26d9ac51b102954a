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


def sent(tab: Page) -> dict[str, list[str]]:
    """What the form above the table would send now."""
    pairs: list[list[str]] = tab.evaluate("[...new FormData(document.getElementById('bulk'))]")
    return {name: [value for key, value in pairs if key == name] for name, _ in pairs}


def turn(tab: Page, link: str, page: int) -> None:
    tab.get_by_role("link", name=link, exact=True).click()
    expect(tab.locator(".pager-here")).to_contain_text(f"Page {page} of")


def test_a_selection_outlives_the_turn_of_a_page(tab: Page) -> None:
    boxes, count = tab.locator("[data-select]"), tab.locator("[data-count]")
    boxes.nth(1).click()
    boxes.nth(2).click()
    turn(tab, "Next", 2)
    expect(count).to_have_text("2 selected on another page")
    boxes.nth(0).click()
    expect(count).to_have_text("3 selected on 2 pages")
    assert sent(tab)["id"] == ["4712", "4713", "4736"]
    assert sent(tab).keys() == {"target", "id", "csrfmiddlewaretoken"}
    assert "4712" not in tab.url
    turn(tab, "Previous", 1)
    expect(boxes.nth(1)).to_be_checked()
    expect(boxes.nth(0)).not_to_be_checked()
    boxes.nth(1).click()
    expect(count).to_have_text("2 selected on 2 pages")
    turn(tab, "Next", 2)
    assert sent(tab)["id"] == ["4713", "4736"]
    tab.go_back()
    expect(tab.locator(".pager-here")).to_have_text("Page 1 of 17")
    expect(count).to_have_text("2 selected on 2 pages")


def test_who_goes_back_to_a_list_finds_the_selection_and_who_comes_anew_does_not(tab: Page) -> None:
    tab.locator("[data-select]").first.click()
    turn(tab, "Next", 2)
    tab.locator("[data-select]").first.click()
    address = tab.url
    tab.goto("/sign-in/")
    tab.go_back()
    expect(tab.locator("[data-count]")).to_have_text("2 selected on 2 pages")
    tab.goto("/sign-in/")
    tab.goto(address)
    expect(tab.locator("[data-count]")).to_have_text("Select rows to act on them")


def test_rows_of_several_pages_are_posted_and_those_of_one_are_not(tab: Page) -> None:
    method = "document.getElementById('bulk').method"
    tab.locator("[data-select]").first.click()
    assert tab.evaluate(method) == "get"
    turn(tab, "Next", 2)
    assert tab.evaluate(method) == "post"
    tab.get_by_role("button", name="Clear", exact=True).click()
    assert tab.evaluate(method) == "get"
    assert sent(tab).keys() == {"target", "filter"}


def test_what_is_selected_stays_in_sight(tab: Page) -> None:
    tab.set_viewport_size({"width": 1280, "height": 420})
    tab.locator("[data-select]").first.click()
    tab.get_by_role("link", name="Next", exact=True).scroll_into_view_if_needed()
    expect(tab.locator("[data-count]")).to_be_in_viewport(ratio=1)


def test_a_selection_is_cleared_at_a_click(tab: Page) -> None:
    clear = tab.get_by_role("button", name="Clear", exact=True)
    expect(clear).to_be_hidden()
    tab.locator("[data-select]").first.click()
    turn(tab, "Next", 2)
    tab.locator("[data-select]").first.click()
    clear.click()
    expect(clear).to_be_hidden()
    expect(tab.locator("[data-select-all]")).to_be_focused()
    expect(tab.locator("[data-count]")).to_have_text("Select rows to act on them")
    turn(tab, "Previous", 1)
    assert tab.locator("[data-select]:checked").count() == 0


def test_another_filter_clears_the_selection_with_a_word(tab: Page) -> None:
    tab.locator("[data-select]").first.click()
    turn(tab, "Next", 2)
    tab.get_by_role("link", name="Remove filter Severity").click()
    expect(tab.locator("[data-count]")).to_have_text(
        "The filter has changed, so nothing is selected any more"
    )
    assert sent(tab).keys() == {"target", "filter"}
    tab.locator("[data-select]").first.click()
    expect(tab.locator("[data-count]")).to_have_text("1 row selected")
    tab.get_by_role("link", name="Name", exact=True).click()  # another order is no other filter
    expect(tab.locator("[data-count]")).to_have_text("1 row selected")


def test_all_that_match_stay_selected_on_the_next_page(tab: Page) -> None:
    tab.get_by_label("All 412 matching").check()
    turn(tab, "Next", 2)
    expect(tab.get_by_label("All 412 matching")).to_be_checked()
    expect(tab.locator("[data-count]")).to_have_text("All 412 that match are selected")
    assert sent(tab).keys() == {"target", "filter", "all"}
    tab.get_by_role("button", name="Clear", exact=True).click()
    expect(tab.locator("[data-select]").first).to_be_enabled()


def test_more_rows_than_a_form_takes_are_refused_in_words(tab: Page) -> None:
    tab.evaluate(
        """() => {
            const row = document.querySelector("#devices tbody tr");
            for (let n = 0; n < 498; n += 1) {
                const other = row.cloneNode(true);
                other.querySelector("[data-select]").value = `9000${n}`;
                row.after(other);
            }
        }"""
    )
    tab.locator("[data-select-all]").click()
    words = "No more than 500 rows one by one: filter the list, and select all that match"
    expect(tab.locator("[data-count]")).to_have_text(words)
    assert len(sent(tab)["id"]) == 500
    assert tab.locator("[data-select]:not(:checked)").count() == 4
    turn(tab, "Next", 2)
    expect(tab.locator("[data-count]")).to_have_text("500 selected on another page")


def test_an_id_that_is_markup_stays_an_id(tab: Page) -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    box = tab.locator("[data-select]").first
    box.evaluate("(box, id) => { box.value = id; }", hostile)
    box.click()
    turn(tab, "Next", 2)
    assert sent(tab)["id"] == [hostile]
    assert tab.locator("#bulk img").count() == 0


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
    tab.wait_for_function("window.done > 0")
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
