"""Feature toggles: what of the platform is switched on."""

from __future__ import annotations

from sdk.model import fields
from sdk.model.object import CumulocityObject
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient


class Feature(CumulocityObject):
    """One feature as this tenant has it."""

    __slots__ = ()
    key = fields.text("key", readonly=True)
    phase = fields.text("phase", readonly=True)
    active = fields.flag("active", readonly=True)
    # Whether it is so by DEFAULT, or by a choice of the TENANT.
    strategy = fields.text("strategy", readonly=True)

    def __repr__(self) -> str:
        return f"Feature(key={self.key!r}, active={self.active!r})"


class Features:
    """The features of the platform; platforms before 2025 do not know them (NotFound)."""

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y

    def get_all(self) -> list[Feature]:
        """All features as this tenant has them (GET /features)."""
        return Feature._listed(self.c8y.get("/features"), "features", self.c8y)

    def get(self, key: str) -> Feature:
        """One feature as this tenant has it (GET /features/{key}).

        Raises:
            NotFound: when there is none.
        """
        return Feature.from_json(self.c8y.get(codec.path("features", key)), self.c8y)

    def is_active(self, key: str) -> bool:
        """Whether this tenant has a feature switched on."""
        return self.get(key).active is True

    def get_by_tenant(self, key: str) -> dict[str, bool]:
        """Which tenants have chosen, and what (GET …/by-tenant); for the management tenant."""
        found = self.c8y.get(f"{codec.path('features', key)}/by-tenant")
        return {str(one.get("tenantId")): bool(one.get("active")) for one in documents.rows(found, "tenants")}

    def set(self, key: str, active: bool, tenant_id: str | None = None) -> None:
        """Switch a feature on or off for this tenant, or another (PUT …/by-tenant)."""
        self.c8y.put(_choice(key, tenant_id), json={"active": active})

    def unset(self, key: str, tenant_id: str | None = None) -> None:
        """Go back to the platform's default for this tenant, or another (DELETE …/by-tenant)."""
        self.c8y.delete(_choice(key, tenant_id))


def _choice(key: str, tenant_id: str | None) -> str:
    return codec.path("features", key, "by-tenant", *([tenant_id] if tenant_id else []))
