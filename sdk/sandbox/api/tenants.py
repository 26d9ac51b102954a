"""Tenants: the current one, those below it, and their second factor."""

from __future__ import annotations

import re
import secrets

from sdk.sandbox import times
from sdk.sandbox.api.applications import reference
from sdk.sandbox.api.user_forms import check_email, check_name, check_password
from sdk.sandbox.call import Answer, Call, Json, Routes, duplicate, forbidden, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.users import add_user, group_named
from sdk.sandbox.world.accounts import add_standards

routes = Routes("tenant")

TENANTS, TENANT = "/tenant/tenants", "/tenant/tenants/{tenantId}"
TFA = f"{TENANT}/tfa"
STRATEGIES, STATUSES = ("SMS", "TOTP"), ("ACTIVE", "SUSPENDED")
UPDATE = ("ROLE_TENANT_MANAGEMENT_ADMIN", "ROLE_TENANT_MANAGEMENT_UPDATE")
LONGEST = {"company": 256, "contactName": 30, "contactPhone": 50, "domain": 256}
TEXTS = (*LONGEST, "adminName", "adminEmail", "adminPass")
SERVER_ONLY = frozenset(
    ("self", "creationTime", "parent", "allowCreateTenants", "applications", "ownedApplications")
)
_DOMAIN, _ID = re.compile(r"[A-Za-z][\w.-]*[A-Za-z0-9]"), re.compile(r"[a-z][a-z0-9_-]{1,31}")


def is_below(call: Call, tenant: Tenant) -> bool:
    """Whether the caller's tenant is the parent of `tenant`, or the management tenant."""
    return call.tenant.name in ("management", tenant.profile.get("parent"))


def fetch_tenant(call: Call, own: bool = False) -> Tenant:
    """The tenant of the path, which must be below the caller's, or with `own` the caller's itself."""
    found = call.sandbox.tenants.get(call.path["tenantId"])
    if found is None:
        raise not_found(f"Tenant '{call.path['tenantId']}' was not found.")
    if not is_below(call, found) and not (own and found is call.tenant):
        raise forbidden()
    return found


def render(call: Call, tenant: Tenant) -> Json:
    own = call.link("tenant", "tenants", tenant.name)
    apps = call.sandbox.applications.values()
    subscribed = [app for app in apps if tenant.name in app.subscribers]
    market = [app for app in apps if app.owner == tenant.name and app.document["availability"] == "MARKET"]
    parent = ("tenant", "tenants", tenant.name, "applications")
    return tenant.profile | {
        "id": tenant.name,
        "domain": tenant.domain,
        "self": own,
        "applications": {
            "references": [reference(call, app, *parent) for app in subscribed],
            "self": f"{own}/applications",
        },
        "ownedApplications": {
            "references": [reference(call, app, *parent) for app in market],
            "self": f"{call.base}/application/applicationsByOwner/{tenant.name}",
        },
    }


@routes.get(
    "/tenant/currentTenant", roles=("ROLE_USER_MANAGEMENT_OWN_READ",), produces="currenttenant", wide=True
)
def get_current_tenant(call: Call) -> Answer:
    apps = call.sandbox.applications.values()
    found = [
        reference(call, app, "tenant", "currentTenant") for app in apps if call.tenant.name in app.subscribers
    ]
    body = {
        "name": call.tenant.name,
        "domainName": call.tenant.domain,
        "allowCreateTenants": call.tenant.profile.get("allowCreateTenants", False),
        "customProperties": call.tenant.profile.get("customProperties", {}),
        "applications": {"references": found},
        "self": call.link("tenant", "currentTenant"),
    }
    parent = {"parent": call.tenant.profile.get("parent", "management")} if call.flag("withParent") else {}
    return Answer(body | parent)


@routes.get(TENANTS, roles=("ROLE_TENANT_MANAGEMENT_READ",), produces="tenantcollection", wide=True)
def list_tenants(call: Call) -> Answer:
    company, domain, parent = call.text("company"), call.text("domain"), call.text("parent")
    everybody = [found for found in call.sandbox.tenants.values() if found is not call.tenant]
    found = [
        tenant
        for tenant in everybody
        if is_below(call, tenant)
        and company in (None, tenant.profile.get("company"))
        and domain in (None, tenant.domain)
        and parent in (None, tenant.profile.get("parent"))
    ]
    return collection(call, "tenants", found, lambda tenant: render(call, tenant))


@routes.post(
    TENANTS,
    roles=("ROLE_TENANT_MANAGEMENT_ADMIN", "ROLE_TENANT_MANAGEMENT_CREATE"),
    consumes=("tenant",),
    produces="tenant",
    wide=True,
)
def create_tenant(call: Call) -> Answer:
    if not call.tenant.profile.get("allowCreateTenants"):
        raise forbidden("This tenant may not create tenants.")
    body = _checked(call, call.json)
    for name in ("company", "domain", "adminEmail"):
        if not body.get(name):
            raise invalid(f"'{name}' is required.")
    tenant = Tenant(_new_id(call, body.pop("id", None)))
    tenant.domain = body.pop("domain")
    _open(call, tenant, body)
    call.sandbox.admit(tenant)
    text = f"Tenant '{tenant.name}' created"
    call.tenant.audit("Tenant", "Tenant created", text, tenant.name, call.caller.name)
    shown = render(call, tenant)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def _checked(call: Call, body: Json, old: Tenant | None = None) -> Json:
    """The settable properties of a tenant."""
    content = {key: value for key, value in body.items() if key not in SERVER_ONLY and value is not None}
    for name in TEXTS:
        if not isinstance(content.get(name, "x"), str) or content.get(name) == "":
            raise invalid(f"'{name}' must be a text.")
        if len(content.get(name, "")) > LONGEST.get(name, 1000):
            raise invalid(f"'{name}' may have at most {LONGEST[name]} characters.")
    _check_properties(content)
    if "domain" in content:
        _check_domain(call, content["domain"], old)
    return content


def _check_properties(content: Json) -> None:
    for name, check in (
        ("adminEmail", check_email),
        ("adminName", check_name),
        ("adminPass", check_password),
    ):
        if name in content:
            check(content[name])
    if not isinstance(content.get("customProperties", {}), dict):
        raise invalid("'customProperties' must be an object.")
    if content.get("status", "ACTIVE") not in STATUSES:
        raise invalid(f"'status' is one of {', '.join(STATUSES)}.")


def _check_domain(call: Call, domain: str, old: Tenant | None) -> None:
    if not _DOMAIN.fullmatch(domain):
        raise invalid("The domain has letters, digits, dots and hyphens, and begins with a letter.")
    if any(found.domain == domain for found in call.sandbox.tenants.values() if found is not old):
        raise duplicate(f"The domain '{domain}' exists already.")


def _new_id(call: Call, wanted: object) -> str:
    if wanted is None:
        number = len(call.sandbox.tenants)
        while f"t{number:04d}" in call.sandbox.tenants:
            number += 1
        return f"t{number:04d}"
    if not isinstance(wanted, str) or not _ID.fullmatch(wanted):
        raise invalid("The id has 2 to 32 small letters, digits, hyphens and underscores.")
    if wanted in call.sandbox.tenants:
        raise duplicate(f"A tenant with the id '{wanted}' exists already.")
    return wanted


def _open(call: Call, tenant: Tenant, body: Json) -> None:
    """Fill in a new tenant: its standard roles, and its administrator."""
    add_standards(tenant)
    name, password = body.get("adminName"), body.pop("adminPass", None)
    if name:
        fresh = {"email": body["adminEmail"], "shouldResetPassword": password is None}
        add_user(tenant, name, password or secrets.token_urlsafe(18), **fresh)
        group_named(tenant, "admins")["users"].add(name)
    fixed = {"parent": call.tenant.name, "creationTime": times.now(), "allowCreateTenants": False}
    tenant.profile |= {"status": "ACTIVE", "customProperties": {}} | body | fixed


@routes.get(TENANT, roles=("ROLE_TENANT_MANAGEMENT_READ",), produces="tenant", wide=True)
def get_tenant(call: Call) -> Answer:
    return Answer(render(call, fetch_tenant(call)))


@routes.put(TENANT, roles=UPDATE, consumes=("tenant",), produces="tenant", wide=True)
def update_tenant(call: Call) -> Answer:
    tenant = fetch_tenant(call)
    if not call.tenant.profile.get("allowCreateTenants"):
        raise forbidden("This tenant may not change tenants.")
    changes = _checked(call, call.json, tenant)
    if changes.pop("id", tenant.name) != tenant.name:
        raise invalid("The id of a tenant cannot be changed.")
    if changes.pop("adminName", tenant.profile.get("adminName")) != tenant.profile.get("adminName"):
        raise invalid("'adminName' cannot be changed.")
    if tenant is call.tenant and changes.get("status") == "SUSPENDED":
        raise forbidden("A tenant cannot suspend itself.")
    tenant.domain = changes.pop("domain", tenant.domain)
    password, admin = changes.pop("adminPass", None), str(tenant.profile.get("adminName"))
    if password and admin in tenant.users:
        tenant.passwords[admin] = password
    tenant.profile |= changes
    text = f"Tenant '{tenant.name}' updated"
    call.tenant.audit("Tenant", "Tenant updated", text, tenant.name, call.caller.name)
    return Answer(render(call, tenant))


@routes.delete(TENANT, roles=("ROLE_TENANT_MANAGEMENT_ADMIN",), wide=True)
def delete_tenant(call: Call) -> Answer:
    tenant = fetch_tenant(call)
    if call.tenant.name != "management" or tenant is call.tenant:
        raise forbidden("Only the management tenant deletes tenants, and not itself.")
    applications = call.sandbox.applications
    for app in list(applications.values()):
        applications.unsubscribe(app, tenant)
        if app.owner == tenant.name:
            applications.remove(app, call.sandbox.tenants.values())
    del call.sandbox.tenants[tenant.name]
    text = f"Tenant '{tenant.name}' deleted"
    call.tenant.audit("Tenant", "Tenant deleted", text, tenant.name, call.caller.name)
    return Answer(status=204)


@routes.get(
    TFA,
    roles=("ROLE_TENANT_MANAGEMENT_READ", "ROLE_USER_MANAGEMENT_READ", "ROLE_USER_MANAGEMENT_OWN_READ"),
    produces="application/json",
    wide=True,
)
def get_tfa(call: Call) -> Answer:
    tenant = fetch_tenant(call, own=True)
    if tenant is not call.tenant and not call.holds(
        "ROLE_TENANT_MANAGEMENT_READ", "ROLE_USER_MANAGEMENT_READ"
    ):
        raise forbidden()
    body: Json = {
        "enabledOnSystemLevel": True,
        "enabledOnTenantLevel": bool(tenant.totp),
        "enforcedOnSystemLevel": False,
        "strategy": tenant.option("two-factor-authentication", "strategy", "TOTP"),
        "totpEnforcedOnTenantLevel": False,
    }
    return Answer(body)


@routes.put(TFA, roles=UPDATE, consumes=("application/json",), wide=True)
def set_tfa(call: Call) -> Answer:
    tenant = fetch_tenant(call, own=True)
    if call.json.get("strategy") not in STRATEGIES:
        raise invalid(f"'strategy' is one of {', '.join(STRATEGIES)}.")
    option = {"value": call.json["strategy"], "editable": True}
    tenant.options["two-factor-authentication", "strategy"] = option
    return Answer(status=204)
