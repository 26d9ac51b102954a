"""Sending an operation to a device."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from c8yadmin.operations.body import parse
from c8yadmin.operations.samples import SAMPLES
from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant
from tests.web.words import words

PAGE = "/t/acme/operations/new/"
SignIn = Callable[..., Client]
Json = dict[str, Any]


def send(browser: Client, device: str, body: str, **more: str) -> Any:
    return browser.post(PAGE, {"device": device, "body": body, **more})


def test_a_sent_operation_waits_at_the_tenant(sign_in: SignIn, acme: Tenant, agent: Json) -> None:
    answer = send(sign_in("operator"), agent["id"], '{"description": "Now", "c8y_Restart": {"soft": true}}')
    made = list(acme.operations.values())[-1]
    assert (answer.status_code, answer["Location"]) == (302, f"/t/acme/operations/{made['id']}/")
    assert made["deviceId"] == agent["id"]
    assert (made["status"], made["description"], made["c8y_Restart"]) == ("PENDING", "Now", {"soft": True})


def test_the_form_knows_the_device_and_what_it_supports(
    sign_in: SignIn, agent: Json, calls: Callable[[], Fault]
) -> None:
    browser = sign_in()
    counted = calls()
    answer = browser.get(PAGE, {"device": agent["id"], "sample": "c8y_Restart"})
    assert counted.hits == 1
    assert agent["name"] in words(answer)
    assert "supported" in words(answer)
    assert '"c8y_Restart": {}' in words(answer)


def test_without_a_device_nothing_is_asked_of_the_tenant(sign_in: SignIn, calls: Callable[[], Fault]) -> None:
    browser = sign_in()
    counted = calls()
    assert browser.get(PAGE).status_code == 200
    assert browser.get(PAGE, {"device": "../users", "sample": "nothing"}).status_code == 200
    assert counted.hits == 0


def test_an_operation_that_the_device_does_not_support_needs_a_second_word(
    sign_in: SignIn, acme: Tenant, agent: Json
) -> None:
    browser, before = sign_in(), len(acme.operations)
    body = '{"t_Unheard": {}}'
    answer = send(browser, agent["id"], body)
    assert answer.status_code == 422
    assert f"{agent['name']} does not name t_Unheard as supported" in words(answer)
    assert "t_Unheard" in answer.content.decode().partition("<textarea")[2]
    assert len(acme.operations) == before
    assert send(browser, agent["id"], body, unsupported="on").status_code == 302
    assert len(acme.operations) == before + 1


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ('{"c8y_Restart": }', "Line 1, column 17: a value is missing"),
        ('{\n  "c8y_Restart": {}\n', "Line 3, column 1:"),
        ("", "Fill this in."),
        ("[1]", "An operation is a JSON object"),
        ('{"description": "nothing to do"}', "Name what the device shall do"),
        ('{"c8y_Restart": {}, "deviceId": "1", "status": "FAILED"}', "Leave out deviceId, status"),
        ('{"a": 1, "a": 2}', 'The key "a" stands twice'),
        ('{"a": NaN}', "NaN is not a value that JSON knows."),
        ('{"a": 1e999}', "The number 1e999 is too large."),
        ('{"a": "\\ud800"}', "half a character"),
        ('{"a": ' + "[" * 50_000 + "}", "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "has 5000 digits, which is too many"),
    ],
)
def test_json_that_cannot_be_sent_is_told_where_and_why(
    sign_in: SignIn, acme: Tenant, agent: Json, body: str, sentence: str
) -> None:
    before = len(acme.operations)
    answer = send(sign_in(), agent["id"], body)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert len(acme.operations) == before


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_every_json_object_is_read_as_it_was_written(value: Any) -> None:
    body = {"t_Fragment": value}
    assert parse(json.dumps(body)) == body


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with suppress(ValidationError):
        assert isinstance(parse(text), dict)


def test_every_sample_can_be_sent_as_it_stands() -> None:
    assert all(list(parse(sample.text)) == ["description", sample.fragment] for sample in SAMPLES)


def test_a_device_that_does_not_exist_is_told_so(sign_in: SignIn) -> None:
    answer = send(sign_in(), "99999999", '{"c8y_Restart": {}}')
    assert answer.status_code == 422
    assert "The tenant has no device 99999999, or you may not see it." in words(answer)
    assert "Send it although" not in words(answer)


def test_what_the_tenant_refuses_is_told_in_its_words(sign_in: SignIn, acme: Tenant) -> None:
    group = next(id for id, found in acme.inventory.objects.items() if "c8y_IsDeviceGroup" in found)
    answer = send(sign_in(), group, '{"c8y_Restart": {}}', unsupported="on")
    assert answer.status_code == 422
    assert "is not an agent and not a child of one" in words(answer)


def test_a_reader_sees_why_not_and_is_refused_by_the_tenant(
    sign_in: SignIn, acme: Tenant, agent: Json
) -> None:
    browser, before = sign_in("reader"), len(acme.operations)
    assert "Needs ROLE_DEVICE_CONTROL_ADMIN" in words(browser.get(PAGE))
    answer = send(browser, agent["id"], '{"c8y_Restart": {}}')
    assert answer.status_code == 403
    assert "Access is denied" in words(answer)
    assert len(acme.operations) == before
