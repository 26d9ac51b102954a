"""Feature toggles."""

from __future__ import annotations

from sdk.sandbox.call import Answer, Call, Json, Routes, forbidden, invalid, not_found
from sdk.sandbox.store.tenant import Tenant

routes = Routes("features")

FEATURES, FEATURE = "/features", "/features/{featureKey}"
OWN, ONE = f"{FEATURE}/by-tenant", f"{FEATURE}/by-tenant/{{tenantId}}"
ADMIN = ("ROLE_TENANT_MANAGEMENT_ADMIN",)
OPEN_PHASES = ("PUBLIC_PREVIEW", "GENERALLY_AVAILABLE")
"""In these phases a tenant decides for itself."""
TOGGLES = {
    "core.inventory.without.children": ("GENERALLY_AVAILABLE", True),
    "core.user.access-mappings": ("PUBLIC_PREVIEW", False),
    "dm.certificate-authority": ("PUBLIC_PREVIEW", True),
    "mqtt-service": ("PRIVATE_PREVIEW", False),
    "ui.next-generation": ("IN_DEVELOPMENT", False),
}
"""Phase and default of each feature."""


def _render(tenant: Tenant, key: str) -> Json:
    phase, default = TOGGLES[key]
    strategy = "TENANT" if key in tenant.features else "DEFAULT"
    return {"key": key, "phase": phase, "active": tenant.features.get(key, default), "strategy": strategy}


def _key(call: Call) -> str:
    if call.path["featureKey"] not in TOGGLES:
        raise not_found(f"Feature '{call.path['featureKey']}' was not found.")
    return call.path["featureKey"]


@routes.get(FEATURES, produces="application/json")
def list_features(call: Call) -> Answer:
    return Answer([_render(call.tenant, key) for key in TOGGLES])


@routes.get(FEATURE, produces="application/json")
def get_feature(call: Call) -> Answer:
    return Answer(_render(call.tenant, _key(call)))


def _require_management(call: Call) -> None:
    if call.tenant.name != "management":
        raise forbidden("Only the management tenant may do this.")


@routes.get(OWN, roles=ADMIN, produces="application/json", wide=True)
def list_by_tenant(call: Call) -> Answer:
    _require_management(call)
    key = _key(call)
    found = [tenant for tenant in call.sandbox.tenants.values() if key in tenant.features]
    return Answer([{"tenantId": tenant.name, "active": tenant.features[key]} for tenant in found])


def _own(call: Call) -> Tenant:
    if TOGGLES[_key(call)][0] not in OPEN_PHASES:
        _require_management(call)
    return call.tenant


def _other(call: Call) -> Tenant:
    _require_management(call)
    tenant = call.sandbox.tenants.get(call.path["tenantId"])
    if tenant is None:
        raise not_found(f"Tenant '{call.path['tenantId']}' was not found.")
    return tenant


def _set(call: Call, tenant: Tenant) -> Answer:
    key, active = _key(call), call.json.get("active")
    if not isinstance(active, bool):
        raise invalid("'active' must be true or false.")
    tenant.features[key] = active
    return Answer(status=200)


def _unset(call: Call, tenant: Tenant) -> Answer:
    tenant.features.pop(_key(call), None)
    return Answer(status=200)


@routes.put(OWN, roles=ADMIN, consumes=("application/json",))
def set_own(call: Call) -> Answer:
    return _set(call, _own(call))


@routes.delete(OWN, roles=ADMIN)
def unset_own(call: Call) -> Answer:
    return _unset(call, _own(call))


@routes.put(ONE, roles=ADMIN, consumes=("application/json",), wide=True)
def set_other(call: Call) -> Answer:
    return _set(call, _other(call))


@routes.delete(ONE, roles=ADMIN, wide=True)
def unset_other(call: Call) -> Answer:
    return _unset(call, _other(call))
