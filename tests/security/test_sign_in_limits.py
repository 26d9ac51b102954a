"""Nobody guesses passwords, or locks out a tenant's users, through the sign-in page."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from c8yadmin.accounts.models import Attempt
from sdk.sandbox import Sandbox

pytestmark = pytest.mark.django_db


def attempt(client: Client, user: str = "admin", password: str = "wrong", **more: str) -> int:  # noqa: S107
    form = {"tenant": "acme", "username": user, "password": password}
    return client.post("/sign-in/", form, **more).status_code  # type: ignore[arg-type]


def test_an_account_has_ten_tries_an_hour(sandbox: Sandbox, client: Client) -> None:
    asked = sandbox.faults.add("/tenant/oauth")
    assert [attempt(client) for _ in range(12)] == [401] * 10 + [429] * 2
    assert asked.hits == 10
    answer = client.post("/sign-in/", {"tenant": "acme", "username": "admin", "password": "wrong"})
    assert 3500 < int(answer["Retry-After"]) <= 3600
    assert (
        "Too many attempts to sign in for admin in Acme. Try again in 60 minutes." in answer.content.decode()
    )
    assert attempt(client, password=sandbox.credentials["acme"]["admin"]["password"]) == 429


@pytest.mark.parametrize("spelling", ["ADMIN", " admin ", "acme/admin"])
def test_another_spelling_is_the_same_account(sandbox: Sandbox, client: Client, spelling: str) -> None:
    for _ in range(10):
        attempt(client)
    assert attempt(client, spelling) == 429


def test_an_address_has_twenty_tries_an_hour_over_all_accounts(sandbox: Sandbox, client: Client) -> None:
    asked = sandbox.faults.add("/tenant/oauth")
    assert [attempt(client, f"user{n}") for n in range(22)] == [401] * 20 + [429] * 2
    assert asked.hits == 20
    assert attempt(client, "reader", REMOTE_ADDR="192.0.2.7") == 401


def test_a_forwarded_address_is_believed_from_nobody(sandbox: Sandbox, client: Client) -> None:
    statuses = [attempt(client, f"user{n}", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}") for n in range(21)]
    assert statuses[-1] == 429


def test_one_customer_of_ipv6_is_one_address(sandbox: Sandbox, client: Client) -> None:
    statuses = [attempt(client, f"user{n}", REMOTE_ADDR=f"2001:db8:1:2::{n:x}") for n in range(21)]
    assert statuses == [401] * 20 + [429]
    assert attempt(client, "reader", REMOTE_ADDR="2001:db8:1:3::1") == 401


def test_success_forgives_the_account_but_not_the_address(sandbox: Sandbox, client: Client) -> None:
    for number in range(9):
        attempt(client, "reader")
        attempt(client, f"user{number}")
    assert attempt(client, "reader", sandbox.credentials["acme"]["reader"]["password"]) == 302
    assert Attempt.objects.count() == 9
    assert [attempt(client, "reader") for _ in range(10)] == [401] * 10


def test_waiting_helps(sandbox: Sandbox, client: Client) -> None:
    for _ in range(10):
        attempt(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        assert attempt(client) == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert attempt(client, password=sandbox.credentials["acme"]["admin"]["password"]) == 302


def test_a_tenant_that_judged_nobody_costs_no_tries(sandbox: Sandbox, client: Client) -> None:
    sandbox.faults.add("/tenant/oauth", cut="before")
    assert [attempt(client) for _ in range(12)] == [502] * 12


def test_what_was_typed_as_a_name_is_not_stored(sandbox: Sandbox, client: Client) -> None:
    attempt(client, "my-password-canary")
    row = Attempt.objects.get()
    assert "canary" not in f"{row.account}{row.address}"
    assert "127.0.0.1" not in row.address
