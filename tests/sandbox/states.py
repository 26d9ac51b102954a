"""What a sandbox holds, to compare it before and after."""

from __future__ import annotations

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant


def state_of(sandbox: Sandbox) -> str:
    """Everything that the tenants store, as a text; sessions and locks are left out."""
    return "\n".join(_stored(tenant) for tenant in sandbox.tenants.values())


def _stored(tenant: Tenant) -> str:
    stores = [tenant.inventory.objects, tenant.inventory.children, tenant.topics.subscriptions]
    kept = [value for name, value in vars(tenant).items() if name != "sessions"]
    return "\n".join(repr(store) for store in (*stores, *kept) if isinstance(store, dict))
