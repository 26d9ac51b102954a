"""New device requests in every state."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from sdk.sandbox import times
from sdk.sandbox.store.tenant import Tenant

STATES = (
    *["WAITING_FOR_CONNECTION"] * 9,
    *["PENDING_ACCEPTANCE"] * 7,
    "ACCEPTED",
    "BLOCKED",
)
# Every second device is silent: it was never switched on, or went away again.
TOKENS = {9: "1234-5678", 10: "8765-4321"}
"""These requests' devices showed a security token."""


def build_requests(tenant: Tenant, groups: list[str], rng: random.Random, start: datetime) -> None:
    for number, status in enumerate(STATES):
        identifier = f"IMEI-{rng.randrange(10**11, 10**12)}"
        age = timedelta(hours=rng.uniform(0.1, 240))
        request = {
            "id": identifier, "status": status, "tenantId": tenant.name, "owner": "admin",
            "creationTime": times.stamp(start - age), "tries": 0,
        }  # fmt: skip
        if number % 3 == 0:
            request["groupId"] = rng.choice(groups)
        if number % 4 == 0:
            request["type"] = "c8y_Pump"
        if number % 2:
            request["silent"] = True
        if number in TOKENS:
            request["token"] = TOKENS[number]
        tenant.requests[identifier] = request
