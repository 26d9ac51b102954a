"""Doors into a small sandbox."""

from __future__ import annotations

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
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
