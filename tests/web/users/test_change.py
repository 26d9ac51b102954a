"""Changing a user: names, e-mail and phone, enabled or not, global roles."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sdk.sandbox import Sandbox
from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import words

USER = "/t/acme/users/operator/"
SignIn = Callable[..., Client]


def form_of(answer: Any) -> dict[str, str]:
    """The fields of the edit form with the values that the page holds."""
    fields = re.findall(
        r'<input type="(?:text|email|hidden)" name="([^"]+)"(?: value="([^"]*)")?', answer.content.decode()
    )
    return {name: unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}


def group(acme: Tenant, name: str) -> dict[str, Any]:
    return next(found for found in acme.groups.values() if found["name"] == name)


def test_only_what_was_changed_is_sent(sign_in: SignIn, acme: Tenant, sandbox: Sandbox) -> None:
    browser = sign_in()
    form = form_of(browser.get(USER + "edit/"))
    assert form["first_name"] == form["initial-first_name"] == "Otto"
    acme.users["operator"]["lastName"] = "Changed-meanwhile"
    answer = browser.post(USER + "edit/", form | {"first_name": "Ottilie", "phone": "+49 1"})
    assert (answer.status_code, answer["Location"]) == (302, USER)
    user = acme.users["operator"]
    assert (user["firstName"], user["phone"]) == ("Ottilie", "+49 1")
    assert user["lastName"] == "Changed-meanwhile"
    assert "operator was changed." in words(browser.get(USER))


def test_nothing_is_sent_when_nothing_was_changed(
    sign_in: SignIn, acme: Tenant, calls: Callable[[], Fault]
) -> None:
    browser = sign_in()
    form = form_of(browser.get(USER + "edit/"))
    counted = calls()
    assert browser.post(USER + "edit/", form).status_code == 302
    assert counted.hits == 1
    assert "Nothing was changed of operator." in words(browser.get(USER))


def test_a_field_that_somebody_else_changed_is_not_overwritten(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in()
    form = form_of(browser.get(USER + "edit/"))
    acme.users["operator"]["firstName"] = "Oskar"
    answer = browser.post(USER + "edit/", form | {"first_name": "Ottilie"})
    assert answer.status_code == 422
    assert "Somebody changed this to “Oskar” meanwhile." in words(answer)
    assert 'value="Ottilie"' in answer.content.decode()
    assert acme.users["operator"]["firstName"] == "Oskar"


def test_a_wrong_address_is_told_beside_its_field(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in()
    form = form_of(browser.get(USER + "edit/"))
    answer = browser.post(USER + "edit/", form | {"email": "no address", "first_name": "Kept"})
    assert answer.status_code == 422
    assert "This is not an e-mail address." in words(answer)
    assert 'value="Kept"' in answer.content.decode()
    assert acme.users["operator"]["firstName"] == "Otto"


def test_the_tenants_refusal_is_shown_in_its_words(sign_in: SignIn, acme: Tenant, sandbox: Sandbox) -> None:
    browser = sign_in()
    form = form_of(browser.get(USER + "edit/"))
    sandbox.faults.add("/user/acme/users/*", method="PUT", status=422, message="This name is <taken>")
    answer = browser.post(USER + "edit/", form | {"display_name": "Boss"})
    assert answer.status_code == 422
    assert "This name is <taken>" in words(answer)
    assert 'value="Boss"' in answer.content.decode()


def test_a_user_is_disabled_and_enabled_again(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in()
    assert browser.post(USER + "enabled/", {"enabled": "false"})["Location"] == USER
    assert acme.users["operator"]["enabled"] is False
    assert "operator is disabled." in words(browser.get(USER))
    browser.post(USER + "enabled/", {"enabled": "true"})
    assert acme.users["operator"]["enabled"] is True


def test_nobody_disables_oneself(sign_in: SignIn, acme: Tenant) -> None:
    browser, own = sign_in(), "/t/acme/users/admin/"
    assert "You cannot disable yourself" in words(browser.get(own))
    browser.post(own + "enabled/", {"enabled": "false"})
    assert acme.users["admin"]["enabled"] is True
    assert "You cannot disable yourself" in words(browser.get(own))


def test_a_damaged_form_enables_nobody(sign_in: SignIn, acme: Tenant) -> None:
    acme.users["operator"]["enabled"] = False
    assert sign_in().post(USER + "enabled/", {}).status_code == 400
    assert acme.users["operator"]["enabled"] is False


def test_a_global_role_is_given_and_taken(sign_in: SignIn, acme: Tenant) -> None:
    browser, readers = sign_in(), group(acme, "readers")
    assert browser.post(USER + "roles/add/", {"group": readers["id"]})["Location"] == USER
    assert "operator" in readers["users"]
    assert "The global role was added." in words(browser.get(USER))
    browser.post(USER + "roles/remove/", {"group": readers["id"]})
    assert "operator" not in readers["users"]
    assert "operator" in group(acme, "operators")["users"]


@pytest.mark.parametrize("id", ["<b>bold", "sean.o'brien", "a%2Fb", "x?y#z"])
def test_a_user_of_any_id_gets_a_global_role(sign_in: SignIn, acme: Tenant, id: str) -> None:
    acme.users.setdefault(id, {**acme.users["reader"], "id": id, "userName": id})
    admins = group(acme, "admins")
    kwargs = {"tenant": "acme", "id": id}
    browser = sign_in()
    browser.post(reverse("users:grant", kwargs=kwargs), {"group": admins["id"]})
    assert id in admins["users"]
    browser.post(reverse("users:revoke", kwargs=kwargs), {"group": admins["id"]})
    assert id not in admins["users"]


def test_nobody_takes_a_global_role_from_oneself(sign_in: SignIn, acme: Tenant) -> None:
    browser, admins = sign_in(), group(acme, "admins")
    browser.post("/t/acme/users/admin/roles/remove/", {"group": admins["id"]})
    assert "admin" in admins["users"]
    assert "You cannot take a global role from yourself" in words(browser.get("/t/acme/users/admin/"))


@pytest.mark.parametrize("form", [{}, {"group": "readers"}, {"group": "1/../2"}])
def test_what_is_no_global_role_is_refused_in_words(
    sign_in: SignIn, calls: Callable[[], Fault], form: dict[str, str]
) -> None:
    browser = sign_in()
    counted = calls()
    browser.post(USER + "roles/add/", form)
    browser.post(USER + "roles/remove/", form)
    assert counted.hits == 0
    assert "Choose a global role to add." in words(browser.get(USER))


def test_a_global_role_that_is_gone_is_told_so(sign_in: SignIn) -> None:
    answer = sign_in().post(USER + "roles/add/", {"group": "999"})
    assert answer.status_code == 404
    assert "Group '999' was not found." in words(answer)


FORCED = [
    ("edit/", {"first_name": "Mallory", "initial-first_name": "Otto", "email": "operator@acme.sandbox"}),
    ("enabled/", {"enabled": "false"}),
    ("roles/add/", {"group": "1"}),
    ("roles/remove/", {"group": "2"}),
]


@pytest.mark.parametrize(("address", "form"), FORCED)
def test_a_reader_sees_why_not_and_is_refused_by_the_tenant(
    sign_in: SignIn, acme: Tenant, address: str, form: dict[str, str]
) -> None:
    browser = sign_in("reader")
    before = str((acme.users["operator"], acme.groups))
    assert "Needs ROLE_USER_MANAGEMENT_ADMIN or ROLE_USER_MANAGEMENT_CREATE" in words(browser.get(USER))
    answer = browser.post(USER + address, form)
    assert answer.status_code == 403
    assert "Access is denied" in words(answer)
    assert str((acme.users["operator"], acme.groups)) == before
