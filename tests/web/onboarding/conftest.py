"""Device requests to test with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sdk.sandbox.store.tenant import Tenant

Json = dict[str, Any]


@pytest.fixture
def request_of(acme: Tenant) -> Callable[..., Json]:
    """Puts a request into the tenant: `request_of("IMEI-1", status="WAITING_FOR_CONNECTION", hours=2)`."""

    def put(id: str, status: str = "PENDING_ACCEPTANCE", hours: float = 1, **fields: Any) -> Json:
        at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="milliseconds")
        made = {
            "id": id, "status": status, "tenantId": "acme", "owner": "admin", "tries": 0,
            "creationTime": at.replace("+00:00", "Z"),
        }  # fmt: skip
        acme.requests[id] = made | fields
        return acme.requests[id]

    return put


@pytest.fixture
def no_requests(acme: Tenant) -> None:
    acme.requests.clear()


@pytest.fixture
def tokens(acme: Tenant) -> Callable[[str], None]:
    """Sets the tenant's policy for security tokens: `tokens("REQUIRED")`."""

    def set_policy(policy: str) -> None:
        acme.options["device-registration", "security-token.policy"] = {"value": policy, "editable": True}

    return set_policy
