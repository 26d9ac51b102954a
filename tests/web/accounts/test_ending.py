"""How a sign-in ends without a sign-out, and how it goes on by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from c8yadmin.accounts.models import Attempt, SignIn, WaitingPassword
from c8yadmin.accounts.tasks import purge
from sdk.sandbox import Sandbox

pytestmark = pytest.mark.django_db
SignInto = Callable[..., Client]


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def is_open(browser: Client, tenant: str = "acme") -> bool:
    return not str(browser.get(f"/t/{tenant}/")["Location"]).startswith("/sign-in/")


def reason(browser: Client) -> str:
    return str(browser.get("/sign-in/?tenant=acme").content.decode())


def test_half_an_hour_without_activity_ends_it(sign_in: SignInto, clock: time_machine.Coordinates) -> None:
    browser = sign_in()
    clock.shift(timedelta(minutes=29))
    assert is_open(browser)
    clock.shift(timedelta(minutes=29))
    assert is_open(browser)
    clock.shift(timedelta(minutes=31))
    assert not is_open(browser)
    page = reason(browser)
    assert "You were signed out after 30 minutes without activity." in page
    assert 'value="admin"' in page


def test_twelve_hours_end_it_however_active(sign_in: SignInto, clock: time_machine.Coordinates) -> None:
    browser = sign_in()
    for _ in range(36):
        clock.shift(timedelta(minutes=19, seconds=50))
        assert is_open(browser)
    clock.shift(timedelta(minutes=10))
    assert not is_open(browser)


def test_idleness_in_one_tenant_leaves_the_other(sign_in: SignInto, clock: time_machine.Coordinates) -> None:
    browser = sign_in("admin", "acme")
    sign_in("admin", "globex", browser)
    for _ in range(3):
        clock.shift(timedelta(minutes=15))
        assert is_open(browser, "globex")
    assert not is_open(browser, "acme")


def test_the_end_of_the_token_ends_it(
    sandbox: Sandbox, sign_in: SignInto, clock: time_machine.Coordinates
) -> None:
    sandbox.tenant("acme").session_rules.lifespan = 600
    browser = sign_in()
    clock.shift(timedelta(minutes=9))
    assert is_open(browser)
    clock.shift(timedelta(minutes=2))
    assert not is_open(browser)
    assert "The tenant has ended your session." in reason(browser)


def test_a_token_that_the_tenant_renews_is_kept(
    sandbox: Sandbox, sign_in: SignInto, clock: time_machine.Coordinates
) -> None:
    rules = sandbox.tenant("acme").session_rules
    rules.lifespan, rules.renewal = 900, 300
    browser = sign_in()
    first = SignIn.objects.get().credential().secret
    for _ in range(12):
        clock.shift(timedelta(minutes=6))
        assert is_open(browser)
    assert SignIn.objects.get().credential().secret != first


def test_roles_follow_the_tenant_within_five_minutes(
    sandbox: Sandbox, sign_in: SignInto, clock: time_machine.Coordinates
) -> None:
    browser = sign_in("reader")
    sandbox.tenant("acme").user_roles["reader"] = {"ROLE_ALARM_ADMIN"}
    clock.shift(timedelta(minutes=4))
    browser.get("/t/acme/")
    assert "ROLE_ALARM_ADMIN" not in SignIn.objects.get().person.roles
    clock.shift(timedelta(minutes=2))
    browser.get("/t/acme/")
    assert "ROLE_ALARM_ADMIN" in SignIn.objects.get().person.roles


def test_roles_stay_when_the_tenant_cannot_be_asked(
    sandbox: Sandbox, sign_in: SignInto, clock: time_machine.Coordinates, settings: Settings
) -> None:
    settings.TENANT_SECONDS = 0.2
    browser = sign_in("reader")
    known = SignIn.objects.get().roles
    failure = sandbox.faults.add("/user/currentUser", status=503)
    clock.shift(timedelta(minutes=6))
    assert is_open(browser)
    asked = failure.hits
    assert is_open(browser)
    assert SignIn.objects.get().roles == known
    assert failure.hits == asked > 0


def test_a_sign_in_that_the_tenant_revoked_is_asked_for_again(
    sandbox: Sandbox, sign_in: SignInto, clock: time_machine.Coordinates
) -> None:
    browser = sign_in()
    sandbox.tenant("acme").sessions["admin"].clear()
    clock.shift(timedelta(minutes=6))
    assert not is_open(browser)
    assert "Acme no longer accepts your sign-in" in reason(browser)
    assert SignIn.objects.get().sealed == ""


def test_a_replaced_encryption_key_asks_for_a_new_sign_in(sign_in: SignInto, settings: Settings) -> None:
    browser = sign_in()
    settings.ENCRYPTION_KEYS = ["a" * 43 + "="]
    assert not is_open(browser)
    assert "its encryption key was replaced" in reason(browser)


def test_an_added_encryption_key_changes_nothing(sign_in: SignInto, settings: Settings) -> None:
    browser = sign_in()
    settings.ENCRYPTION_KEYS = ["a" * 43 + "=", *settings.ENCRYPTION_KEYS]
    assert is_open(browser)


def test_a_tenant_taken_off_the_list_is_gone(sign_in: SignInto, settings: Settings) -> None:
    browser = sign_in("admin", "acme")
    sign_in("admin", "globex", browser)
    settings.TENANTS = settings.TENANTS[1:]
    assert browser.get("/")["Location"] == "/t/globex/"
    assert browser.get("/t/acme/").status_code == 404


def test_the_clean_up_removes_what_has_ended_and_nothing_else(
    sandbox: Sandbox, sign_in: SignInto, clock: time_machine.Coordinates
) -> None:
    early, late = sign_in("reader"), Client()
    tfa = {"tenant": "acme", "username": "tfa", "password": sandbox.credentials["acme"]["tfa"]["password"]}
    assert late.post("/sign-in/", tfa).status_code == 401
    clock.shift(timedelta(minutes=31))
    sign_in("admin", "acme", late)
    purge()
    assert [row.username for row in SignIn.objects.exclude(sealed="")] == ["admin"]
    assert not WaitingPassword.objects.exists()
    assert "without activity" in reason(early)
    clock.shift(timedelta(hours=13))
    purge()
    assert not SignIn.objects.exists()
    assert not Attempt.objects.exists()


def test_a_page_that_meets_a_revoked_sign_in_asks_for_a_new_one(sandbox: Sandbox, sign_in: SignInto) -> None:
    browser = sign_in()
    assert browser.get("/t/acme/devices/").status_code == 200
    sandbox.tenant("acme").sessions["admin"].clear()
    assert browser.get("/t/acme/devices/?page=2")["Location"].endswith(
        "next=%2Ft%2Facme%2Fdevices%2F%3Fpage%3D2"
    )
    assert "Acme no longer accepts your sign-in" in reason(browser)


CANCEL = "/t/acme/operations/4711/cancel/"
HTMX = {"HX-Request": "true", "HX-Target": "operations"}


def test_a_form_that_meets_a_revoked_sign_in_is_kept(sandbox: Sandbox, sign_in: SignInto) -> None:
    browser = sign_in()
    sandbox.tenant("acme").sessions["admin"].clear()
    answer = browser.post(CANCEL, {"note": "typed-by-hand"})
    assert answer.status_code == 401
    assert "typed-by-hand" in answer.content.decode()
    assert "Ada Adminson" not in answer.content.decode()


def test_only_what_surely_did_nothing_is_repeated_without_a_question(
    sandbox: Sandbox, sign_in: SignInto
) -> None:
    browser = sign_in()
    sandbox.tenant("acme").sessions["admin"].clear()
    under_way = browser.post(CANCEL, headers=HTMX)
    assert under_way.status_code == 401
    assert "X-Nothing-Was-Done" not in under_way.headers
    at_the_door = browser.post(CANCEL, headers=HTMX)
    assert at_the_door.status_code == 401
    assert at_the_door["X-Nothing-Was-Done"] == "true"
