"""The devices that the tests of the devices pages put into the tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk.sandbox.store.tenant import Tenant


@pytest.fixture
def device(acme: Tenant) -> Callable[..., dict[str, Any]]:
    """Puts a device into the tenant: `device(name="x", c8y_Hardware={…})` gives its document."""

    def put(**fragments: Any) -> dict[str, Any]:
        at = "2026-01-02T03:04:05.000Z"
        document = {"id": acme.next_id(), "owner": "admin", "creationTime": at, "lastUpdated": at}
        acme.inventory.create(document | {"name": "Probe", "type": "t_Probe", "c8y_IsDevice": {}} | fragments)
        return acme.inventory.objects[document["id"]]

    return put


@pytest.fixture
def probe(device: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A device with some fragments to edit."""
    hardware = {"model": "A", "revision": "1"}
    return device(name="Probe", type="t_Probe", c8y_Hardware=hardware, t_Old=[1, 2], t_Same={"x": 1.5})
