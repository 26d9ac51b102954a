"""Fixtures that every suite may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from hypothesis import Phase, find, settings
from hypothesis import strategies as st

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


@pytest.fixture(scope="session")
def tables() -> None:
    """What hypothesis builds with the first draws that need it, and counts as their time: a table of all
    characters, and one of the constants in all modules, which every twentieth number is taken from."""
    many = st.lists(st.integers(), min_size=200, max_size=200)
    once = settings(phases=[Phase.generate], database=None, deadline=None)
    find(st.tuples(many, st.text(min_size=1)), lambda drawn: any(drawn[0]), settings=once)


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
