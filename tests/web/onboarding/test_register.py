"""Announcing devices before they call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from c8yadmin.onboarding import ids
from sdk.sandbox import Sandbox
from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import words

PAGE = "/t/acme/onboarding/register/"
SignIn = Callable[..., Client]


def test_devices_are_registered_one_per_line(sign_in: SignIn, acme: Tenant) -> None:
    group = next(id for id, found in acme.inventory.objects.items() if "c8y_IsDeviceGroup" in found)
    browser = sign_in("operator")
    answer = browser.post(PAGE, {"ids": "IMEI-A:1\r\n\r\nIMEI-B\n", "group": group, "type": "t_Pump"})
    assert (answer.status_code, answer["Location"]) == (302, "/t/acme/onboarding/")
    for id in ("IMEI-A:1", "IMEI-B"):
        made = acme.requests[id]
        assert (made["status"], made["groupId"], made["type"]) == ("WAITING_FOR_CONNECTION", group, "t_Pump")
    assert "2 devices are expected." in words(browser.get("/t/acme/onboarding/"))


def test_group_and_type_are_optional(sign_in: SignIn, acme: Tenant) -> None:
    assert sign_in().post(PAGE, {"ids": "IMEI-A"}).status_code == 302
    assert not {"groupId", "type"} & acme.requests["IMEI-A"].keys()


def test_the_form_offers_the_groups_in_one_call(
    sign_in: SignIn, acme: Tenant, calls: Callable[[], Fault]
) -> None:
    browser = sign_in()
    counted = calls()
    answer = browser.get(PAGE)
    assert counted.hits == 1
    group = next(found for found in acme.inventory.objects.values() if "c8y_IsDeviceGroup" in found)
    assert f"{group['name']} ({group['id']})" in words(answer)


def test_a_link_can_name_the_device(sign_in: SignIn) -> None:
    answer = sign_in().get(PAGE, {"externalId": "</textarea><b>IMEI-1"})
    assert "&lt;/textarea&gt;&lt;b&gt;IMEI-1</textarea>" in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("good\nbad/id", "Line 2: “bad/id” has a slash at position 4."),
        ("ba\\d", "Line 1: “ba\\d” has a backslash at position 3."),
        ("$", "has a dollar sign at position 1."),
        ("IMEI-1 ", "Line 1: “IMEI-1 ” has a space at position 7."),
        ("a\tb", "has the control character U+0009 at position 2."),
        ("a\u200bb", "“a⟨U+200B⟩b” has the control character U+200B at position 2."),
        ("A\nB\nA", "Line 3: “A” is the same as line 1."),
        ("x" * 1001, "has 1001 characters; 1000 are the most."),
        (" \n\n", "Name one device at least."),
        ("", "Fill this in."),
        ("\n".join(f"id-{n}" for n in range(501)), "These are 501 devices; at most 500 go at once."),
    ],
)
def test_ids_that_cannot_be_are_told_with_their_place_and_nothing_is_sent(
    sign_in: SignIn, acme: Tenant, text: str, sentence: str
) -> None:
    before = dict(acme.requests)
    answer = sign_in().post(PAGE, {"ids": text})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert acme.requests == before


def test_what_the_tenant_refuses_stays_in_the_form(sign_in: SignIn, acme: Tenant) -> None:
    known = next(iter(acme.requests))
    answer = sign_in().post(PAGE, {"ids": f"NEW-1\n{known}\nNEW-2", "type": "t_Kept"})
    assert answer.status_code == 422
    assert f"A new device request with the id '{known}' exists already." in words(answer)
    assert "2 devices are expected." in words(answer)
    assert f">\n{known}</textarea>" in answer.content.decode()
    assert 'value="t_Kept"' in answer.content.decode()
    assert {"NEW-1", "NEW-2"} <= acme.requests.keys()


def test_a_group_that_is_gone_is_told_beside_its_field(sign_in: SignIn, acme: Tenant) -> None:
    answer = sign_in().post(PAGE, {"ids": "IMEI-A", "group": "999999"})
    assert answer.status_code == 422
    assert "“999999” is not one of the choices." in words(answer)
    assert "IMEI-A" not in acme.requests


def test_a_broken_connection_is_told_per_device(sign_in: SignIn, acme: Tenant, sandbox: Sandbox) -> None:
    browser = sign_in()
    sandbox.faults.add("/devicecontrol/newDeviceRequests", method="POST", cut="before", times=1)
    answer = browser.post(PAGE, {"ids": "IMEI-A"})
    assert answer.status_code == 422
    assert "The tenant refused 1 device" in words(answer)
    assert "IMEI-A" not in acme.requests


def test_a_reader_sees_why_not_and_is_refused_by_the_tenant(sign_in: SignIn, acme: Tenant) -> None:
    browser = sign_in("reader")
    assert "Needs ROLE_DEVICE_CONTROL_ADMIN, which reader does not have in Acme." in words(browser.get(PAGE))
    answer = browser.post(PAGE, {"ids": "IMEI-A"})
    assert answer.status_code == 403
    assert "Access is denied" in words(answer)
    assert "IMEI-A" not in acme.requests


@given(st.text(max_size=50))
def test_every_id_can_be_spelled_out_whole(id: str) -> None:
    runs: list[Any] = ids.spelled(id)
    assert "".join(run.text for run in runs) == id
    assert all(run.meaning or set(run.text) <= ids.PLAIN for run in runs)


@given(st.lists(st.text(max_size=8), unique=True, max_size=8))
def test_looking_alike_is_mutual(given_ids: list[str]) -> None:
    alike = ids.lookalikes(given_ids)
    assert all(id in alike[other] for id, others in alike.items() for other in others)
