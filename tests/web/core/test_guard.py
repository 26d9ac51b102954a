"""A guarded tenant is changed only by somebody who types its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox.store.tenant import Tenant
from tests.web.words import words

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def guarded_acme(settings: Any) -> None:
    settings.TENANTS = [
        tenant | {"access": "guarded"} if tenant["slug"] == "acme" else tenant for tenant in settings.TENANTS
    ]


@pytest.fixture
def alarm(acme: Tenant) -> dict[str, Any]:
    found = acme.alarms.newest()[0]
    found["status"] = "ACTIVE"
    return found


def address(alarm: dict[str, Any]) -> str:
    return f"/t/acme/alarms/{alarm['id']}/status/"


def form_of(answer: Any) -> dict[str, str]:
    """The hidden fields of the question."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.content.decode())
    return {name: unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}


CHANGE = {"seen": "ACTIVE", "status": "CLEARED", "next": "/t/acme/alarms/?type=%3Cx%3E&page=2"}


def test_a_change_waits_for_the_name_and_then_goes_on(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    browser = sign_in()
    question = browser.post(address(alarm), CHANGE)
    assert question.status_code == 428
    assert "Type Acme" in words(question)
    assert alarm["status"] == "ACTIVE"
    assert form_of(question) == CHANGE
    answer = browser.post(address(alarm), form_of(question) | {"confirm": " Acme "})
    assert answer["Location"] == CHANGE["next"]
    assert alarm["status"] == "CLEARED"


@pytest.mark.parametrize("typed", ["acme", "yes", "Globex"])
def test_another_word_changes_nothing(sign_in: SignIn, alarm: dict[str, Any], typed: str) -> None:
    question = sign_in().post(address(alarm), CHANGE | {"confirm": typed})
    assert question.status_code == 428
    assert "That is not its name; nothing was changed." in words(question)
    assert alarm["status"] == "ACTIVE"


def test_htmx_gets_the_question_as_a_dialog(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    headers = {"HX-Request": "true", "HX-Target": f"alarm_{alarm['id']}"}
    question = sign_in().post(address(alarm), CHANGE, headers=headers)
    assert question["HX-Retarget"] == "#problem"
    assert question.content.decode().count("<dialog") == 1
    assert "<html" not in question.content.decode()


def test_the_way_back_leads_to_no_other_site(sign_in: SignIn, alarm: dict[str, Any]) -> None:
    question = sign_in().post(address(alarm), CHANGE | {"next": "javascript:alert(1)"})
    assert 'href="javascript:' not in question.content.decode()


def test_other_tenants_are_not_asked_for(sign_in: SignIn, sandbox: Any) -> None:
    alarm = sandbox.tenant("globex").alarms.newest()[0]
    form = {"seen": alarm["status"], "status": "CLEARED"}
    answer = sign_in("admin", "globex").post(f"/t/globex/alarms/{alarm['id']}/status/", form)
    assert answer.status_code == 302
    assert alarm["status"] == "CLEARED"


USER = "/t/acme/users/operator/"


@pytest.mark.parametrize(
    ("where", "form"),
    [
        (USER + "edit/", {"first_name": "X"}),
        (USER + "enabled/", {"enabled": "false"}),
        (USER + "roles/add/", {"group": "1"}),
        (USER + "roles/remove/", {"group": "2"}),
        ("/t/acme/operations/1/cancel/", {}),
        ("/t/acme/operations/new/", {"device": "1", "body": '{"c8y_Restart": {}}'}),
        ("/t/acme/onboarding/register/", {"ids": "A\nB"}),
    ],
)
def test_every_change_asks_and_keeps_what_was_sent(sign_in: SignIn, where: str, form: dict[str, str]) -> None:
    question = sign_in().post(where, form)
    assert question.status_code == 428
    assert form_of(question) == form


def test_devices_are_accepted_with_the_name_typed_beside_the_buttons(sign_in: SignIn, acme: Tenant) -> None:
    request = next(found for found in acme.requests.values() if found["status"] == "PENDING_ACCEPTANCE")
    request.pop("token", None)
    browser, form = sign_in(), {"id": request["id"], f"token:{request['id']}": "canary-token"}
    answer = browser.post("/t/acme/onboarding/accept/", form)
    assert answer.status_code == 422
    assert "Type Acme here: this tenant is guarded. Nothing was accepted." in words(answer)
    assert "canary-token" not in answer.content.decode()
    assert f'value="{request["id"]}" form="bulk" data-select checked' in answer.content.decode()
    assert request["status"] == "PENDING_ACCEPTANCE"
    browser.post("/t/acme/onboarding/accept/", {"id": request["id"], "confirm": "Acme"})
    assert request["status"] == "ACCEPTED"


def test_requests_are_removed_with_the_name_typed_in_the_question(sign_in: SignIn, acme: Tenant) -> None:
    id = next(iter(acme.requests))
    browser, form = sign_in(), {"id": id, "confirmed": "1"}
    assert "That is not its name" in words(browser.post("/t/acme/onboarding/remove/", form))
    assert id in acme.requests
    browser.post("/t/acme/onboarding/remove/", form | {"confirm": "Acme"})
    assert id not in acme.requests
