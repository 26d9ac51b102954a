"""Requests that the user did not mean: forged, redirected, fixed, replayed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from c8yadmin.accounts.models import SignIn
from sdk.sandbox import Sandbox

pytestmark = pytest.mark.django_db
SignInto = Callable[..., Client]


def token(browser: Client, page: str = "/sign-in/") -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(page).content.decode())
    assert found
    return found[1]


def form(sandbox: Sandbox, **more: str) -> dict[str, str]:
    password = sandbox.credentials["acme"]["admin"]["password"]
    return {"tenant": "acme", "username": "admin", "password": password} | more


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example/t/acme/",
        "/\\evil.example",
        "https://evil.example/t/acme/",
        "https:///evil.example",
        "http:evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/t/acme/../../sign-in/",
        "/t/acme/\r\nSet-Cookie: a=b",
        "/t/acme",
        "evil.example",
    ],
)
def test_a_goal_elsewhere_is_not_followed(sandbox: Sandbox, client: Client, goal: str) -> None:
    answer = client.post("/sign-in/", form(sandbox, next=goal))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/t/acme/")
    assert "evil" not in answer["Location"]
    assert "\n" not in answer["Location"]
    assert "a" not in answer.cookies


def test_signing_in_needs_the_token_of_this_browser(sandbox: Sandbox) -> None:
    browser, stranger = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    assert browser.post("/sign-in/", form(sandbox)).status_code == 403
    foreign = token(stranger)
    token(browser)
    assert browser.post("/sign-in/", form(sandbox, csrfmiddlewaretoken=foreign)).status_code == 403
    assert browser.post("/sign-in/", form(sandbox, csrfmiddlewaretoken=token(browser))).status_code == 302


def test_the_token_from_before_the_first_sign_in_is_of_no_use_after_it(sandbox: Sandbox) -> None:
    browser = Client(enforce_csrf_checks=True)
    before = token(browser)
    browser.post("/sign-in/", form(sandbox, csrfmiddlewaretoken=before))
    assert browser.post("/t/acme/sign-out/", {"csrfmiddlewaretoken": before}).status_code == 403
    now = token(browser)
    assert browser.post("/t/acme/sign-out/", {"csrfmiddlewaretoken": now}).status_code == 302


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://testserver.evil.example"])
def test_another_origin_may_not_post(sandbox: Sandbox, origin: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    data = form(sandbox, csrfmiddlewaretoken=token(browser))
    assert browser.post("/sign-in/", data, headers={"Origin": origin}).status_code == 403


def test_a_method_cannot_be_overridden(sign_in: SignInto) -> None:
    browser = sign_in()
    assert browser.get("/t/acme/sign-out/", headers={"X-HTTP-Method-Override": "POST"}).status_code == 405
    assert browser.put("/sign-in/").status_code == 405
    assert SignIn.objects.exists()


def test_a_planted_session_is_worth_nothing(sandbox: Sandbox, sign_in: SignInto) -> None:
    attacker = sign_in("reader", "globex")
    planted = attacker.cookies["c8yadmin"].value
    victim = Client()
    victim.cookies["c8yadmin"] = planted
    sign_in("admin", "acme", victim)
    assert victim.cookies["c8yadmin"].value != planted
    assert attacker.get("/t/acme/")["Location"].startswith("/sign-in/")
    assert attacker.get("/t/globex/")["Location"].startswith("/sign-in/")


def test_a_session_from_before_the_sign_out_is_dead(sign_in: SignInto) -> None:
    browser = sign_in()
    kept = browser.cookies["c8yadmin"].value
    browser.post("/t/acme/sign-out/")
    thief = Client()
    thief.cookies["c8yadmin"] = kept
    assert thief.get("/t/acme/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("cookie", ["", "x", "a" * 32, "../../etc/passwd", "' or 1=1 --", "{}", "\x00"])
def test_an_invented_session_is_no_session(sandbox: Sandbox, cookie: str) -> None:
    browser = Client()
    browser.cookies["c8yadmin"] = cookie
    assert browser.get("/t/acme/")["Location"].startswith("/sign-in/")


def test_cookies_are_for_this_site_and_out_of_reach_of_scripts(sandbox: Sandbox, client: Client) -> None:
    answer = client.post("/sign-in/", form(sandbox))
    assert set(answer.cookies) == {"c8yadmin", "csrftoken"}
    for cookie in answer.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert not cookie["domain"]


def test_a_foreign_host_is_refused(client: Client) -> None:
    assert client.get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400


def test_the_sign_in_cannot_be_framed(client: Client) -> None:
    answer = client.get("/sign-in/")
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_htmx_headers_give_no_rights(sandbox: Sandbox, client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "devices"}
    assert client.get("/t/acme/devices/", headers=headers).status_code == 401
