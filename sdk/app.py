"""Clients for microservices: who to act as comes from their environment and from the requests they serve."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Self, Unpack

from sdk.cache import Cache
from sdk.client import CumulocityClient
from sdk.environment import bootstrap, variable
from sdk.errors import Unauthorized
from sdk.model.collection import spelled_out
from sdk.rest.auth import Auth, BasicAuth, BearerAuth, SessionAuth, parse_auth
from sdk.rest.options import ClientOptions
from sdk.rest.transport import Connector
from sdk.subscription_listener import SubscriptionListener


class _Options(ClientOptions, total=False):
    application_key: str | None
    processing_mode: str | None


class _Users:
    """Clients for the users whose requests a microservice serves."""

    _options: _Options
    _user_cache: Cache[CumulocityClient]

    def get_user_instance(
        self, headers: Mapping[str, str] | None = None, cookies: Mapping[str, str] | None = None
    ) -> CumulocityClient:
        """A client that acts as the user whose request this is.

        The tenant is asked who it is (GET /user/currentUser), once in a while: what a request says of itself
        proves nothing.

        Args:
            headers: those of the request; ``Authorization`` or ``Cookie`` are used.
            cookies: those of the request, where they are not among the headers.

        Raises:
            Unauthorized: when the request has no credentials, or wrong ones.
        """
        auth = _auth_of(headers or {}, cookies or {})
        secret = "\n".join(auth.headers("GET").values())
        # The key must not be of use to anybody who sees it.
        key = hashlib.sha256(secret.encode()).hexdigest()
        return self._user_cache.get(key, lambda: self._checked(auth))

    def _checked(self, auth: Auth) -> CumulocityClient:
        address, home = self._home()
        client = CumulocityClient(address, auth.get_tenant_id() or home, auth, **self._options)
        client.users.get_current()
        if not client.tenant_id:
            client.tenant_id = client.tenants.get_current().id or ""
        return client

    def _home(self) -> tuple[str, str]:
        """The platform's address, and the tenant of users who do not say theirs."""
        raise NotImplementedError

    def clear_user_cache(self, username: str | None = None) -> None:
        """Forget the clients of one user, or of all."""
        self._user_cache.drop(lambda _, client: username in {None, client.username})


def _auth_of(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Auth:
    known = {name.lower(): value for name, value in headers.items()}
    try:
        if known.get("authorization"):
            return parse_auth(known["authorization"])
        jar = dict(cookies) or {key: one.value for key, one in SimpleCookie(known.get("cookie", "")).items()}
        token = jar.get("authorization")
        if token:
            return SessionAuth(token, known.get("x-xsrf-token") or jar.get("XSRF-TOKEN"))
    except (ValueError, CookieError):
        pass
    raise Unauthorized("The request holds no credentials that can be understood.", status=401)


class SimpleCumulocityApp(_Users, CumulocityClient):
    """A client for a microservice of one tenant, signed in by its environment.

    Read are ``C8Y_BASEURL``, ``C8Y_TENANT``, and ``C8Y_TOKEN`` or ``C8Y_USER`` and ``C8Y_PASSWORD``;
    ``APPLICATION_KEY`` if there is one.

    Args:
        cache_size: of how many users clients are kept.
        cache_ttl: for how long, in seconds.
        options: further arguments of ``CumulocityClient``.

    Raises:
        ValueError: naming the variable that is missing.
    """

    @spelled_out
    def __init__(
        self,
        application_key: str | None = None,
        processing_mode: str | None = None,
        cache_size: int = 100,
        cache_ttl: float = 3600,
        **options: Unpack[ClientOptions],
    ) -> None:
        token = os.environ.get("C8Y_TOKEN")
        auth = BearerAuth(token) if token else BasicAuth(variable("C8Y_USER"), variable("C8Y_PASSWORD"))
        key = application_key or os.environ.get("APPLICATION_KEY")
        super().__init__(
            variable("C8Y_BASEURL"), variable("C8Y_TENANT"), auth, key, processing_mode, **options
        )
        options["connector_factory"] = lambda: self._channel.connector
        self._options = {**options, "application_key": key, "processing_mode": processing_mode}
        self._user_cache = Cache(cache_size, cache_ttl)

    def _home(self) -> tuple[str, str]:
        return self.base_url, self.tenant_id


class MultiTenantCumulocityApp(_Users):
    """Clients for a microservice of many tenants, for each of those that have subscribed to it.

    Read are ``C8Y_BASEURL``, ``C8Y_BOOTSTRAP_TENANT``, ``C8Y_BOOTSTRAP_USER`` and
    ``C8Y_BOOTSTRAP_PASSWORD``; ``APPLICATION_KEY`` if there is one. All clients share their connections.

    Args:
        cache_size: of how many tenants, and of how many users, clients are kept.
        cache_ttl: for how long, in seconds.
        options: further arguments of ``CumulocityClient``.

    Raises:
        ValueError: naming the variable that is missing.
    """

    @spelled_out
    def __init__(
        self,
        application_key: str | None = None,
        processing_mode: str | None = None,
        cache_size: int = 100,
        cache_ttl: float = 3600,
        **options: Unpack[ClientOptions],
    ) -> None:
        address, auth = variable("C8Y_BASEURL"), bootstrap()
        key = application_key or os.environ.get("APPLICATION_KEY")
        factory = options.pop("connector_factory", None)
        connector = factory() if factory else Connector(stock=options.pop("stock_adapter", False))
        self._own = connector if factory is None else None
        options["connector_factory"] = lambda: connector
        self._options = {**options, "application_key": key, "processing_mode": processing_mode}
        self.bootstrap_instance = CumulocityClient(address, "", auth, **self._options)
        self._user_cache = Cache(cache_size, cache_ttl)
        self._tenant_cache: Cache[CumulocityClient] = Cache(cache_size, cache_ttl)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the connector came from outside."""
        if self._own:
            self._own.close()

    def get_subscribers(self) -> list[str]:
        """The ids of the subscribed tenants (GET /application/currentApplication/subscriptions).

        Clients of tenants that are gone, or have new credentials, are forgotten.
        """
        known = self._credentials()
        self._tenant_cache.drop(
            lambda tenant, client: tenant not in known or not _same(known[tenant], client.auth)
        )
        return list(known)

    def get_tenant_instance(
        self,
        tenant_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
    ) -> CumulocityClient:
        """A client that acts as the microservice in a tenant.

        Args:
            tenant_id: which; that of the user whose request it is when left out.
            headers, cookies: those of the request, see ``get_user_instance``; the tenant is asked whose
                credentials these are, so a forged request opens no tenant.

        Raises:
            LookupError: when the tenant has not subscribed.
            Unauthorized: when the request has no credentials, or wrong ones.
        """
        tenant = tenant_id or self.get_user_instance(headers, cookies).tenant_id
        return self._tenant_cache.get(tenant, lambda: self._made(tenant))

    def clear_tenant_cache(self, tenant_id: str | None = None) -> None:
        """Forget the client of one tenant, or of all."""
        self._tenant_cache.drop(lambda tenant, _: tenant_id in {None, tenant})

    def create_subscription_listener(
        self,
        callback: Callable[[set[str]], object] | None = None,
        polling_interval: float = 60,
        startup_delay: float = 60,
    ) -> SubscriptionListener:
        """A listener that tells who subscribes and who leaves, see ``SubscriptionListener``."""
        return SubscriptionListener(self.get_subscribers, callback, polling_interval, startup_delay)

    def _credentials(self) -> dict[str, Auth]:
        found = self.bootstrap_instance.applications.get_current_subscriptions()
        return {one.tenant_id: one.auth for one in found if one.tenant_id}

    def _made(self, tenant: str) -> CumulocityClient:
        auth = self._credentials().get(tenant)
        if auth is None:
            raise LookupError(f"The tenant {tenant} has not subscribed to this application.")
        return CumulocityClient(self.bootstrap_instance.base_url, tenant, auth, **self._options)

    def _home(self) -> tuple[str, str]:
        return self.bootstrap_instance.base_url, ""


def _same(one: Auth, other: Auth | None) -> bool:
    return other is not None and one.build_auth_header() == other.build_auth_header()
