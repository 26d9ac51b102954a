"""Cancelling an operation that no device has begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sdk.sandbox import Sandbox
from tests.web.words import words

SignIn = Callable[..., Client]
Json = dict[str, Any]


def cancel(browser: Client, operation: Json, **more: Any) -> Any:
    return browser.post(f"/t/acme/operations/{operation['id']}/cancel/", **more)


def in_place(operation: Json) -> dict[str, Any]:
    return {"headers": {"HX-Request": "true", "HX-Target": f"operation_{operation['id']}"}}


def test_a_cancelled_operation_names_who_did_it(sign_in: SignIn, operation: Callable[..., Json]) -> None:
    pending = operation()
    answer = cancel(sign_in("operator"), pending)
    assert (answer.status_code, answer["Location"]) == (302, f"/t/acme/operations/{pending['id']}/")
    assert pending["status"] == "FAILED"
    assert pending["failureReason"] == "Cancelled by operator"


def test_htmx_gets_the_fresh_row(sign_in: SignIn, operation: Callable[..., Json]) -> None:
    pending = operation()
    answer = cancel(sign_in(), pending, **in_place(pending))
    assert answer.status_code == 200
    assert answer.content.decode().strip().startswith(f'<tr id="operation_{pending["id"]}"')
    assert "Cancelled by admin" in words(answer)
    assert "<form" not in answer.content.decode()


@pytest.mark.parametrize(
    ("status", "told"),
    [("EXECUTING", "is executing"), ("SUCCESSFUL", "is successful"), ("FAILED", "has failed")],
)
def test_one_that_left_pending_is_left_alone(
    sign_in: SignIn, operation: Callable[..., Json], status: str, told: str
) -> None:
    begun = operation(status=status)
    answer = cancel(sign_in(), begun, **in_place(begun))
    assert answer.status_code == 422
    assert f"This operation {told} by now" in words(answer)
    assert begun["status"] == status
    assert "failureReason" not in begun


def test_the_tenants_refusal_is_shown_with_the_fresh_row(
    sign_in: SignIn, operation: Callable[..., Json], sandbox: Sandbox
) -> None:
    pending = operation()
    browser = sign_in()
    sandbox.faults.add("/devicecontrol/operations/*", method="PUT", status=422, message="Too late <now>")
    answer = cancel(browser, pending, **in_place(pending))
    assert answer.status_code == 422
    assert "The tenant says: Too late <now>" in words(answer)
    assert pending["status"] == "PENDING"


def test_without_javascript_the_conflict_is_told_too(sign_in: SignIn, operation: Callable[..., Json]) -> None:
    begun = operation(status="EXECUTING")
    browser = sign_in()
    cancel(browser, begun)
    assert "This operation is executing by now" in words(browser.get(f"/t/acme/operations/{begun['id']}/"))


def test_a_reader_sees_why_not_and_is_refused_by_the_tenant(
    sign_in: SignIn, operation: Callable[..., Json]
) -> None:
    pending = operation()
    browser = sign_in("reader")
    page = browser.get(f"/t/acme/operations/{pending['id']}/")
    assert "Needs ROLE_DEVICE_CONTROL_ADMIN, which reader does not have in Acme." in words(page)
    answer = cancel(browser, pending)
    assert answer.status_code == 403
    assert "Access is denied" in words(answer)
    assert pending["status"] == "PENDING"
