"""Why a user may not send or cancel operations, as a sentence; empty when nothing is known against it."""

from __future__ import annotations

from c8yadmin.core.request import AppRequest


def why_not_operate(request: AppRequest) -> str:
    """Who reads by inventory roles alone may be allowed to for some devices: then the tenant decides."""
    if not request.tenant.read_only and not request.person.may("ROLE_DEVICE_CONTROL_READ"):
        return ""
    return request.blocked("ROLE_DEVICE_CONTROL_ADMIN")
