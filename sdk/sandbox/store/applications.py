"""The applications of the platform: whose they are, who is subscribed, their files, versions and users."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from sdk.sandbox.call import Json
from sdk.sandbox.files import File
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.users import add_user

MICROSERVICE, HOSTED, EXTERNAL = "MICROSERVICE", "HOSTED", "EXTERNAL"
BOOTSTRAP, SERVICE = "servicebootstrap_", "service_"


@dataclass(eq=False, slots=True)
class App:
    """One application. `document` is its JSON without links and owner; `files` maps binary ids to
    attachments, `created` to the times they were sent; `versions` is oldest first.
    """

    id: str
    owner: str
    document: Json
    subscribers: set[str] = field(default_factory=set)
    files: dict[str, File] = field(default_factory=dict, repr=False)
    created: dict[str, str] = field(default_factory=dict, repr=False)
    versions: list[Json] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def kind(self) -> str:
        return str(self.document["type"])

    @property
    def manifest(self) -> Json:
        found = self.document.get("manifest")
        return found if isinstance(found, dict) else {}

    @property
    def required_roles(self) -> list[str]:
        roles = self.manifest.get("requiredRoles") or self.document.get("requiredRoles")
        return [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []

    @property
    def category(self) -> str:
        """The category of the tenant options that the application owns."""
        candidates = (self.manifest.get("settingsCategory"), self.document.get("contextPath"), self.name)
        return next(str(found) for found in candidates if isinstance(found, str) and found.strip())


class Applications(dict[str, App]):
    """Maps ids to applications. Only routes that lock all tenants may change it."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._last = 0
        self._random = random.Random(f"{seed}/applications")  # noqa: S311 - repeatable

    def next_id(self) -> str:
        self._last += 1
        return str(self._last)

    def create(self, owner: Tenant, document: Json) -> App:
        """Store an application of `owner`, who gets the bootstrap user of a microservice."""
        app = App(self.next_id(), owner.name, document)
        self[app.id] = app
        if app.kind == MICROSERVICE:
            self._add_user(owner, app, BOOTSTRAP + app.name, [])
        return app

    def visible_to(self, tenant: Tenant) -> list[App]:
        """What the tenant owns or is subscribed to, by id; the management tenant sees all."""
        everything = tenant.name == "management"
        return [
            app
            for app in list(self.values())
            if everything or app.owner == tenant.name or tenant.name in app.subscribers
        ]

    def named_by(self, key: str) -> str | None:
        """The name of the application with this key; None if there is none."""
        return next((app.name for app in list(self.values()) if key and app.document.get("key") == key), None)

    def subscribe(self, app: App, tenant: Tenant) -> None:
        """Subscribe a tenant, which gets the service user of a microservice."""
        app.subscribers.add(tenant.name)
        if app.kind == MICROSERVICE:
            self._add_user(tenant, app, SERVICE + app.name, app.required_roles)

    def unsubscribe(self, app: App, tenant: Tenant) -> None:
        app.subscribers.discard(tenant.name)
        _remove_user(tenant, SERVICE + app.name)

    def remove(self, app: App, tenants: Iterable[Tenant]) -> None:
        """Remove an application with its subscriptions and users."""
        for tenant in tenants:
            self.unsubscribe(app, tenant)
            _remove_user(tenant, BOOTSTRAP + app.name)
        del self[app.id]

    def refresh_users(self, app: App, tenants: Iterable[Tenant]) -> None:
        """Give the service users the roles that the manifest requires now."""
        for tenant in tenants:
            if SERVICE + app.name in tenant.service_users:
                tenant.user_roles[SERVICE + app.name] = set(app.required_roles)

    def _add_user(self, tenant: Tenant, app: App, name: str, roles: list[str]) -> None:
        add_user(tenant, name, f"{self._random.getrandbits(120):030x}")
        tenant.user_roles[name] = set(roles)
        tenant.service_users[name] = app.id


def _remove_user(tenant: Tenant, name: str) -> None:
    if tenant.service_users.pop(name, None):
        tenant.delete_user(name)
