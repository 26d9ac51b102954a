"""Users of a tenant: how one is stored, and what a device user is given."""

from __future__ import annotations

from typing import Any

from sdk.sandbox import times
from sdk.sandbox.call import Json
from sdk.sandbox.store.tenant import Tenant

DEVICE_PREFIX = "device_"


def add_user(tenant: Tenant, name: str, password: str, **properties: Any) -> Json:
    """Store a user; `properties` are JSON properties such as `email`, `firstName`, `owner`."""
    user = {"id": name, "userName": name, "enabled": True, "shouldResetPassword": False, "newsletter": False}
    tenant.users[name] = user | {"lastPasswordChange": times.now(), "customProperties": {}} | properties
    tenant.passwords[name] = password
    return tenant.users[name]


def add_device_user(tenant: Tenant, name: str, password: str | None = None) -> Json:
    """Store the user of a device, which belongs to the group `devices`; without a password it cannot sign in
    by one.
    """
    user = {"id": name, "userName": name, "enabled": True, "shouldResetPassword": False}
    tenant.users[name] = user
    if password is not None:
        tenant.passwords[name] = password
    for group in tenant.groups.values():
        if group["name"] == "devices":
            group["users"].add(name)
    return user


def group_named(tenant: Tenant, name: str) -> Json:
    """The group of that name; KeyError if there is none."""
    for group in tenant.groups.values():
        if group["name"] == name:
            return group
    raise KeyError(name)
