"""Clients that act as a tenant's user, over one connection pool per process and tenant."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from requests.adapters import BaseAdapter

from c8yadmin.accounts.addresses import is_public
from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.tenants import Tenant
from sdk import Auth, BasicAuth, Connector, CumulocityClient, SessionAuth


def connector(tenant: Tenant) -> BaseAdapter:
    """The pool of connections to `tenant`, shared by all its clients in this process.

    Where users type the host name, every address that it resolves to must be public, and the very address
    that was checked is dialled: nobody reaches the console's own network through it.
    """
    return _connector(tenant.base_url, tenant.private, os.getpid())


def way_to(tenant: Tenant) -> Callable[[], BaseAdapter]:
    """What the SDK asks for its connector, by `settings.TENANT_CONNECTOR`."""
    made_by = import_string(settings.TENANT_CONNECTOR)
    return lambda: made_by(tenant)


def client_for(
    tenant: Tenant,
    credential: Credential,
    on_renewal: Callable[[str], None] | None = None,
    **options: Any,
) -> CumulocityClient:
    """A client that acts as the credential's user.

    `on_renewal(token)` is called in the thread of the request whose answer brought a new token. `options` are
    further arguments of `sdk.CumulocityClient`; without them calls wait as long as a person would.
    """
    secret = credential.secret.reveal()
    if credential.kind == "token":
        auth: Auth = SessionAuth(secret, on_renewal=on_renewal)
    else:
        auth = BasicAuth(credential.username, secret)
    return CumulocityClient(
        tenant.base_url,
        credential.tenant_id or tenant.tenant_id,
        auth,
        connector_factory=way_to(tenant),
        **(patience() | options),
    )


def patience() -> dict[str, Any]:
    """The SDK's limits for a call that a person waits for."""
    seconds = settings.TENANT_SECONDS
    return {"timeout": (min(5, seconds), seconds), "deadline": seconds}


@lru_cache(maxsize=256)
def _connector(base_url: str, private: bool, process: int) -> Connector:
    # By process, so that a forked child never shares its parent's connections.
    return Connector(address_check=None if private else is_public)
