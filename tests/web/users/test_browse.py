"""The list of users, and the page of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import rows, words

LIST = "/t/acme/users/"
SignIn = Callable[..., Client]


def people(acme: Tenant) -> list[dict[str, Any]]:
    return [user for name, user in acme.users.items() if not name.startswith(("device_", "service"))]


def page_of(id: str) -> str:
    return reverse("users:detail", kwargs={"tenant": "acme", "id": id})


def test_the_list_shows_people_with_state_and_global_roles(sign_in: SignIn, acme: Tenant) -> None:
    answer = sign_in("reader").get(LIST, {"text": "operator"})
    assert [row.split()[1] for row in rows(answer)] == ["operator"]
    assert "Otto Operator" in words(answer)
    assert "operator@acme.sandbox" in words(answer)
    assert "operators" in words(answer)
    assert "Enabled" in words(answer)


@pytest.mark.parametrize("text", ["o", "op", "ope", "erat"])
def test_any_number_of_letters_finds_a_person(sign_in: SignIn, text: str) -> None:
    answer = sign_in("reader").get(LIST, {"text": text, "size": "100"})
    assert answer.status_code == 200
    assert "operator" in {row.split()[1] for row in rows(answer)}


def test_pages_hold_every_person_once(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in()
    shown = [row for page in (1, 2) for row in rows(browser.get(LIST, {"page": page}))]
    assert len(shown) == len(people(acme)) == 41
    assert "26–41 of 41" in words(browser.get(LIST, {"page": "2"}))


def test_a_list_page_is_two_tenant_calls(sign_in: SignIn, calls: Callable[[], Fault]) -> None:
    browser = sign_in()
    counted = calls()
    browser.get(LIST, {"text": "a"})
    assert counted.hits == 2
    browser.get(LIST, {"state": "disabled"})
    assert counted.hits == 4


def test_people_of_a_global_role_can_be_found(sign_in: SignIn, acme: Tenant) -> None:
    number, group = next(
        (number, group) for number, group in acme.groups.items() if group["name"] == "readers"
    )
    answer = sign_in().get(LIST, {"group": str(number), "size": "100"})
    assert len(rows(answer)) == len(group["users"])
    assert all("readers" in row for row in rows(answer))


@pytest.mark.parametrize(("state", "enabled"), [("enabled", True), ("disabled", False)])
def test_users_can_be_found_by_state_with_true_counts(
    sign_in: SignIn, acme: Tenant, state: str, enabled: bool
) -> None:
    expected = [user for user in people(acme) if user["enabled"] is enabled]
    answer = sign_in().get(LIST, {"state": state, "size": "100"})
    assert len(rows(answer)) == len(expected) > 0
    assert f"of {len(expected)}" in words(answer)


def test_device_users_are_a_list_of_their_own(sign_in: SignIn, acme: Tenant) -> None:
    devices = len(acme.users) - len(people(acme))
    answer = sign_in().get(LIST, {"kind": "devices"})
    assert all("device_" in row for row in rows(answer))
    assert len(rows(answer)) == min(devices, 25) > 0


@pytest.mark.parametrize(
    ("query", "status"),
    [({"page": "-1"}, 400), ({"page": "abc"}, 400), ({"page": "900"}, 404),
     ({"state": "disabled", "page": "9"}, 404), ({"group": "999"}, 422), ({"state": "drunk"}, 422)],
)  # fmt: skip
def test_what_cannot_be_listed_is_told_in_place(sign_in: SignIn, query: dict[str, str], status: int) -> None:
    answer = sign_in().get(LIST, query)
    assert answer.status_code == status
    assert "Go to " in words(answer) or "is-invalid" in answer.content.decode()


def test_no_match_is_told(sign_in: SignIn) -> None:
    assert "No users match" in words(sign_in().get(LIST, {"text": "nobody-at-all"}))


def test_names_of_users_cannot_become_markup(sign_in: SignIn) -> None:
    page = sign_in().get(LIST, {"size": "100"}).content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


@pytest.mark.parametrize(
    "id", ["<b>bold", "sean.o'brien", "a/b", "a%2Fb", "x y?z#q", "..;/", "%", "ünï/edit", "a\\b"]
)
def test_a_user_of_any_id_has_a_page(sign_in: SignIn, acme: Tenant, id: str) -> None:
    acme.users.setdefault(id, {**acme.users["reader"], "id": id, "userName": id})
    browser = sign_in()
    answer = browser.get(page_of(id))
    assert answer.status_code == 200
    assert id in words(answer)
    assert f'href="{page_of(id)}edit/"' in answer.content.decode()
    assert browser.get(page_of(id) + "edit/").status_code == 200


@pytest.mark.parametrize("id", [".", "..", "%2E%2E"])
def test_a_step_in_a_path_is_no_user(sign_in: SignIn, calls: Callable[[], Fault], id: str) -> None:
    browser = sign_in()
    counted = calls()
    assert browser.get(f"/t/acme/users/{quote(id)}/").status_code == 404
    assert counted.hits == 0


def test_the_page_of_a_user_shows_what_the_user_may_do(
    sign_in: SignIn, acme: Tenant, calls: Callable[[], Fault]
) -> None:
    acme.user_roles["operator"] = {"ROLE_TENANT_ADMIN"}
    browser = sign_in()
    counted = calls()
    answer = browser.get(page_of("operator"))
    assert counted.hits == 2
    by_permission = {row.split()[0]: row for row in rows(answer)}
    expected = {
        role for group in acme.groups.values() if "operator" in group["users"] for role in group["roles"]
    }
    assert by_permission.keys() == expected | {"ROLE_TENANT_ADMIN"}
    assert "operators" in by_permission["ROLE_ALARM_ADMIN"]
    assert "assigned directly" in by_permission["ROLE_TENANT_ADMIN"]


def test_two_factor_sign_in_is_shown(sign_in: SignIn) -> None:
    browser = sign_in()
    assert "Two-factor sign-in On" in words(browser.get(page_of("tfa")))
    assert "Two-factor sign-in Off" in words(browser.get(page_of("reader")))


def test_a_user_that_does_not_exist_is_told_so(sign_in: SignIn) -> None:
    answer = sign_in().get(page_of("nobody"))
    assert answer.status_code == 404
    assert "no such object" in words(answer)


def test_who_may_not_see_users_reads_the_tenants_words(sign_in: SignIn) -> None:
    answer = sign_in("operator").get(LIST)
    assert answer.status_code == 403
    assert "Access is denied" in words(answer)
