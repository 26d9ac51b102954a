"""Two-factor sign-in: the code is asked for in the same form, and nothing has to be typed twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from c8yadmin.accounts.models import SignIn, WaitingPassword
from sdk.sandbox import Sandbox
from sdk.sandbox.tokens import totp

pytestmark = pytest.mark.django_db


def ask(sandbox: Sandbox, client: Client, **more: str) -> str:
    """Sign in as far as the code; gives the page that asks for it."""
    password = sandbox.credentials["acme"]["tfa"]["password"]
    answer = client.post("/sign-in/", {"tenant": "acme", "username": "tfa", "password": password} | more)
    assert answer.status_code == 401
    return str(answer.content.decode())


def code(sandbox: Sandbox) -> str:
    return totp(sandbox.credentials["acme"]["tfa"]["totp_secret"])


STEP = {"tenant": "acme", "username": "tfa"}


def test_the_code_is_asked_for_and_the_password_is_not(sandbox: Sandbox, client: Client) -> None:
    page = ask(sandbox, client, next="/t/acme/users/")
    assert 'name="tfa_code"' in page
    assert 'autocomplete="one-time-code"' in page
    assert 'name="password"' not in page
    assert sandbox.credentials["acme"]["tfa"]["password"] not in page
    answer = client.post("/sign-in/", STEP | {"tfa_code": code(sandbox), "next": "/t/acme/users/"})
    assert (answer.status_code, answer["Location"]) == (302, "/t/acme/users/")
    assert not WaitingPassword.objects.exists()


def test_the_code_may_be_given_at_once_and_with_a_blank(sandbox: Sandbox, client: Client) -> None:
    password = sandbox.credentials["acme"]["tfa"]["password"]
    digits = code(sandbox)
    answer = client.post("/sign-in/", STEP | {"password": password, "tfa_code": f"{digits[:3]} {digits[3:]}"})
    assert answer.status_code == 302


def test_a_wrong_code_given_at_once_does_not_cost_the_password(sandbox: Sandbox, client: Client) -> None:
    ask(sandbox, client, tfa_code="000000")
    assert client.post("/sign-in/", STEP | {"tfa_code": code(sandbox)}).status_code == 302


def test_a_wrong_code_is_refused_in_words_and_only_the_code_is_asked_again(
    sandbox: Sandbox, client: Client
) -> None:
    ask(sandbox, client)
    answer = client.post("/sign-in/", STEP | {"tfa_code": "000000", "next": "/t/acme/users/"})
    page = answer.content.decode()
    assert answer.status_code == 401
    assert "Acme did not accept this code." in page
    assert 'name="password"' not in page
    assert 'value="/t/acme/users/"' in page
    assert client.post("/sign-in/", STEP | {"tfa_code": code(sandbox)}).status_code == 302


def test_after_five_minutes_the_password_is_asked_again(sandbox: Sandbox, client: Client) -> None:
    ask(sandbox, client)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        answer = client.post("/sign-in/", STEP | {"tfa_code": code(sandbox)})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The time for the code is over: type the password again." in page
    assert 'name="password"' in page


def test_the_waiting_password_is_encrypted_and_of_no_use_to_others(sandbox: Sandbox, client: Client) -> None:
    ask(sandbox, client)
    assert sandbox.credentials["acme"]["tfa"]["password"] not in WaitingPassword.objects.get().sealed
    assert Client().post("/sign-in/", STEP | {"tfa_code": code(sandbox)}).status_code == 422
    other_user = STEP | {"username": "admin", "tfa_code": code(sandbox)}
    assert client.post("/sign-in/", other_user).status_code == 422
    other_tenant = STEP | {"tenant": "globex", "tfa_code": code(sandbox)}
    assert client.post("/sign-in/", other_tenant).status_code == 422
    assert not SignIn.objects.exists()


def test_starting_again_forgets_the_password(sandbox: Sandbox, client: Client) -> None:
    ask(sandbox, client)
    client.get("/sign-in/?tenant=acme")
    assert not WaitingPassword.objects.exists()


def test_the_session_key_changes_when_a_password_waits(sandbox: Sandbox, client: Client) -> None:
    ask(sandbox, client)
    before = client.cookies["c8yadmin"].value
    ask(sandbox, client)
    assert client.cookies["c8yadmin"].value != before


def test_wrong_codes_are_limited(sandbox: Sandbox, client: Client) -> None:
    ask(sandbox, client)
    answers = [client.post("/sign-in/", STEP | {"tfa_code": "000000"}).status_code for _ in range(10)]
    assert answers == [401] * 9 + [429]


def test_basic_cannot_carry_a_code_and_says_so(sandbox: Sandbox, client: Client) -> None:
    sandbox.faults.add("/tenant/loginOptions", status=200, body=b'{"loginOptions":[{"type":"BASIC"}]}')
    password = sandbox.credentials["acme"]["tfa"]["password"]
    answer = client.post("/sign-in/", STEP | {"password": password})
    assert answer.status_code == 422
    assert "offers no sign-in that could carry its code" in answer.content.decode()
