"""A walk through each domain of the SDK at the sandbox, using every promised member at least once."""

from __future__ import annotations

from tests.sdk.tours.around import apps, generic, listening, matching, tokens
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
    "apps",
    "audit",
    "binaries",
    "certificates",
    "events",
    "generic",
    "identity",
    "inventory",
    "inventory_roles",
    "listening",
    "matching",
    "measurements",
    "notifications",
    "operations",
    "options",
    "registration",
    "rest",
    "statistics",
    "tenant",
    "tokens",
    "users",
]
