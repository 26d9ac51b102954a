"""The service user of a tenant: a user of its own for work that goes on when nobody is signed in."""

from __future__ import annotations

from django.conf import settings

from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.core.tenants import Tenant


def service_user(tenant: Tenant) -> Credential | None:
    """What the operator configured for `tenant`; None where it has no service user."""
    entry = settings.SERVICE_USERS.get(tenant.slug)
    if entry is None:
        return None
    return Credential("basic", tenant.tenant_id, entry["user"], Secret(entry["password"]))
