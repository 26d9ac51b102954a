"""The current tenant."""

from __future__ import annotations

from sdk.sandbox.call import Answer, Call, Json, Routes, forbidden, invalid

routes = Routes("tenant")

TFA = "/tenant/tenants/{tenantId}/tfa"
STRATEGIES = ("SMS", "TOTP")


@routes.get("/tenant/currentTenant", roles=("ROLE_USER_MANAGEMENT_OWN_READ",), produces="currenttenant")
def get_current_tenant(call: Call) -> Answer:
    body = {
        "name": call.tenant.name,
        "domainName": call.tenant.domain,
        "allowCreateTenants": False,
        "customProperties": {},
        "applications": {"references": []},
        "self": call.link("tenant", "currentTenant"),
    }
    return Answer(body | ({"parent": "management"} if call.flag("withParent") else {}))


def _require_own(call: Call) -> None:
    if call.path["tenantId"] != call.tenant.name:
        raise forbidden()


@routes.get(
    TFA,
    roles=("ROLE_TENANT_MANAGEMENT_READ", "ROLE_USER_MANAGEMENT_READ", "ROLE_USER_MANAGEMENT_OWN_READ"),
    produces="application/json",
)
def get_tfa(call: Call) -> Answer:
    _require_own(call)
    body: Json = {
        "enabledOnSystemLevel": True,
        "enabledOnTenantLevel": bool(call.tenant.totp),
        "enforcedOnSystemLevel": False,
        "strategy": call.tenant.option("two-factor-authentication", "strategy", "TOTP"),
        "totpEnforcedOnTenantLevel": False,
    }
    return Answer(body)


@routes.put(
    TFA,
    roles=("ROLE_TENANT_MANAGEMENT_ADMIN", "ROLE_TENANT_MANAGEMENT_UPDATE"),
    consumes=("application/json",),
)
def set_tfa(call: Call) -> Answer:
    _require_own(call)
    if call.json.get("strategy") not in STRATEGIES:
        raise invalid(f"'strategy' is one of {', '.join(STRATEGIES)}.")
    call.tenant.options["two-factor-authentication", "strategy"] = {
        "value": call.json["strategy"],
        "editable": True,
    }
    return Answer(status=204)
