"""When a tenant is left alone: it asks for patience, or is in trouble."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from c8yadmin.jobs.execution.claims import lock
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import TenantLimit


def hold(tenant: str, seconds: float, *, trouble: bool) -> None:
    """Let no job of the tenant send anything for `seconds`, whoever works on it; a longer hold stays.

    `trouble` tells a tenant that is down from one that asks for patience; it is remembered when trouble
    began.
    """
    with transaction.atomic():
        limit, now = lock(tenant), clock()
        until = now + timedelta(seconds=seconds)
        limit.circuit_until = max(until, limit.circuit_until or until)
        if trouble:
            limit.circuit_state, limit.circuit_since = "open", limit.circuit_since or now
        limit.save()


def recovered(tenant: str) -> None:
    """The tenant answers again."""
    TenantLimit.objects.filter(tenant=tenant, circuit_state="open").update(
        circuit_state="closed", circuit_since=None, circuit_until=None
    )
