"""Why a user may not do something to devices, as a sentence; empty when nothing is known against it."""

from __future__ import annotations

from c8yadmin.core.request import AppRequest


def why_not_change(request: AppRequest) -> str:
    """Who sees devices by inventory roles alone may be allowed to change some: then the tenant decides."""
    reads_all = request.person.may("ROLE_INVENTORY_READ", "ROLE_MANAGED_OBJECT_READ")
    if not reads_all and not request.tenant.read_only:
        return ""
    return request.blocked("ROLE_INVENTORY_ADMIN", "ROLE_MANAGED_OBJECT_ADMIN")
