"""What every page of a tenant knows about its jobs."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest

from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.authority.rights import awaiting, decidable, deciding
from c8yadmin.jobs.authority.rules import rule_of


class Approvals:
    """The two-person rule as the menu of a page shows it; only what is asked for costs anything."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def are_asked_for(self) -> bool:
        """Whether the tenant has a two-person rule."""
        request: Any = self._request
        return (
            isinstance(request, AppRequest) and hasattr(request, "person") and rule_of(request.tenant).is_on
        )

    @cached_property
    def are_given(self) -> bool:
        """Whether this user may approve what others ask for."""
        request: Any = self._request
        return self.are_asked_for and bool(decidable(request.person))

    @cached_property
    def waiting(self) -> int:
        """How many jobs wait for this user's approval; one query for who may give any."""
        if not self.are_given:
            return 0
        request: Any = self._request
        name = request.person.name
        jobs = awaiting(request).filter(deciding(request.person))
        return jobs.exclude(owner=name).exclude(works_as=name).count()


def approvals_context(request: HttpRequest) -> dict[str, Approvals]:
    """The two-person rule, for the frame of the page."""
    return {"approvals": Approvals(request)}
