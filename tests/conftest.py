"""Fixtures that every suite may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from sdk.sandbox import Sandbox
from tests.tenants import Current

pytest_plugins = [
    "tests.processes",
    "tests.chromium",
    "tests.contract.watching",
    "tests.sdk.wires",
    "tests.faults.invariants",
    "tests.groups",
]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Two tenants, `acme` and `globex`, fresh for every test."""
    Current.sandbox = Sandbox(devices=60, seed=7)
    yield Current.sandbox
    Current.sandbox = None


@pytest.fixture
def sign_in(sandbox: Sandbox, db: None) -> Callable[..., Client]:
    """Signs a user in through the sign-in page and returns the browser: `sign_in("reader", "globex")`."""

    def through_the_page(user: str = "admin", tenant: str = "acme", browser: Client | None = None) -> Client:
        browser = browser or Client()
        form = {"tenant": tenant, "username": user, "password": sandbox.credentials[tenant][user]["password"]}
        answer = browser.post("/sign-in/", form)
        assert answer.status_code == 302, answer.content.decode()
        return browser

    return through_the_page
