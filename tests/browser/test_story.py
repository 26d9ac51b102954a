"""The first ten minutes of a new user, in a real browser against the whole product."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Console
from tests.processes import eventually

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SignIn = Callable[[Page, str, str], None]


def preview_a_note_on_all_devices(tab: Page) -> None:
    """Up to the preview of a note that none of them has yet."""
    tab.get_by_label("Type").fill("c8y_*")
    tab.get_by_label("Type").press("Enter")
    tab.wait_for_url("**type=c8y_*")
    tab.get_by_label(re.compile(r"^All [\d,]+ matching$")).check()
    tab.get_by_role("button", name="Set fragment").click()

    tab.get_by_label("Fragment").fill("c8y_Note")
    tab.get_by_label("Value").fill(f'{{"text": "seen {time.time_ns()}"}}')
    tab.get_by_role("button", name="Preview").click()


def test_a_fragment_is_set_on_all_matching_devices_while_one_watches(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    preview_a_note_on_all_devices(tab)
    frozen = tab.get_by_text(re.compile(r"^5 of [\d,]+"))
    frozen.wait_for(timeout=60_000)  # a worker may have only just been started
    total = frozen.inner_text().split()[2].rstrip(",")
    expect(tab.get_by_role("group", name="Changes")).to_have_count(5)
    tab.get_by_role("button", name="Confirm and start").click()
    jobs = tab.context.new_page()
    jobs.goto("/t/acme/jobs/")
    jobs.get_by_label("Search").fill("being typed")

    watched = set()
    finished = tab.locator("#progress", has_text="Completed")
    while not finished.is_visible():
        watched.add(tab.get_by_text(re.compile(rf"^[\d,]+ of {total}$")).inner_text())
        tab.wait_for_timeout(100)
    assert len(watched) > 2, watched  # the bar moved without a reload
    expect(finished).to_contain_text(f"{total} done")
    tab.reload()
    expect(finished).to_contain_text(f"{total} done")
    expect(jobs.locator("#job-rows")).to_contain_text("Completed")
    expect(jobs.get_by_label("Search")).to_have_value("being typed")


def test_rows_of_two_pages_become_the_targets_of_one_job(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    tab.goto("/t/acme/devices/?type=c8y_*")
    first = tab.locator("[data-select]").first.get_attribute("value")
    tab.locator("[data-select]").first.check()
    tab.get_by_role("link", name="Next", exact=True).click()
    expect(tab.locator(".pager-here")).to_contain_text("Page 2")
    second = tab.locator("[data-select]").first.get_attribute("value")
    tab.locator("[data-select]").first.check()
    expect(tab.locator("[data-count]")).to_have_text("2 selected on 2 pages")
    tab.get_by_role("button", name="Set fragment").click()

    expect(tab.get_by_text("2 selected devices")).to_be_visible()
    assert first not in tab.url
    assert {first, second} == {
        field.get_attribute("value") for field in tab.locator("main input[name=id]").all()
    }
    tab.go_back()
    expect(tab.locator("[data-count]")).to_have_text("2 selected on 2 pages")


def test_an_edit_is_shown_before_it_is_saved_and_refused_when_the_object_has_changed(
    tab: Page, sign_in_at: SignIn, console: Console
) -> None:
    somebody_else = console.somebody_else()
    device = somebody_else.device_inventory.get_all(type="c8y_Gateway", limit=1)[0]
    sign_in_at(tab, "acme", "admin")
    tab.goto(f"/t/acme/devices/{device.id}/edit/")
    tab.get_by_label("Name").fill("Gateway with a new name")
    tab.get_by_role("button", name="Review changes").click()
    expect(tab.get_by_role("heading", name="1 change to save")).to_be_visible()

    somebody_else.inventory.update({"name": "Gateway with their name"}, str(device.id))
    tab.locator("#save_reviewed").click()
    expect(tab.get_by_role("heading", name="Somebody changed this object meanwhile")).to_be_visible()
    expect(tab.get_by_label("Name")).to_have_value("Gateway with a new name")

    tab.get_by_role("button", name="Apply mine on top of theirs").click()
    expect(tab.get_by_role("heading", name="Somebody changed this object meanwhile")).to_be_hidden()
    tab.locator("#save_reviewed").click()
    tab.wait_for_url(f"**/devices/{device.id}/")
    assert somebody_else.inventory.get(str(device.id)).name == "Gateway with a new name"


def test_a_device_is_registered_calls_and_is_accepted(
    tab: Page, sign_in_at: SignIn, console: Console
) -> None:
    sign_in_at(tab, "acme", "admin")
    tab.goto("/t/acme/onboarding/")
    tab.get_by_role("link", name="Register devices").click()
    tab.get_by_label("Device ids").fill("story-device-1")
    tab.get_by_role("button", name="Register").click()
    row = tab.locator("tbody tr", has_text="story-device-1")
    expect(row).to_be_visible()

    pending = tab.locator("tbody tr", has_text="story-device-1").get_by_text("Pending acceptance")
    while not pending.is_visible():  # the sandbox's devices call every few seconds
        tab.wait_for_timeout(500)
        tab.goto("/t/acme/onboarding/?text=story-device-1")
    row.get_by_role("button", name="Accept").click()
    expect(tab.get_by_role("status").filter(has_text="accepted").first).to_be_visible()
    connected = console.somebody_else().device_inventory.where(name="*story-device-1*")
    eventually(lambda: connected.count() == 1, seconds=30)


def test_two_tenants_stay_signed_in_side_by_side(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    second = tab.context.new_page()
    sign_in_at(second, "globex", "reader")
    tab.reload()
    expect(tab.locator(".topbar .tenant-tag")).to_contain_text("acme", ignore_case=True)
    expect(second.locator(".topbar .tenant-tag")).to_contain_text("globex", ignore_case=True)
    colors = [page.locator("body").get_attribute("data-tenant-color") for page in (tab, second)]
    assert colors[0] != colors[1]


def test_a_reader_is_told_why_there_is_nothing_to_press(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "globex", "reader")
    button = tab.get_by_role("button", name="Set fragment")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_name(re.compile("ROLE_INVENTORY_ADMIN"))


def test_an_alarm_is_acknowledged_where_it_stands(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    tab.goto("/t/acme/alarms/?status=ACTIVE")
    row = tab.locator("tbody tr").filter(has=tab.get_by_role("button", name="Acknowledge")).first
    identity = row.get_attribute("id")
    row.get_by_role("button", name="Acknowledge").click()
    expect(tab.locator(f"#{identity}")).to_contain_text("Acknowledged")


def test_every_page_fits_a_telephone(tab: Page, sign_in_at: SignIn) -> None:
    tab.set_viewport_size({"width": 360, "height": 740})
    sign_in_at(tab, "acme", "admin")
    for area in ("devices", "alarms", "operations", "users", "onboarding", "jobs"):
        tab.goto(f"/t/acme/{area}/")
        overflow = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, area


def test_a_page_weighs_at_most_150_kilobytes(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    sizes: list[int] = []
    tab.on("response", lambda answer: sizes.append(answer.request.sizes()["responseBodySize"]))
    tab.goto("/t/acme/devices/", wait_until="networkidle")
    assert 0 < sum(sizes) <= 150 * 1024, sizes


def test_device_requests_of_two_pages_are_accepted_together_with_the_tokens_typed_beside_them(
    tab: Page, sign_in_at: SignIn
) -> None:
    sign_in_at(tab, "acme", "admin")
    tab.goto("/t/acme/onboarding/register/")
    tab.get_by_label("Device ids").fill("\n".join(f"TWO-{n:02}" for n in range(40)))
    tab.get_by_role("button", name="Register").click()
    calling = "/t/acme/onboarding/?text=TWO-&status=PENDING_ACCEPTANCE&sort=id"

    def all_have_called() -> bool:  # until then the rows of a page change
        tab.goto(calling)
        return "1–25 of 40" in (tab.locator("#requests").text_content() or "")

    eventually(all_have_called, seconds=60)
    boxes, count, token = (
        tab.locator("[data-select]"),
        tab.locator("[data-count]"),
        tab.locator("input.token"),
    )
    boxes.first.check()
    token.first.fill("typed")
    first = boxes.first.get_attribute("value")
    tab.get_by_role("link", name="Next", exact=True).click()
    expect(count).to_have_text("1 selected on another page")
    boxes.first.check()
    expect(count).to_have_text("2 selected on 2 pages")
    sent = tab.evaluate("[...new FormData(document.getElementById('bulk'))]")
    assert [f"token:{first}", "typed"] in sent
    assert "typed" not in tab.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    tab.get_by_role("link", name="Previous", exact=True).click()
    expect(boxes.first).to_be_checked()
    expect(token.first).to_have_value("typed")
    tab.get_by_role("button", name="Accept").first.click()
    expect(tab.get_by_text("2 devices were accepted.")).to_be_visible()


def test_the_question_about_stopping_a_job_closes_when_the_job_has_ended(
    tab: Page, sign_in_at: SignIn
) -> None:
    sign_in_at(tab, "acme", "admin")
    preview_a_note_on_all_devices(tab)
    tab.get_by_role("button", name="Confirm and start").click(timeout=60_000)
    tab.get_by_role("button", name="Cancel job").click()
    question = tab.locator("#confirm")
    expect(question).to_contain_text("Stop this job for good?")
    expect(tab.locator("#progress")).to_contain_text("Completed", timeout=60_000)
    expect(question).to_be_hidden()
    expect(tab.locator("#messages")).to_contain_text("there is nothing to confirm any more")


def test_a_form_that_is_too_large_is_found_again_as_it_was_typed(tab: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    tab.goto("/t/acme/operations/new/?device=1")
    tab.get_by_label("Operation (JSON)").evaluate("field => { field.value = 'x'.repeat(3_000_000); }")
    tab.get_by_role("button", name="Send operation").click()
    expect(tab.get_by_role("heading", name="This form is too large")).to_be_visible()
    tab.get_by_role("link", name="Back to where you were").click()
    tab.wait_for_url("**/operations/new/?device=1")
    assert tab.get_by_label("Operation (JSON)").evaluate("field => field.value.length") == 3_000_000
