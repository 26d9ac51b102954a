"""What an answer does to a page: a refused form leads to what is wrong, a question that is over closes."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser
STOP = '<form action="/stop/" method="post" data-confirm="Stop it?"><button>Stop</button></form>'


def put(tab: Page, body: str, status: int = 200, verb: str = "GET") -> None:
    """Let htmx put an answer in the place of the list."""
    tab.unroute("**/answer/")
    answer = f'<section id="devices">{body}</section>'
    tab.route("**/answer/", lambda route: route.fulfill(status=status, content_type="text/html", body=answer))
    tab.evaluate("verb => htmx.ajax(verb, '/answer/', {target: '#devices', swap: 'outerHTML'})", verb)


def test_a_question_is_about_the_same_button_of_a_page_that_was_drawn_anew(tab: Page) -> None:
    put(tab, STOP)
    tab.get_by_role("button", name="Stop").click()
    put(tab, f"<p>Half of it is done</p>{STOP}")
    sent: list[str] = []
    tab.route("**/stop/", lambda route: sent.append(route.request.method) or route.fulfill(body="Stopped"))
    tab.locator("#confirm").get_by_role("button", name="Continue").click()
    expect(tab.get_by_text("Stopped")).to_be_visible()
    assert sent == ["POST"]


def test_a_question_that_nothing_on_the_page_asks_any_more_is_closed_with_a_word(tab: Page) -> None:
    put(tab, STOP)
    tab.get_by_role("button", name="Stop").click()
    expect(tab.locator("#confirm")).to_be_visible()
    put(tab, "<p>It is done</p>")
    expect(tab.locator("#confirm")).to_be_hidden()
    expect(tab.locator("#messages")).to_contain_text("so there is nothing to confirm any more")
    expect(tab.locator("main")).to_be_focused()


def test_a_page_with_a_refused_form_leads_to_its_first_wrong_field(
    tab: Page, context: BrowserContext
) -> None:
    assert (
        tab.evaluate("document.activeElement.tagName") == "BODY"
    )  # the same markup, of a form that was shown
    page = context.request.get("/ui/").text()
    tab.route("**/refused/", lambda route: route.fulfill(status=422, content_type="text/html", body=page))
    tab.goto("/refused/")
    wrong = tab.locator("#forms [aria-invalid=true]")
    expect(wrong.first).to_be_focused()
    expect(wrong.first).to_be_in_viewport()


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ('<input><details><summary>More</summary><input id="place" aria-invalid="true"></details>', "#place"),
        ('<input type="hidden" class="is-invalid"><select id="place" class="is-invalid"></select>', "#place"),
        (
            '<fieldset class="field"><input type="radio" id="place"><p class="field-errors"></p></fieldset>',
            "#place",
        ),
        ('<p tabindex="-1" data-refusal>Not like that</p><input>', "[data-refusal]"),
        ('<p tabindex="-1" data-refusal>Not like that</p><input id="place" autofocus>', "#place"),
    ],
)
def test_a_refused_form_that_is_put_in_place_leads_to_what_is_wrong(
    tab: Page, fields: str, place: str
) -> None:
    put(tab, f"<form>{fields}</form>", status=422, verb="POST")
    found = tab.locator(f"#devices {place}")
    expect(found).to_be_focused()
    expect(found).to_be_in_viewport()
    words = tab.locator("#devices [data-refusal]")
    if place == "#place" and words.count():
        expect(found).to_have_accessible_description("Not like that")
