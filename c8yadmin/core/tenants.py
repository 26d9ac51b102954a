"""The tenants that this console may reach: a configured list, and host patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from django.conf import settings

Access = Literal["full", "guarded", "read-only"]
# A DNS name in the one form that matches patterns: lower case, no port, no trailing dot, no bare address.
HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
COLORS = ("blue", "green", "orange", "purple", "teal", "pink", "indigo", "red")


@dataclass(frozen=True, slots=True)
class Tenant:
    """Where a tenant lives and how the console shows and guards it.

    `slug` stands in every URL, `tenant_id` is Cumulocity's own id (empty where only the host name is
    known before sign-in), `access` is how far this console may go: everything, everything after a typed
    confirmation, or nothing that changes the tenant. `private` tells an operator-configured address, which
    may be on a private network, from a user-typed one, which may not. `approval` says which jobs need a
    second person, where that differs from the console's own rule.
    """

    slug: str
    name: str
    base_url: str
    tenant_id: str = ""
    color: str = "blue"
    access: Access = "full"
    private: bool = False
    approval: str = ""

    @property
    def read_only(self) -> bool:
        return self.access == "read-only"


def configured() -> list[Tenant]:
    """The listed tenants, in the order of the setting."""
    return [_listed(number, entry) for number, entry in enumerate(settings.TENANTS)]


def find(slug: str) -> Tenant | None:
    """The tenant of a URL: a listed slug, or a host name that matches a permitted pattern."""
    for tenant in configured():
        if tenant.slug == slug:
            return tenant
    if HOST.fullmatch(slug) and any(fnmatchcase(slug, pattern) for pattern in settings.TENANT_HOSTS):
        return Tenant(slug, slug, f"https://{slug}", color=_color(sum(slug.encode())))
    return None


def _listed(number: int, entry: dict[str, Any]) -> Tenant:
    access = entry.get("access", "full")
    if access not in get_args(Access):
        raise ValueError(f"C8YADMIN_TENANTS: access of {entry['slug']!r} must be one of {get_args(Access)}")
    return Tenant(
        slug=entry["slug"],
        name=entry.get("name", entry["slug"]),
        base_url=entry["base_url"].rstrip("/"),
        tenant_id=entry.get("tenant_id", ""),
        color=entry.get("color") or _color(number),
        access=access,
        private=True,
        approval=entry.get("approval", ""),
    )


def _color(number: int) -> str:
    return COLORS[number % len(COLORS)]
