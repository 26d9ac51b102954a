"""Builds the world of a tenant: groups, devices and what they sent; the same seed gives the same world."""

from __future__ import annotations

import gc
import random
from datetime import datetime, timedelta
from typing import Any

from sdk.sandbox import times
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.world.accounts import build_accounts
from sdk.sandbox.world.devices import build_devices
from sdk.sandbox.world.groups import build_groups, restrict
from sdk.sandbox.world.history import build_history
from sdk.sandbox.world.requests import build_requests


def build(tenant: Tenant, devices: int, seed: int, start: datetime) -> dict[str, dict[str, Any]]:
    """Fill an empty tenant; gives its sign-ins. Times lie before `start`."""
    collecting = gc.isenabled()
    gc.disable()  # nothing built here is garbage, and looking for it would double the time of a large tenant
    try:
        rng = random.Random(f"{seed}/{tenant.name}")  # noqa: S311 - repeatable
        credentials = build_accounts(tenant, seed, times.stamp(start - timedelta(days=30)))
        groups = build_groups(tenant, devices, start)
        made = build_devices(tenant, devices, groups, rng, start)
        restrict(tenant, groups)
        build_history(tenant, made, rng, start)
        build_requests(tenant, groups, rng, start)
    finally:
        if collecting:
            gc.enable()
    return credentials
