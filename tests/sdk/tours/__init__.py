"""A walk through each domain of the SDK at the sandbox, using every promised member at least once."""

from __future__ import annotations

from tests.sdk.tours.data import alarms, audit, events, measurements, notifications, operations
from tests.sdk.tours.guide import Guide
from tests.sdk.tours.inventory import binaries, identity, inventory, rest
from tests.sdk.tours.people import inventory_roles, registration, users
from tests.sdk.tours.security import certificates
from tests.sdk.tours.tenant import applications, options, statistics, tenant

__all__ = [
    "Guide",
    "alarms",
    "applications",
    "audit",
    "binaries",
    "certificates",
    "events",
    "identity",
    "inventory",
    "inventory_roles",
    "measurements",
    "notifications",
    "operations",
    "options",
    "registration",
    "rest",
    "statistics",
    "tenant",
    "users",
]
