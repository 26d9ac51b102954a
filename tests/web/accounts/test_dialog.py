"""A session that ends under an open page, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from c8yadmin.accounts.models import SignIn
from sdk.sandbox import Sandbox

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("dialog"),
]


@pytest.fixture
def tab(chromium: Browser, live_server: LiveServer, sandbox: Sandbox) -> Iterator[Page]:
    """A tab that is signed in to acme as admin and shows its devices."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(5000)
    page = context.new_page()
    page.goto("/t/acme/devices/")
    fill_in(page, sandbox, "main")
    page.wait_for_url("**/t/acme/devices/")
    yield page
    context.close()


def fill_in(page: Page, sandbox: Sandbox, where: str) -> None:
    name = page.locator(f"{where} input[name=username]:not([type=hidden])")
    if name.count():
        name.fill("admin")
    page.fill(f"{where} [name=password]", sandbox.credentials["acme"]["admin"]["password"])
    page.click(f"{where} button:has-text('Sign in')")


def end() -> None:
    SignIn.objects.get().end("You were signed out after 30 minutes without activity.")


def test_what_was_interrupted_goes_on_after_the_sign_in(tab: Page, sandbox: Sandbox) -> None:
    end()
    tab.locator("th a").first.click()
    dialog = tab.locator("#sign_in")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("without activity")
    fill_in(tab, sandbox, "#sign_in")
    expect(dialog).to_have_count(0)
    expect(tab.locator("#messages")).to_contain_text("Nothing on this page was lost")
    tab.wait_for_url("**sort=**")
    expect(tab.locator("th[aria-sort=ascending]")).to_have_count(1)


def test_a_wrong_password_stays_in_the_dialog(tab: Page, sandbox: Sandbox) -> None:
    end()
    tab.locator("th a").first.click()
    tab.fill("#sign_in [name=password]", "wrong")
    tab.click("#sign_in button:has-text('Sign in')")
    expect(tab.locator("#sign_in")).to_contain_text("Acme did not accept")
    fill_in(tab, sandbox, "#sign_in")
    expect(tab.locator("#sign_in")).to_have_count(0)


def test_a_second_refusal_leaves_the_dialog_as_it_is(tab: Page) -> None:
    end()
    tab.locator("th a").first.click()
    tab.fill("#sign_in [name=password]", "half-typed")
    with tab.expect_response(lambda answer: answer.status == 401):
        tab.evaluate("htmx.trigger(document.querySelectorAll('th a')[1], 'click')")
    expect(tab.locator("#sign_in [name=password]")).to_have_value("half-typed")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_the_pages_of_the_sign_in_are_accessible(
    chromium: Browser, live_server: LiveServer, sandbox: Sandbox, theme: Literal["light", "dark"], width: int
) -> None:
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": width, "height": 900}, color_scheme=theme
    )
    page = context.new_page()
    for address in ("/sign-in/", "/sign-in/?tenant=acme", "/sign-in/?tenant=nope"):
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.fill("[name=username]", "admin")
    page.check("[value=globex]")
    fill_in(page, sandbox, "main")
    expect(page.locator(".notice")).to_contain_text("Globex did not accept")
    assert Axe().run(page).violations_count == 0
    context.close()
