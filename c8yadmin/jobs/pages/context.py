"""What every page of a tenant knows about its jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.authority.rights import awaiting, deciding
from c8yadmin.jobs.authority.rules import rule_of


def approvals_context(request: HttpRequest) -> dict[str, Callable[[], int | None]]:
    """How many jobs wait for this user's approval; None where the tenant has no two-person rule.

    It is asked for by whole pages only, and then costs one query.
    """

    def waiting() -> int | None:
        person: Any = getattr(request, "person", None)
        if not isinstance(request, AppRequest) or person is None or not rule_of(request.tenant).is_on:
            return None
        jobs = awaiting(request).filter(deciding(person))
        return jobs.exclude(owner=person.name).exclude(works_as=person.name).count()

    return {"approvals_waiting": waiting}
