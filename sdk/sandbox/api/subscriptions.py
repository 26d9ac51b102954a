"""Applications of tenants: subscriptions, and the roles that applications may not ask for."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from sdk.sandbox.api.applications import reference
from sdk.sandbox.api.tenants import UPDATE, fetch_tenant, is_below, render
from sdk.sandbox.call import Answer, Call, Routes, duplicate, forbidden, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.access import ROLES
from sdk.sandbox.store.applications import App
from sdk.sandbox.store.tenant import Tenant

routes = Routes("tenant")

APPLICATIONS = "/tenant/tenants/{tenantId}/applications"
RESTRICTED = f"{APPLICATIONS}/restricted-roles"
APPLICATION_ADMIN = "ROLE_APPLICATION_MANAGEMENT_ADMIN"


@routes.get(
    APPLICATIONS,
    roles=("ROLE_TENANT_MANAGEMENT_READ", "ROLE_TENANT_ADMIN"),
    produces="applicationreferencecollection",
    wide=True,
)
def list_subscribed(call: Call) -> Answer:
    name = call.path["tenantId"]
    tenant = call.sandbox.tenants.get(name)
    if tenant is not None and not is_below(call, tenant):
        raise forbidden()
    found = [app for app in call.sandbox.applications.values() if name in app.subscribers]
    parent = ("tenant", "tenants", name, "applications")
    return collection(call, "references", found, lambda app: reference(call, app, *parent))


def _target(call: Call, app: App) -> Tenant:
    """The tenant of the path, if the caller may decide about its subscription to `app`."""
    tenant = call.sandbox.tenants.get(call.path["tenantId"])
    if tenant is None:
        raise not_found(f"Tenant '{call.path['tenantId']}' was not found.")
    own = app.owner == call.tenant.name and call.holds(APPLICATION_ADMIN)
    above = is_below(call, tenant) and call.holds(*UPDATE)
    if not (above or (own and (tenant is call.tenant or is_below(call, tenant)))):
        raise forbidden()
    return tenant


def _known(call: Call, identifier: str) -> App:
    app = call.sandbox.applications.get(identifier)
    if app is None:
        raise not_found(f"Application '{identifier}' was not found.")
    return app


@routes.post(
    APPLICATIONS,
    roles=(APPLICATION_ADMIN, *UPDATE),
    consumes=("applicationreference",),
    produces="applicationreference",
    wide=True,
)
def subscribe(call: Call) -> Answer:
    app = _known(call, _referenced(call))
    tenant = _target(call, app)
    if tenant.name in app.subscribers:
        raise duplicate(f"Tenant '{tenant.name}' is subscribed to application '{app.name}' already.")
    refused = set(app.required_roles) & set(tenant.restricted_roles)
    if refused:
        raise invalid(f"Tenant '{tenant.name}' does not grant {', '.join(sorted(refused))}.")
    call.sandbox.applications.subscribe(app, tenant)
    _audit(call, app, tenant, "subscribed")
    return Answer(reference(call, app, "tenant", "tenants", tenant.name, "applications"), 201)


def _referenced(call: Call) -> str:
    """The id in `{"application": {"self": "…/application/applications/12"}}`, or with `id` in its place."""
    found = call.json.get("application")
    link = found.get("self") or found.get("id") if isinstance(found, dict) else None
    if not isinstance(link, str) or not link:
        raise invalid('\'application\' is required and looks like {"self": "https://…"}.')
    try:
        return unquote(urlsplit(link).path.rstrip("/").rsplit("/", 1)[-1])
    except ValueError as error:
        raise invalid(f"'{link}' is not a link to an application.") from error


def _audit(call: Call, app: App, tenant: Tenant, what: str) -> None:
    text = f"Application '{app.name}' {what} for tenant '{tenant.name}'"
    call.tenant.audit("Tenant", f"Application {what}", text, tenant.name, call.caller.name)


@routes.delete(f"{APPLICATIONS}/{{applicationId}}", roles=(APPLICATION_ADMIN, *UPDATE), wide=True)
def unsubscribe(call: Call) -> Answer:
    app = _known(call, call.path["applicationId"])
    tenant = _target(call, app)
    if tenant.name not in app.subscribers:
        raise not_found(f"Tenant '{tenant.name}' is not subscribed to application '{app.name}'.")
    call.sandbox.applications.unsubscribe(app, tenant)
    _audit(call, app, tenant, "unsubscribed")
    return Answer(status=204)


@routes.get(
    RESTRICTED,
    roles=("ROLE_TENANT_MANAGEMENT_READ", "ROLE_TENANT_ADMIN"),
    produces="application/json",
    wide=True,
)
def list_restricted(call: Call) -> Answer:
    return Answer(fetch_tenant(call, own=True).restricted_roles)


RESTRICT = (*UPDATE, "ROLE_TENANT_ADMIN")


@routes.put(RESTRICTED, roles=RESTRICT, consumes=("application/json",), produces="tenant", wide=True)
def replace_restricted(call: Call) -> Answer:
    tenant, wanted = fetch_tenant(call, own=True), call.document
    if not isinstance(wanted, list) or not all(isinstance(role, str) for role in wanted):
        raise invalid("The body must be a list of roles.")
    for role in wanted:
        _check_role(role)
    tenant.restricted_roles = list(dict.fromkeys(wanted))
    return _restricted(call, tenant)


def _check_role(role: str) -> str:
    if role not in ROLES:
        raise invalid(f"Role '{role}' does not exist.")
    return role


def _restricted(call: Call, tenant: Tenant) -> Answer:
    return Answer(render(call, tenant) | {"restrictedRoles": tenant.restricted_roles})


@routes.post(f"{RESTRICTED}/{{roleId}}", roles=RESTRICT, produces="tenant", wide=True)
def add_restricted(call: Call) -> Answer:
    tenant, role = fetch_tenant(call, own=True), _check_role(call.path["roleId"])
    if role not in tenant.restricted_roles:
        tenant.restricted_roles = [*tenant.restricted_roles, role]
    return _restricted(call, tenant)


@routes.delete(f"{RESTRICTED}/{{roleId}}", roles=RESTRICT, produces="tenant", wide=True)
def remove_restricted(call: Call) -> Answer:
    tenant, role = fetch_tenant(call, own=True), _check_role(call.path["roleId"])
    if role not in tenant.restricted_roles:
        raise not_found(f"Role '{role}' is not restricted.")
    tenant.restricted_roles = [found for found in tenant.restricted_roles if found != role]
    return _restricted(call, tenant)
