"""The tenant behind the pages, and how often they call it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.faults import Fault
from sdk.sandbox.store.tenant import Tenant


@pytest.fixture
def acme(sandbox: Sandbox) -> Tenant:
    """The tenant that the tests are signed in to."""
    return sandbox.tenant("acme")


@pytest.fixture
def calls(sandbox: Sandbox) -> Callable[[], Fault]:
    """Counts the tenant's calls from now on: `counted = calls(); …; counted.hits`."""
    return sandbox.faults.add
