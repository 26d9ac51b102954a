"""What the platform gives a container, as the console's own settings."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sdk import ApplicationSetting, CumulocityClient, MultiTenantCumulocityApp, SimpleCumulocityApp

ISOLATION = "PER_TENANT"
SETTING = re.compile(r"(?:credentials\.)?(C8YADMIN_\w+|DATABASE_URL|REDIS_URL)")
# Without these, what is kept would end with the container.
NEEDED = ("DATABASE_URL", "REDIS_URL", "C8YADMIN_SECRET_KEY", "C8YADMIN_ENCRYPTION_KEYS")
INSIDE = ".svc.cluster.local"  # the gateway calls the container by its name in the cluster


class Misplaced(Exception):
    """The console cannot run as this microservice; the text says why and what to do."""


def settings(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The console's environment: derived from the platform's, then tenant options, then the container's own.

    GET /tenant/currentTenant and /application/currentApplication/settings as the service user, and
    /application/currentApplication as the bootstrap user. Raises Misplaced, C8yError, and ValueError where
    the platform's variables are missing.
    """
    own = os.environ if variables is None else variables
    if own.get("C8Y_MICROSERVICE_ISOLATION") != ISOLATION:
        raise Misplaced(f'The manifest must say "isolation": "{ISOLATION}": one console, one tenant.')
    with MultiTenantCumulocityApp() as app:
        path = prefix(app.bootstrap_instance)
    with SimpleCumulocityApp() as service:
        domain = service.tenants.get_current().domain or service.tenant_id
        found = options(service.applications.get_current_settings())
    given = {name: value for name, value in own.items() if SETTING.fullmatch(name)}
    complete = derived(own, path, domain) | found | given
    if missing := [name for name in NEEDED if not complete.get(name)]:
        category = path.rpartition("/")[2]
        raise Misplaced(f"Tenant options are missing in category {category}: {', '.join(missing)}.")
    return complete


def prefix(bootstrap: CumulocityClient) -> str:
    """Where the gateway has this microservice (GET /application/currentApplication)."""
    application = bootstrap.applications.get_current()
    return f"/service/{application.context_path or application.name}"


def options(found: Iterable[ApplicationSetting]) -> dict[str, str]:
    """The console's settings among the tenant options; the prefix of encrypted ones is taken off."""
    pairs = ((SETTING.fullmatch(one.key or ""), one.get("value") or one.default_value) for one in found)
    return {name[1]: value for name, value in pairs if name and value}


def derived(own: Mapping[str, str], path: str, domain: str) -> dict[str, str]:
    """What needs no setting: the one tenant, its service user, and how browsers come."""
    tenant: dict[str, Any] = {"slug": own["C8Y_TENANT"], "name": domain, "tenant_id": own["C8Y_TENANT"]}
    service = {"user": own["C8Y_USER"], "password": own["C8Y_PASSWORD"]}
    return {
        "C8YADMIN_PATH_PREFIX": path,
        "C8YADMIN_ALLOWED_HOSTS": INSIDE,
        "C8YADMIN_TRUSTED_ORIGINS": f"https://{domain}",
        "C8YADMIN_HTTPS": "true",
        "C8YADMIN_TENANTS": json.dumps([tenant | {"base_url": own["C8Y_BASEURL"]}]),
        "C8YADMIN_SERVICE_USERS": json.dumps({own["C8Y_TENANT"]: service}),
    }
