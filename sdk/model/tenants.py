"""The tenant itself, and those below it."""

from __future__ import annotations

from typing import Literal, TypedDict, Unpack

from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.tenant import CurrentTenant, Tenant, TenantTfaSettings
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


class TenantFilter(TypedDict, total=False):
    """The filters of a list of tenants. ``parent`` is for the management tenant."""

    company: str
    domain: str
    parent: str


class TenantQuery(TenantFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class Tenants(Collection[Tenant]):
    """The tenants below the current one, and the current one itself."""

    model = Tenant
    listing = Listing("/tenant/tenants", "tenants", accept=vendor("tenantcollection"))
    vocabulary = Vocabulary(TenantFilter)

    @spelled_out
    def where(self, expression: str | None = None, /, **filters: Unpack[TenantFilter]) -> Query[Tenant]:
        """A query for tenants (GET /tenant/tenants), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"company=acme"``.
            filters: see ``TenantFilter``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _asked(self, expression: str | None = None, /, **query: Unpack[TenantQuery]) -> Selection[Tenant]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def get_current(self) -> CurrentTenant:
        """The tenant of this connection (GET /tenant/currentTenant)."""
        found = self.c8y.get("/tenant/currentTenant", accept=vendor("currenttenant"))
        return CurrentTenant.from_json(found, self.c8y)

    def get_tfa(self, tenant_id: str | None = None) -> TenantTfaSettings:
        """The two-factor settings of a tenant, or of this one (GET /tenant/tenants/{id}/tfa)."""
        return TenantTfaSettings.from_json(self.c8y.get(f"{own_path(self.c8y, tenant_id)}/tfa"), self.c8y)

    def set_tfa(self, strategy: Literal["SMS", "TOTP"], tenant_id: str | None = None) -> None:
        """Set how the second factor of a tenant, or of this one, works (PUT /tenant/tenants/{id}/tfa)."""
        if strategy not in {"SMS", "TOTP"}:
            raise ValueError(f"A second factor is SMS or TOTP, not {strategy!r}.")
        self.c8y.put(f"{own_path(self.c8y, tenant_id)}/tfa", json={"strategy": strategy})

    def get_restricted_roles(self, tenant_id: str | None = None) -> list[str]:
        """The permissions that microservices of a tenant, or of this one, may not ask for.

        (GET /tenant/tenants/{id}/applications/restricted-roles.) Only the newest platforms offer it, as with
        the other verbs of restricted roles.
        """
        return [str(one) for one in self.c8y.get(_restricted(self.c8y, tenant_id)) or []]

    def set_restricted_roles(self, *role_ids: str, tenant_id: str | None = None) -> None:
        """Write all of them, none to restrict nothing (PUT …/applications/restricted-roles).

        Raises:
            Invalid: when one of them does not exist.
        """
        self.c8y.put(_restricted(self.c8y, tenant_id), json=list(role_ids))

    def add_restricted_role(self, role_id: str, tenant_id: str | None = None) -> None:
        """Add one, see ``set_restricted_roles`` (POST …/applications/restricted-roles/{role})."""
        self.c8y.post(_restricted(self.c8y, tenant_id, role_id))

    def remove_restricted_role(self, role_id: str, tenant_id: str | None = None) -> None:
        """Take one off (DELETE …/applications/restricted-roles/{role}).

        Raises:
            NotFound: when it was not restricted.
        """
        self.c8y.delete(_restricted(self.c8y, tenant_id, role_id))


def _restricted(c8y: CumulocityRestClient, tenant_id: str | None, *role: str) -> str:
    return own_path(c8y, tenant_id, "applications", "restricted-roles", *role)


def own_path(c8y: CumulocityRestClient, tenant_id: str | None = None, *segments: str) -> str:
    """A resource below ``/tenant/tenants/{id}``, of this client's tenant unless another is named.

    Raises:
        ValueError: when neither is known.
    """
    tenant = tenant_id or c8y.tenant_id
    if not tenant:
        raise ValueError("Say which tenant is meant, or give the client its tenant_id.")
    return codec.path("tenant", "tenants", tenant, *segments)
