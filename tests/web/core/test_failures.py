"""Whatever goes wrong: the right status, the tenant's own words, and what to do next."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client, override_settings
from django.test.utils import override_script_prefix

from tests.web.core.failing import WORDS
from tests.web.words import words

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "devices", "HX-Current-URL": "http://testserver/ui/?page=2"}

STATUSES = [
    ("unauthorized", 401, "asks you to sign in again"),
    ("forbidden", 403, "does not permit this"),
    ("missing", 404, "has no such object"),
    ("conflict", 409, "refused a conflicting change"),
    ("invalid", 422, "did not accept this request"),
    ("limited", 429, "receives too many requests"),
    ("broken", 502, "failed to answer"),
    ("garbage", 502, "gave an unusable answer"),
    ("unreachable", 502, "cannot be reached"),
    ("timeout", 504, "took too long"),
]


@pytest.fixture(autouse=True)
def failing_address() -> object:
    with override_settings(ROOT_URLCONF="tests.web.core.failing"):
        yield


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(("kind", "status", "title"), STATUSES)
def test_a_tenants_failure_is_a_page_with_the_right_status(
    browser: Client, kind: str, status: int, title: str
) -> None:
    answer = browser.get(f"/fail/{kind}/")
    assert answer.status_code == status
    assert title in words(answer)
    assert b"<html" in answer.content


@pytest.mark.parametrize(("kind", "status", "title"), STATUSES)
def test_for_htmx_it_is_a_fragment_that_leaves_the_page_alone(
    browser: Client, kind: str, status: int, title: str
) -> None:
    answer = browser.get(f"/fail/{kind}/", headers=HTMX)
    assert answer.status_code == status
    assert (answer["HX-Retarget"], answer["HX-Reswap"], answer["HX-Push-Url"]) == (
        "#problem",
        "innerHTML",
        "false",
    )
    assert title in words(answer)
    assert b"<html" not in answer.content


@pytest.mark.parametrize("kind", ["forbidden", "missing", "conflict", "invalid", "broken"])
def test_the_tenants_own_words_are_shown_as_text(browser: Client, kind: str) -> None:
    answer = browser.get(f"/fail/{kind}/")
    assert WORDS in words(answer)
    assert b"<script>alert" not in answer.content
    assert "inventory/odd" in words(answer)
    assert "PUT /inventory/managedObjects/7" in words(answer)


def test_trying_again_leads_back_to_where_one_was(browser: Client) -> None:
    assert 'href="/fail/timeout/?page=2"' in browser.get("/fail/timeout/?page=2").content.decode()
    assert 'href="/ui/?page=2"' in browser.get("/fail/timeout/", headers=HTMX).content.decode()


def test_a_change_of_unknown_effect_is_called_so(browser: Client) -> None:
    warning = "It is not known whether the change arrived"
    assert warning in words(browser.post("/fail/timeout/"))
    assert warning not in words(browser.get("/fail/timeout/"))
    assert warning not in words(browser.post("/fail/conflict/"))


@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [
        ("denied", 403, "Acme is connected read-only."),
        ("gone", 404, "This console knows no tenant of that name."),
        ("bad", 400, "The filter is damaged."),
        ("suspicious", 400, "The address or the form was damaged."),
        ("crash", 500, "The console failed, not your tenant."),
    ],
)
def test_the_consoles_own_refusals_say_why_and_no_more(
    browser: Client, kind: str, status: int, sentence: str
) -> None:
    answer = browser.get(f"/fail/{kind}/")
    assert answer.status_code == status
    assert sentence in words(answer)
    assert "secret detail" not in answer.content.decode()


@pytest.mark.parametrize(
    "form", [{"username": "x" * 3_000_000}, {f"field-{number}": "" for number in range(1001)}]
)
def test_a_form_that_is_too_large_is_called_that(browser: Client, form: dict[str, str]) -> None:
    answer = browser.post("/sign-in/", form)
    assert answer.status_code == 413
    assert "This form is too large" in words(answer)


def test_a_form_that_is_too_large_leads_back_to_where_it_was_filled_in(browser: Client) -> None:
    form = {"username": "x" * 3_000_000}
    answer = browser.post(
        "/sign-in/", form, headers={"Referer": "http://testserver/sign-in/?tenant=acme&next=/"}
    )
    assert "Back to where you were" in words(answer)
    assert 'href="/sign-in/?tenant=acme&amp;next=/" data-back' in answer.content.decode()


@pytest.mark.parametrize(
    "told",
    [
        "",
        "http://testserver/fail/missing/",  # the very page
        "http://testserver/nowhere/",
        "https://evil.example/search?q=console",
        "https://evil.example/sign-in/",
        "http://testserver:8000/sign-in/",
        "/sign-in/",
        "http://testserver//evil.example/sign-in/",
        "javascript:alert(1)",
        "https://[",
    ],
)
def test_nobody_is_led_back_to_where_no_page_of_the_console_is(browser: Client, told: str) -> None:
    answer = browser.get("/fail/missing/", headers={"Referer": told})
    assert answer.status_code == 404
    assert "Back to where you were" not in words(answer)


@pytest.mark.parametrize(
    "path",
    [
        "alarms/7/status/",
        "operations/7/cancel/",
        "users/ada/enabled/",
        f"jobs/{UUID(int=1)}/confirm/",
        f"jobs/{UUID(int=1)}/pause/",
        f"jobs/{UUID(int=1)}/approve/",
    ],
)
def test_nobody_is_led_back_to_an_address_that_only_takes_forms(browser: Client, path: str) -> None:
    for told, leads_back in ((f"/t/acme/{path}", False), ("/t/acme/alarms/", True)):
        answer = browser.get("/fail/missing/", headers={"Referer": f"http://testserver{told}"})
        assert ("Back to where you were" in words(answer)) is leads_back


def test_the_way_back_is_known_behind_a_gateway_that_calls_the_console_by_another_name(
    browser: Client,
) -> None:
    for told, leads_back in (("https://acme.example", True), ("http://acme.example", False)):
        with override_settings(CSRF_TRUSTED_ORIGINS=["https://acme.example"]):
            answer = browser.get("/fail/missing/", headers={"Referer": f"{told}/sign-in/"})
        assert ('href="/sign-in/" data-back' in answer.content.decode()) is leads_back


def test_below_a_prefix_the_way_back_is_below_it(browser: Client) -> None:
    for told, leads_back in (("/service/c8yadmin/sign-in/", True), ("/sign-in/", False)):
        with override_script_prefix("/service/c8yadmin/"):
            answer = browser.get("/fail/missing/", headers={"Referer": f"http://testserver{told}"})
        assert (f'href="{told}" data-back' in answer.content.decode()) is leads_back


def test_a_crash_under_htmx_keeps_the_page(browser: Client) -> None:
    answer = browser.get("/fail/crash/", headers=HTMX)
    assert answer.status_code == 500
    assert answer["HX-Retarget"] == "#problem"


def test_an_unknown_address_is_no_page(browser: Client) -> None:
    answer = browser.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is no such page" in words(answer)
    assert "secret" not in words(answer)


def test_a_forged_form_is_refused_in_words() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/fail/timeout/")
    assert answer.status_code == 403
    assert "This form is no longer valid" in words(answer)


def test_a_foreign_host_name_is_refused(browser: Client) -> None:
    told = {"Host": "evil.example", "Referer": "http://evil.example/sign-in/"}
    answer = browser.get("/ui/", headers=told)
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_a_page_that_cannot_even_fail_says_so_in_plain_text(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> None:
        raise OSError("templates are gone")

    from django.template import engines

    monkeypatch.setattr(engines["jinja2"].env, "get_template", broken)
    answer = browser.get("/fail/crash/")
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith("text/plain")
    assert "Something went wrong here" in answer.content.decode()
