"""Accepting and removing device requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import words

LIST = "/t/acme/onboarding/"
ACCEPT = LIST + "accept/"
REMOVE = LIST + "remove/"
SignIn = Callable[..., Client]
Requests = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.usefixtures("no_requests")


def checked(answer: Any) -> set[str]:
    found = re.findall(r'name="id" value="([^"]*)" form="bulk" data-select checked', answer.content.decode())
    return {unescape(id) for id in found}


def test_the_selected_devices_are_accepted_and_no_others(sign_in: SignIn, request_of: Requests) -> None:
    wanted, unseen = [request_of(f"IMEI-{n}") for n in range(3)], request_of("IMEI-9")
    browser = sign_in("operator")
    answer = browser.post(f"{ACCEPT}?status=PENDING_ACCEPTANCE", {"id": [one["id"] for one in wanted]})
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?status=PENDING_ACCEPTANCE")
    assert {one["status"] for one in wanted} == {"ACCEPTED"}
    assert unseen["status"] == "PENDING_ACCEPTANCE"
    assert "3 devices were accepted." in words(browser.get(LIST))


def test_the_button_of_a_row_accepts_that_row_alone(sign_in: SignIn, request_of: Requests) -> None:
    one, selected = request_of("A/%2F b<1>"), request_of("B")
    browser = sign_in()
    browser.post(ACCEPT, {"only": one["id"], "id": ["B"]})
    assert (one["status"], selected["status"]) == ("ACCEPTED", "PENDING_ACCEPTANCE")
    assert "1 device was accepted." in words(browser.get(LIST))


def test_each_refusal_is_told_in_its_row_and_stays_selected(sign_in: SignIn, request_of: Requests) -> None:
    good = request_of("GOOD")
    request_of("EARLY", "WAITING_FOR_CONNECTION")
    request_of("STOPPED", "BLOCKED")
    answer = sign_in().post(ACCEPT, {"id": ["GOOD", "EARLY", "STOPPED", "GONE"]})
    assert answer.status_code == 422
    assert good["status"] == "ACCEPTED"
    assert checked(answer) == {"EARLY", "STOPPED"}
    for sentence in (
        "1 device was accepted.",
        "3 devices were refused",
        "The device 'EARLY' has not connected yet",
        "The request of device 'STOPPED' is blocked",
        "There is no request with this id any more.",
    ):
        assert sentence in words(answer)


def test_of_two_administrators_the_second_sees_what_the_first_did(
    sign_in: SignIn, request_of: Requests
) -> None:
    request_of("IMEI-1")
    first, second = sign_in(), sign_in("operator")
    assert first.post(ACCEPT, {"id": "IMEI-1"}).status_code == 302
    answer = second.post(ACCEPT, {"id": "IMEI-1"})
    assert answer.status_code == 422
    assert "Somebody accepted it already." in words(answer)


def test_an_id_twice_in_a_form_is_one_device(sign_in: SignIn, request_of: Requests) -> None:
    request_of("IMEI-1")
    browser = sign_in()
    assert browser.post(ACCEPT, {"id": ["IMEI-1", "IMEI-1"]}).status_code == 302
    assert "1 device was accepted." in words(browser.get(LIST))


def test_the_right_security_token_opens_the_door(
    sign_in: SignIn, request_of: Requests, tokens: Callable[[str], None]
) -> None:
    tokens("REQUIRED")
    one = request_of("IMEI-1", token="s3cr3t")
    assert sign_in().post(ACCEPT, {"id": "IMEI-1", "token:IMEI-1": "s3cr3t"}).status_code == 302
    assert one["status"] == "ACCEPTED"


def test_a_required_token_that_is_missing_costs_no_try(
    sign_in: SignIn, request_of: Requests, tokens: Callable[[str], None]
) -> None:
    tokens("REQUIRED")
    one = request_of("IMEI-1", token="s3cr3t")
    answer = sign_in().post(ACCEPT, {"id": "IMEI-1"})
    assert "The tenant requires the security token of the device." in words(answer)
    assert one["tries"] == 0


def test_a_wrong_security_token_is_told_and_never_shown_or_logged(
    sign_in: SignIn,
    request_of: Requests,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = request_of("IMEI-1", token="s3cr3t")
    answer = sign_in().post(ACCEPT, {"id": "IMEI-1", "token:IMEI-1": "canary-token"})
    assert answer.status_code == 422
    assert "failed due to invalid token" in words(answer)
    assert (one["status"], one["tries"]) == ("PENDING_ACCEPTANCE", 1)
    written = capsys.readouterr()
    assert "canary-token" not in answer.content.decode() + written.out + written.err + caplog.text


def test_a_tenant_that_breaks_off_is_told_per_device(
    sign_in: SignIn, request_of: Requests, sandbox: Sandbox
) -> None:
    one, other = request_of("IMEI-1"), request_of("IMEI-2")
    browser = sign_in()
    sandbox.faults.add(
        "/devicecontrol/newDeviceRequests/IMEI-1", method="PUT", status=422, message="No room left"
    )
    answer = browser.post(ACCEPT, {"id": ["IMEI-1", "IMEI-2"]})
    assert answer.status_code == 422
    assert "No room left" in words(answer)
    assert (one["status"], other["status"]) == ("PENDING_ACCEPTANCE", "ACCEPTED")


@pytest.mark.parametrize("address", [ACCEPT, REMOVE])
def test_nothing_selected_is_no_failure(sign_in: SignIn, address: str) -> None:
    browser = sign_in()
    assert browser.post(address + "?text=a")["Location"] == LIST + "?text=a"
    assert "Select one device at least." in words(browser.get(LIST))


def test_a_removal_is_asked_before_it_is_done(sign_in: SignIn, request_of: Requests, acme: Tenant) -> None:
    request_of("A<1>")
    request_of("B")
    browser = sign_in()
    question = browser.post(REMOVE + "?text=x", {"id": ["A<1>", "B"]})
    assert question.status_code == 200
    assert "Remove 2 device requests" in words(question)
    assert "A<1>" in words(question)
    assert acme.requests.keys() == {"A<1>", "B"}
    answer = browser.post(REMOVE + "?text=x", {"id": ["A<1>", "B"], "confirmed": "1"})
    assert answer["Location"] == LIST + "?text=x"
    assert acme.requests == {}
    assert "2 devices were removed." in words(browser.get(LIST))


def test_a_request_that_is_gone_is_told_when_it_is_removed(sign_in: SignIn, request_of: Requests) -> None:
    request_of("A")
    answer = sign_in().post(REMOVE, {"id": ["A", "GONE"], "confirmed": "1"})
    assert answer.status_code == 422
    assert "There is no new device request with the id 'GONE'." in words(answer)


def test_an_operator_may_accept_but_not_remove(sign_in: SignIn, request_of: Requests, acme: Tenant) -> None:
    request_of("A")
    browser = sign_in("operator")
    assert "Needs ROLE_USER_MANAGEMENT_ADMIN, which operator does not have in Acme." in words(
        browser.get(LIST)
    )
    answer = browser.post(REMOVE, {"id": "A", "confirmed": "1"})
    assert answer.status_code == 403
    assert "Access is denied" in words(answer)
    assert "A" in acme.requests


def test_a_readers_forced_acceptance_is_refused_by_the_tenant(sign_in: SignIn, request_of: Requests) -> None:
    one = request_of("A")
    answer = sign_in("reader").post(ACCEPT, {"id": "A"})
    assert answer.status_code == 403
    assert "Access is denied" in words(answer)
    assert one["status"] == "PENDING_ACCEPTANCE"


@pytest.mark.parametrize("address", [ACCEPT, REMOVE])
def test_the_links_of_a_list_with_refusals_lead_to_the_list(sign_in: SignIn, address: str) -> None:
    answer = sign_in().get(address, {"sort": "id", "page": "2"})
    assert (answer.status_code, answer["Location"]) == (302, LIST + "?sort=id&page=2")


def test_what_was_refused_stays_selected_on_whichever_page_it_is(
    sign_in: SignIn, request_of: Requests, no_requests: None
) -> None:
    for n in range(30):
        request_of(f"R-{n:02}", status="WAITING_FOR_CONNECTION")
    browser = sign_in()
    answer = browser.post(ACCEPT + "?sort=id&page=2", {"id": ["R-03", "R-29", "GONE"]})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert '<input type="hidden" name="id" value="R-03" data-away>' in html
    assert html.count("data-away") == 1
    assert 'value="R-29" form="bulk" data-select checked' in html
    first = browser.get(ACCEPT + "?sort=id", headers={"HX-Request": "true", "HX-Target": "requests"})
    assert "R-03" in words(first)
    assert "<html" not in first.content.decode()


@pytest.mark.parametrize("address", [REMOVE, ACCEPT])
def test_a_wrong_name_of_a_guarded_tenant_is_told_at_its_field(
    sign_in: SignIn, request_of: Requests, settings: Any, address: str
) -> None:
    settings.TENANTS = [dict(one, access="guarded") for one in settings.TENANTS]
    request_of("A")
    answer = sign_in().post(address, {"id": "A", "confirmed": "1", "confirm": "Acne"})
    assert answer.status_code == 422
    assert 'aria-invalid="true" aria-describedby="confirm_error"' in answer.content.decode()
