"""Why a user may not do something to devices, as a sentence; empty when nothing is known against it.

Who sees devices by inventory roles alone may be allowed to change some: then the tenant decides.
"""

from __future__ import annotations

from c8yadmin.core.request import AppRequest


def why_not_change(request: AppRequest) -> str:
    """Why the user may not change devices."""
    return _why_not(request, "ROLE_INVENTORY_ADMIN", "ROLE_MANAGED_OBJECT_ADMIN")


def why_not_operate(request: AppRequest) -> str:
    """Why the user may not send operations to devices."""
    return _why_not(request, "ROLE_DEVICE_CONTROL_ADMIN")


def _why_not(request: AppRequest, *roles: str) -> str:
    reads_all = request.person.may("ROLE_INVENTORY_READ", "ROLE_MANAGED_OBJECT_READ")
    return request.blocked(*roles) if reads_all or request.tenant.read_only else ""
