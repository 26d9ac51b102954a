"""Signing in: the page, the tenant's check, and every way it can fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from c8yadmin.accounts.models import SignIn
from sdk.sandbox import Sandbox

pytestmark = pytest.mark.django_db
OFFER = "/tenant/loginOptions"


def form(sandbox: Sandbox, user: str = "admin", tenant: str = "acme", **changes: str) -> dict[str, str]:
    password = sandbox.credentials[tenant][user]["password"]
    return {"tenant": tenant, "username": user, "password": password} | changes


def offer(sandbox: Sandbox, kind: str) -> None:
    """Let the tenants offer one way to sign in only."""
    sandbox.faults.add(OFFER, status=200, body=b'{"loginOptions":[{"type":"%s"}]}' % kind.encode())


def test_the_page_offers_the_configured_tenants(client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    assert "Acme" in page
    assert "Globex" in page
    assert 'type="password"' in page


def test_a_link_to_a_tenant_names_it(client: Client) -> None:
    page = client.get("/sign-in/?tenant=globex").content.decode()
    assert "Sign in to Globex" in page
    assert "acme.sandbox" not in page


def test_an_unknown_tenant_in_a_link_is_said(client: Client) -> None:
    assert "no tenant “nope”" in client.get("/sign-in/?tenant=nope").content.decode()


def test_signing_in_leads_to_the_page_that_was_asked_for(sandbox: Sandbox, client: Client) -> None:
    asked = client.get("/t/acme/devices/?page=2&name=pump*")
    assert asked.status_code == 302
    page = client.get(asked["Location"])
    assert "Sign in to Acme" in page.content.decode()
    goal = page.wsgi_request.GET["next"]
    answer = client.post("/sign-in/", form(sandbox, next=goal))
    assert (answer.status_code, answer["Location"]) == (302, "/t/acme/devices/?page=2&name=pump*")


def test_signing_in_without_a_goal_leads_to_the_start_of_the_tenant(sandbox: Sandbox, client: Client) -> None:
    answer = client.post("/sign-in/", form(sandbox))
    assert answer["Location"] == "/t/acme/"
    assert client.get("/t/acme/")["Location"] == "/t/acme/devices/"


def test_a_goal_in_another_tenant_is_not_followed(sandbox: Sandbox, client: Client) -> None:
    assert client.post("/sign-in/", form(sandbox, next="/t/globex/users/"))["Location"] == "/t/acme/"


def test_a_tenant_that_offers_tokens_gets_no_password_again(sandbox: Sandbox, client: Client) -> None:
    client.post("/sign-in/", form(sandbox))
    assert SignIn.objects.get().credential().kind == "token"
    assert len(sandbox.tenant("acme").sessions["admin"]) == 1


def test_basic_is_used_where_the_tenant_offers_no_tokens(sandbox: Sandbox, client: Client) -> None:
    offer(sandbox, "BASIC")
    assert client.post("/sign-in/", form(sandbox)).status_code == 302
    assert SignIn.objects.get().credential().kind == "basic"
    assert client.get("/t/acme/").status_code == 302
    assert sandbox.tenant("acme").sessions.get("admin", []) == []


def test_the_roles_are_those_of_the_user_and_of_the_groups(sandbox: Sandbox, client: Client) -> None:
    sandbox.tenant("acme").user_roles["reader"] = {"ROLE_ALARM_ADMIN"}
    client.post("/sign-in/", form(sandbox, "reader"))
    roles = SignIn.objects.get().person.roles
    assert "ROLE_ALARM_ADMIN" in roles
    assert roles >= set(sandbox.credentials["acme"]["reader"]["roles"])


def test_a_user_who_may_not_read_the_own_account_still_gets_in(sandbox: Sandbox, client: Client) -> None:
    group = next(g for g in sandbox.tenant("acme").groups.values() if g["name"] == "readers")
    group["roles"] -= {"ROLE_USER_MANAGEMENT_OWN_READ"}
    assert client.post("/sign-in/", form(sandbox, "reader")).status_code == 302
    page = client.get("/t/acme/devices/")
    assert page.status_code == 200
    assert "Needs ROLE_" not in page.content.decode()  # the tenant will decide


@pytest.mark.parametrize("kind", ["OAUTH2_INTERNAL", "BASIC"])
def test_a_wrong_password_is_refused_in_words(sandbox: Sandbox, client: Client, kind: str) -> None:
    offer(sandbox, kind)
    answer = client.post("/sign-in/", form(sandbox, password="wrong-canary", next="/t/acme/users/"))
    page = answer.content.decode()
    assert answer.status_code == 401
    assert "Acme did not accept this user name and password" in page
    assert "Bad credentials" in page
    assert 'value="admin"' in page
    assert 'value="/t/acme/users/"' in page
    assert "wrong-canary" not in page
    assert client.get("/t/acme/").status_code == 302
    assert not SignIn.objects.exists()


def test_an_unknown_user_is_refused_with_the_same_words(sandbox: Sandbox, client: Client) -> None:
    known = client.post("/sign-in/", form(sandbox, password="wrong"))
    unknown = client.post("/sign-in/", form(sandbox, password="wrong") | {"username": "nobody"})
    sentence = (
        "Acme did not accept this user name and password. Its words: “Invalid credentials! : Bad credentials”"
    )
    assert sentence in known.content.decode()
    assert sentence in unknown.content.decode()


def test_a_disabled_user_reads_the_words_of_the_tenant(sandbox: Sandbox, client: Client) -> None:
    sandbox.tenant("acme").users["reader"]["enabled"] = False
    answer = client.post("/sign-in/", form(sandbox, "reader"))
    assert answer.status_code == 401
    assert "User is disabled" in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": ""}, "Type your user name."),
        ({"password": ""}, "Type your password."),
        ({"tenant": ""}, "Choose the tenant to sign in to."),
        ({"tenant": "initech"}, "This console knows no tenant “initech”."),
        ({"username": "globex/admin"}, "“globex/…” names another tenant than Acme."),
        ({"username": "ad:min"}, "A user name holds no colon"),
        ({"username": "a\x00dmin"}, "This holds a null character, which no text may."),
        ({"username": "x" * 10_000}, "At most 1000 characters fit in here; this has 10000."),
    ],
)
def test_what_cannot_be_meant_is_said_beside_the_form(
    sandbox: Sandbox, client: Client, changes: dict[str, str], words: str
) -> None:
    answer = client.post("/sign-in/", form(sandbox) | changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()


@pytest.mark.parametrize("name", ["acme/admin", " admin "])
def test_the_name_may_carry_the_tenant_or_blanks(sandbox: Sandbox, client: Client, name: str) -> None:
    assert client.post("/sign-in/", form(sandbox, username=name)).status_code == 302
    assert SignIn.objects.get().username == "admin"


@pytest.mark.parametrize("name", ["josé", "管理者", "o'brien", "<b>x"])
def test_any_name_and_password_reach_the_tenant_as_typed(sandbox: Sandbox, client: Client, name: str) -> None:
    offer(sandbox, "BASIC")
    tenant = sandbox.tenant("acme")
    tenant.users[name] = tenant.users["reader"] | {"id": name, "userName": name}
    tenant.passwords[name] = " pässwörd 密 "
    assert (
        client.post(
            "/sign-in/", {"tenant": "acme", "username": name, "password": " pässwörd 密 "}
        ).status_code
        == 302
    )


FAILURES: list[tuple[dict[str, Any], int, str]] = [
    ({"cut": "before"}, 502, "Acme cannot be reached."),
    ({"status": 503}, 502, "Acme failed to answer."),
    ({"status": 500, "html": True}, 502, "Acme failed to answer."),
    ({"wrong_json": True}, 502, "is no Cumulocity tenant that can sign you in."),
    ({"status": 404}, 502, "is no Cumulocity tenant that can sign you in."),
    ({"status": 429, "retry_after": 600}, 429, "Acme receives too many requests just now."),
    ({"delay": 5}, 504, "Acme did not answer in time."),
]


# The body of the answer that brings the token is not looked at.
FAILING_CALLS = [
    *((OFFER, *failure) for failure in FAILURES),
    *(("/tenant/oauth", *failure) for failure in FAILURES if "wrong_json" not in failure[0]),
    *(("/user/currentUser", *failure) for failure in FAILURES[1:2] + FAILURES[-2:]),
]


@pytest.mark.parametrize(("path", "fault", "status", "words"), FAILING_CALLS)
def test_a_tenant_that_fails_is_told_from_a_wrong_password(
    sandbox: Sandbox,
    client: Client,
    settings: Settings,
    path: str,
    fault: dict[str, Any],
    status: int,
    words: str,
) -> None:
    settings.TENANT_SECONDS = 0.2 if "delay" in fault else 5
    sandbox.faults.add(path, **fault)
    answer = client.post("/sign-in/", form(sandbox))
    assert (answer.status_code, words in answer.content.decode()) == (status, True), answer.content.decode()
    assert 'value="admin"' in answer.content.decode()
    assert not SignIn.objects.exists()


def test_a_tenant_with_single_sign_on_only_is_explained(sandbox: Sandbox, client: Client) -> None:
    offer(sandbox, "OAUTH2")
    answer = client.post("/sign-in/", form(sandbox))
    assert answer.status_code == 422
    assert "only by its single sign-on" in answer.content.decode()


def test_an_address_that_belongs_to_another_tenant_is_refused(
    sandbox: Sandbox, client: Client, settings: Settings
) -> None:
    wrong = {"slug": "acme", "name": "Acme", "base_url": "http://acme.sandbox", "tenant_id": ""}
    settings.TENANTS = [wrong | {"tenant_id": "globex"}]
    answer = client.post("/sign-in/", form(sandbox))
    assert answer.status_code in {401, 422}
    assert not SignIn.objects.exists()


def test_where_only_the_host_is_known_the_tenant_tells_its_id(
    sandbox: Sandbox, client: Client, settings: Settings
) -> None:
    settings.TENANTS = [{"slug": "acme", "name": "Acme", "base_url": "http://acme.sandbox"}]
    for kind in ("OAUTH2_INTERNAL", "BASIC"):
        sandbox.faults.clear()
        offer(sandbox, kind)
        assert client.post("/sign-in/", form(sandbox)).status_code == 302
        assert SignIn.objects.get().tenant_id == "acme"


def test_a_single_tenant_needs_no_choice(client: Client, settings: Settings) -> None:
    settings.TENANTS = settings.TENANTS[:1]
    page = client.get("/sign-in/").content.decode()
    assert "Sign in to Acme" in page
    assert "Choose another tenant" not in page


def test_many_tenants_are_a_list_to_choose_from(client: Client, settings: Settings) -> None:
    settings.TENANTS = [
        {"slug": f"t{n}", "name": f"Tenant {n}", "base_url": f"http://t{n}.sandbox"} for n in range(30)
    ]
    page = client.get("/sign-in/").content.decode()
    assert "<select" in page
    assert "Tenant 29" in page


def test_a_page_of_an_unknown_tenant_does_not_exist(client: Client) -> None:
    assert client.get("/t/initech/devices/").status_code == 404


def test_signed_in_pages_are_not_stored_by_the_browser(sign_in: Callable[..., Client]) -> None:
    answer = sign_in().get("/t/acme/")
    assert "no-store" in answer["Cache-Control"]
    assert "Cookie" in answer["Vary"]


def test_a_read_only_connection_refuses_every_change(
    sandbox: Sandbox, sign_in: Callable[..., Client], settings: Settings
) -> None:
    settings.TENANTS = [entry | {"access": "read-only"} for entry in settings.TENANTS]
    browser = sign_in()
    assert browser.get("/t/acme/").status_code == 302
    answer = browser.post("/t/acme/devices/", {"name": "x"})
    assert answer.status_code == 403
    assert "Acme is connected read-only" in answer.content.decode()
