"""One tenant, and its two-factor settings."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self

from sdk.model import fields
from sdk.model.entity import Entity
from sdk.model.object import CumulocityObject
from sdk.model.unchanging import complete
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient


class CurrentTenant(CumulocityObject):
    """The tenant a client is connected to. What has no attribute here is read by its key."""

    __slots__ = ()
    id = fields.text("name", readonly=True)
    domain = fields.text("domainName", readonly=True)
    parent = fields.text("parent", readonly=True)
    allow_create_tenants = fields.flag("allowCreateTenants", readonly=True)


class TenantStatus(StrEnum):
    """Whether a tenant may be used."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class Tenant(Entity):
    """One tenant below the current one.

    Args:
        domain: the host name at which it is served.
        company: whose it is.
        admin_name, admin_email, admin_pass: its first user; without a password the platform sends a mail.
        contact_name, contact_phone: whom to ask.
    """

    __slots__ = ()
    _media = "tenant"
    _path = "/tenant/tenants"
    _server_only = Entity._server_only | {
        "allowCreateTenants",
        "applications",
        "ownedApplications",
        "parent",
        "status",
    }
    _fixed = frozenset({"adminName"})

    domain = fields.text("domain")
    company = fields.text("company")
    admin_name = fields.text("adminName")
    admin_email = fields.text("adminEmail")
    admin_pass = fields.text("adminPass")
    contact_name = fields.text("contactName")
    contact_phone = fields.text("contactPhone")
    custom_properties = fields.document("customProperties")
    status = fields.choice("status", TenantStatus, readonly=True)
    parent = fields.text("parent", readonly=True)
    allow_create_tenants = fields.flag("allowCreateTenants", readonly=True)
    creation_time = fields.time("creationTime", readonly=True)
    creation_datetime = fields.moment("creationTime", readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        domain: str | None = None,
        company: str | None = None,
        admin_name: str | None = None,
        admin_email: str | None = None,
        admin_pass: str | None = None,
        contact_name: str | None = None,
        contact_phone: str | None = None,
        **fragments: Any,
    ) -> None:
        known = {
            "domain": domain,
            "company": company,
            "adminName": admin_name,
            "adminEmail": admin_email,
            "adminPass": admin_pass,
            "contactName": contact_name,
            "contactPhone": contact_phone,
        }
        super().__init__(c8y, **codec.present(known), **fragments)

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        complete(self._content(), "A tenant", "domain", "company")
        return super()._create(c8y, resource)

    @property
    def applications(self) -> list[str]:
        """The names of the applications that the answer says it is subscribed to."""
        return self._names("applications")

    @property
    def owned_applications(self) -> list[str]:
        """The names of the applications that the answer says it owns."""
        return self._names("ownedApplications")

    def _names(self, key: str) -> list[str]:
        found = documents.objects(self.get(key), "references")
        # Some platforms wrap each application, others do not.
        inner = [one.get("application", one) for one in found]
        return [str(one["name"]) for one in inner if isinstance(one, dict) and "name" in one]


class TenantTfaSettings(CumulocityObject):
    """The two-factor settings of a tenant."""

    __slots__ = ()
    strategy = fields.text("strategy", readonly=True)
    enabled = fields.flag("enabledOnTenantLevel", readonly=True)
    enabled_on_system = fields.flag("enabledOnSystemLevel", readonly=True)
    enforced_on_system = fields.flag("enforcedOnSystemLevel", readonly=True)
    totp_enforced = fields.flag("totpEnforcedOnTenantLevel", readonly=True)
    enforced_users_group = fields.text("enforcedUsersGroup", readonly=True)
