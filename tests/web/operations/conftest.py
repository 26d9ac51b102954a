"""Operations and devices to test with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sdk.sandbox.store.tenant import Tenant

Json = dict[str, Any]


@pytest.fixture
def agent(acme: Tenant) -> Json:
    """A device that executes operations, c8y_Restart among them."""
    return next(
        found
        for found in acme.inventory.objects.values()
        if "com_cumulocity_model_Agent" in found and "c8y_Restart" in found.get("c8y_SupportedOperations", ())
    )


@pytest.fixture
def operation(acme: Tenant, agent: Json) -> Callable[..., Json]:
    """Puts an operation of `agent` into the tenant: `operation(status="FAILED", hours=2)`."""

    def put(hours: float = 1, **fields: Any) -> Json:
        at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="milliseconds")
        made = {
            "id": acme.next_id(), "creationTime": at.replace("+00:00", "Z"), "deviceId": agent["id"],
            "agentId": agent["id"], "deviceName": agent["name"], "status": "PENDING",
            "description": "Restart", "c8y_Restart": {},
        }  # fmt: skip
        return acme.operations.put(made | fields)

    return put


@pytest.fixture
def no_operations(acme: Tenant) -> None:
    for id in list(acme.operations):
        acme.operations.remove(id)
