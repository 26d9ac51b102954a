"""The tenant itself."""

from __future__ import annotations

from sdk.model import fields
from sdk.model.object import CumulocityObject
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


class CurrentTenant(CumulocityObject):
    """The tenant a client is connected to. What has no attribute here is read by its key."""

    __slots__ = ()
    id = fields.text("name", readonly=True)
    domain = fields.text("domainName", readonly=True)
    parent = fields.text("parent", readonly=True)
    allow_create_tenants = fields.flag("allowCreateTenants", readonly=True)


class Tenants:
    """Access to tenants."""

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y

    def get_current(self) -> CurrentTenant:
        """The tenant of this connection (GET /tenant/currentTenant)."""
        found = self.c8y.get("/tenant/currentTenant", accept=vendor("currenttenant"))
        return CurrentTenant.from_json(found, self.c8y)
