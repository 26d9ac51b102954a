"""Two people in their browsers: what waits for the second one is seen at once, and what was decided too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import OPTIONS, Console
from tests.demo.running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SignIn = Callable[[Page, str, str], None]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The product with the two-person rule for everything."""
    demo = Demo(tmp_path_factory.mktemp("approvals"), *OPTIONS, C8YADMIN_APPROVAL="all")
    yield Console(demo)
    demo.stop()


@pytest.fixture
def second(chromium: Browser, console: Console, sign_in_at: SignIn) -> Iterator[Page]:
    """The tab of `operator`, who may change alarms and is no administrator."""
    context = chromium.new_context(base_url=console.url)
    context.set_default_timeout(15_000)
    page = context.new_page()
    sign_in_at(page, "acme", "operator")
    yield page
    context.close()


def ask(tab: Page) -> None:
    """Submit and confirm a job about one alarm."""
    tab.goto("/t/acme/alarms/?status=ACTIVE")
    tab.locator("[data-select]").first.check()
    tab.get_by_role("button", name="Change status").click()
    tab.get_by_role("radio", name="Acknowledge").check()
    tab.get_by_role("button", name="Preview").click()
    tab.get_by_role("button", name="Confirm and ask for approval").click(
        timeout=60_000
    )  # a worker may have just started
    expect(tab.locator("#progress")).to_contain_text("Waiting for approval")


def waiting_in(page: Page) -> Locator:
    return page.get_by_role("region", name="Waiting for approval").locator("tbody tr")


def test_an_approver_sees_at_once_what_waits_and_its_owner_what_was_decided(
    tab: Page, second: Page, sign_in_at: SignIn
) -> None:
    listed = second.context.new_page()
    listed.goto("/t/acme/jobs/approvals/")
    expect(listed.get_by_text("Nothing waits for approval")).to_be_visible()
    sign_in_at(tab, "acme", "admin")
    second.goto("/t/acme/devices/")
    count = second.locator("#approvals_waiting")
    expect(count).to_have_text("")
    ask(tab)
    expect(count).to_have_text("1 waiting")
    expect(waiting_in(listed)).to_have_count(1)
    listed.get_by_role("link", name="Review").click()
    second.goto(listed.url)
    second.get_by_role("button", name="Approve").click()
    approved = second.get_by_role("region", name="Approved by you")
    expect(approved).to_contain_text("Acknowledge: 1 alarm")
    expect(approved).to_contain_text("Completed")
    expect(tab.locator("#progress")).to_contain_text("Completed")
    expect(listed.locator("#progress")).to_contain_text("Completed")
    expect(second.locator("#approvals_waiting")).to_have_text("")


def test_what_is_taken_back_waits_no_longer(tab: Page, second: Page, sign_in_at: SignIn) -> None:
    sign_in_at(tab, "acme", "admin")
    ask(tab)
    second.goto("/t/acme/jobs/approvals/")
    expect(waiting_in(second)).to_have_count(1)
    length = second.evaluate("history.length")
    tab.get_by_role("button", name="Take back").click()
    expect(second.get_by_text("Nothing waits for approval")).to_be_visible()
    expect(second.locator("#approvals_waiting")).to_have_text("")
    assert second.evaluate("history.length") == length
