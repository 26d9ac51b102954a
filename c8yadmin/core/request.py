"""The request that every view of a tenant receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from c8yadmin.core.tenants import Tenant
from sdk import CumulocityClient


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in tenant user; `roles` are the permissions that the tenant reported at sign-in."""

    name: str
    display_name: str
    roles: frozenset[str] = field(default_factory=frozenset)

    def may(self, *roles: str) -> bool:
        """Whether one of `roles` is held."""
        return not self.roles.isdisjoint(roles)


class AppRequest(HttpRequest):
    """A request under `/t/<tenant>/`: signed in, with a client that acts as the user."""

    htmx: HtmxDetails
    tenant: Tenant
    person: Person
    c8y: CumulocityClient

    def link(self, name: str, **kwargs: Any) -> str:
        """The address of the page `name` in this request's tenant."""
        return reverse(name, kwargs={"tenant": self.tenant.slug, **kwargs})

    def back(self, name: str, **kwargs: Any) -> str:
        """Where a POST leads: its field `next` when that is a page of this console, else the page `name`."""
        wanted = self.POST.get("next", "")
        if wanted and url_has_allowed_host_and_scheme(wanted, {self.get_host()}, self.is_secure()):
            return wanted
        return self.link(name, **kwargs)

    def blocked(self, *roles: str) -> str:
        """Why the user lacks what needs one of `roles`, as a sentence; empty when nothing stands against it.

        Inventory roles may allow for one object what global roles deny: this explains, the tenant decides.
        """
        if self.tenant.read_only:
            return f"{self.tenant.name} is connected read-only."
        if not self.person.roles or self.person.may(*roles):  # without any, the tenant tells no roles
            return ""
        return f"Needs {' or '.join(roles)}, which {self.person.name} does not have in {self.tenant.name}."
