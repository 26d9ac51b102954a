"""Doors into a small sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.contract import description
from tests.sandbox.doors import Door


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(devices=60, seed=7)


@pytest.fixture
def acme(sandbox: Sandbox) -> Tenant:
    return sandbox.tenant("acme")


@pytest.fixture
def admin(sandbox: Sandbox) -> Door:
    return Door(sandbox, "admin")


@pytest.fixture
def agent(acme: Tenant) -> str:
    """The id of a device that runs operations."""
    return next(key for key, found in acme.inventory.objects.items() if "com_cumulocity_model_Agent" in found)


@pytest.fixture
def checked(sandbox: Sandbox) -> Iterator[Door]:
    """The administrator's door; whatever goes through it must follow the vendor's description."""
    yield from _checked(Door(sandbox, "admin"))


@pytest.fixture
def management(sandbox: Sandbox) -> Iterator[Door]:
    """The door of the management tenant's administrator, checked likewise."""
    yield from _checked(Door(sandbox, "admin", "management"))


def _checked(door: Door) -> Iterator[Door]:
    problems = description.watch(door.session) if description.file().is_file() else []
    yield door
    assert problems == []
