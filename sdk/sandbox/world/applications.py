"""The applications of a fresh platform: those of the platform itself, and some of a tenant."""

from __future__ import annotations

from collections.abc import Mapping

from sdk.sandbox.call import Json
from sdk.sandbox.store.applications import EXTERNAL, HOSTED, MICROSERVICE, Applications
from sdk.sandbox.store.tenant import Tenant

_STANDARD = {
    "cockpit": "Cockpit", "devicemanagement": "Device management", "administration": "Administration"
}  # fmt: skip
WEATHER_ROLES = ["ROLE_INVENTORY_READ", "ROLE_OPTION_MANAGEMENT_READ", "ROLE_MEASUREMENT_ADMIN"]


def build_applications(applications: Applications, tenants: Mapping[str, Tenant], at: str) -> None:
    """Fill in the applications and subscribe the tenants; each tenant exists since `at`."""
    own = [tenant for name, tenant in tenants.items() if name != "management"]
    for tenant in own:
        company = {
            "company": f"{tenant.name.title()} AG",
            "contactName": "Ada Adminson",
            "adminName": "admin",
        }
        company |= {"adminEmail": f"admin@{tenant.domain}", "parent": "management", "status": "ACTIVE"}
        tenant.profile |= company | {"creationTime": at, "customProperties": {}, "allowCreateTenants": False}
    for name, title in _STANDARD.items():
        document = {"name": name, "key": f"{name}-application-key", "contextPath": name, "description": title}
        app = applications.create(
            tenants["management"], document | {"type": HOSTED, "availability": "MARKET"}
        )
        for tenant in own:
            applications.subscribe(app, tenant)
    _build_of(applications, tenants["acme"], own)
    for tenant in own:
        for user in tenant.service_users:
            tenant.users[user]["lastPasswordChange"] = at


def _build_of(applications: Applications, acme: Tenant, own: list[Tenant]) -> None:
    """A microservice that both tenants use, and an external application of one."""
    manifest: Json = {"apiVersion": "v2", "version": "1.4.2", "isolation": "MULTI_TENANT"}
    manifest |= {
        "settingsCategory": "c8y.weather",
        "requiredRoles": WEATHER_ROLES,
        "billingMode": "RESOURCES",
    }
    weather: Json = {"name": "weather", "key": "weather-key", "contextPath": "weather", "manifest": manifest}
    app = applications.create(acme, weather | {"type": MICROSERVICE, "availability": "MARKET"})
    for tenant in own:
        applications.subscribe(app, tenant)
    erp = {"name": "erp-bridge", "key": "erp-bridge-key", "type": EXTERNAL, "availability": "PRIVATE"}
    applications.subscribe(applications.create(acme, erp), acme)
