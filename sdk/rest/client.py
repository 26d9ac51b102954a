"""The REST client: verbs with JSON in and out, signed in, bounded, timed, repeated where that is safe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from sdk.rest import codec, files, sign_in
from sdk.rest.auth import Auth, BearerAuth, SessionAuth
from sdk.rest.channel import Channel
from sdk.rest.downloads import Download
from sdk.rest.options import ProcessingMode, Units, units_of
from sdk.rest.retry import RetryPolicy
from sdk.rest.transport import Connector
from sdk.rest.variants import Variants
from sdk.rest.verbs import Verbs

USER_AGENT: Final = "cumulocity-sync-sdk/0.1"  # constant: a session may be bound to it
_MODIFYING = frozenset({"POST", "PUT", "DELETE", "PATCH"})
_Factory = Callable[[], BaseAdapter]


class CumulocityRestClient(Verbs, Variants):
    """Plain access to a tenant's REST API.

    Args:
        base_url: the tenant's address, e.g. ``https://acme.cumulocity.com``.
        tenant_id: the tenant's id; "" when it is not known (the host then decides).
        auth: who to act as.
        application_key: sent with every request when given.
        processing_mode: see ``ProcessingMode``; sent with modifying requests when given.
        connector_factory: makes the requests adapter to use; what it makes may be shared and is never closed
            here. An own ``Connector`` when left out.
        semaphore: bounds the requests in flight, file transfers included.
        timeout: seconds to connect, and to wait for each piece of an answer.
        deadline: seconds for one call in all, its repetitions and pauses included; None for no bound.
        retry: what is repeated and when, see ``RetryPolicy``.
        on_request: called with the prepared request before every attempt; it holds credentials.
        on_response: called with every answer.
        method_tunnelling: send PUT, PATCH and DELETE as POST with ``X-HTTP-METHOD``, for gateways that let
            nothing else through.
        stock_adapter: use the adapter of ``requests`` itself instead of the SDK's own, which is quicker; a
            ``connector_factory`` comes first.
        system_of_units: "imperial" or "metric": what the platform converts measurements to that are read;
            None for the units they were sent in.

    Threads may share a client.
    """

    def __init__(
        self,
        base_url: str,
        tenant_id: str,
        auth: Auth | None,
        application_key: str | None = None,
        processing_mode: str | None = None,
        connector_factory: _Factory | None = None,
        semaphore: threading.Semaphore | None = None,
        *,
        timeout: tuple[float, float] = (5, 30),
        deadline: float | None = 60,
        retry: RetryPolicy | None = None,
        on_request: Callable[[requests.PreparedRequest], None] | None = None,
        on_response: Callable[[requests.Response], None] | None = None,
        method_tunnelling: bool = False,
        stock_adapter: bool = False,
        system_of_units: Units | None = None,
    ) -> None:
        if isinstance(auth, str):
            raise TypeError("A user and a password are given together: auth=BasicAuth(user, password).")
        self.base_url = codec.base_url(base_url)
        self.tenant_id = tenant_id or (auth.get_tenant_id() if auth else "")
        self.auth = auth.bound_to(self.tenant_id) if auth else None
        self.application_key = application_key
        self.processing_mode = ProcessingMode(processing_mode) if processing_mode else None
        self.system_of_units = units_of(system_of_units)
        self._own = connector_factory is None
        self._channel = Channel(
            connector=connector_factory() if connector_factory else Connector(stock=stock_adapter),
            host=urlsplit(self.base_url).netloc,
            auth=self.auth,
            timeout=timeout,
            deadline=deadline,
            retry=retry or RetryPolicy(),
            semaphore=semaphore,
            on_request=on_request,
            on_response=on_response,
            tunnelled=method_tunnelling,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url}, {self.tenant_id}/{self.username})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless the connector came from outside."""
        if self._own:
            self._channel.connector.close()

    @property
    def username(self) -> str:
        """The name of the user acted as, "" when it is not known."""
        return self.auth.get_username() if self.auth else ""

    def send(
        self,
        method: str,
        resource: str,
        params: codec.Params = (),
        body: bytes | files.Body | None = None,
        accept: str | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request and give back its successful answer.

        Args:
            resource, params, accept: see ``get``.
            body: what is sent, as it is.
            content_type: its media type.
            headers: further ones.

        Raises:
            C8yError: see ``sdk.errors``.
        """
        query = codec.query_string(params)
        target = codec.resource_path(resource)
        if query:
            target += ("&" if "?" in target else "?") + query
        fields = self._headers(method, accept, content_type)
        if headers:
            fields.update(headers)
        return self._channel.call(method, self.base_url + target, fields, body)

    def stream_file(
        self, resource: str, params: codec.Params | None = None, *, accept: str = "*/*", start: int = 0
    ) -> Download:
        """GET a file piece by piece, for a ``with`` statement; see ``Download``.

        Args:
            start: the first byte that is wanted.

        Raises:
            C8yError: see ``sdk.errors``.
        """
        return Download(self, resource, params or (), accept=accept, start=start)

    def _headers(self, method: str, accept: str | None, content_type: str | None) -> dict[str, str]:
        found = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
        if accept:
            found["Accept"] = accept
        if content_type:
            found["Content-Type"] = content_type
        if self.application_key:
            found["X-Cumulocity-Application-Key"] = self.application_key
        if self.processing_mode and method in _MODIFYING:
            found["X-Cumulocity-Processing-Mode"] = self.processing_mode
        if self.system_of_units and method == "GET":
            found["X-Cumulocity-System-Of-Units"] = self.system_of_units
        return found

    @classmethod
    def authenticate(
        cls,
        base_url: str,
        tenant_id: str | None,
        username: str,
        password: str,
        tfa_token: str | None = None,
        *,
        connector_factory: _Factory | None = None,
        timeout: tuple[float, float] = (5, 30),
        deadline: float | None = 60,
        on_renewal: Callable[[str], None] | None = None,
    ) -> tuple[SessionAuth, str | None]:
        """Sign in by OAI-Secure (POST /tenant/oauth).

        Args:
            tenant_id: the tenant's id; the host decides when it is empty.
            tfa_token: the code of the second factor, when the tenant wants one.
            on_renewal: see ``SessionAuth``.

        Returns:
            The session to use as ``auth``, and its XSRF token.

        Raises:
            MissingTfa: when a code is wanted (or the given one is wrong and the tenant says so).
            Unauthorized: for a wrong name or password.
            BadAnswer: when the tenant signs in without giving a token.
            C8yError: see ``sdk.errors``.
        """
        with cls(
            base_url, "", None, connector_factory=connector_factory, timeout=timeout, deadline=deadline
        ) as client:
            auth = sign_in.by_password(client, tenant_id, username, password, tfa_token)
        auth.on_renewal = on_renewal
        return auth, auth.xsrf

    @classmethod
    def get_token(
        cls,
        base_url: str,
        tenant_id: str | None,
        username: str,
        password: str,
        tfa_token: str | None = None,
        *,
        connector_factory: _Factory | None = None,
        timeout: tuple[float, float] = (5, 30),
        deadline: float | None = 60,
    ) -> BearerAuth:
        """Sign in for a token that does not renew itself (POST /tenant/oauth/token); see ``authenticate``.

        Raises:
            MissingTfa, Unauthorized, BadAnswer: see ``authenticate``.
        """
        with cls(
            base_url, "", None, connector_factory=connector_factory, timeout=timeout, deadline=deadline
        ) as client:
            return sign_in.for_token(client, tenant_id, username, password, tfa_token)

    @classmethod
    def get_login_options(
        cls,
        base_url: str,
        tenant_id: str | None = None,
        *,
        connector_factory: _Factory | None = None,
        timeout: tuple[float, float] = (5, 30),
        deadline: float | None = 60,
    ) -> list[dict[str, Any]]:
        """The ways a tenant lets people sign in (GET /tenant/loginOptions), asked without credentials.

        Returns:
            One dict per way; ``type`` is BASIC, OAUTH2_INTERNAL (OAI-Secure) or OAUTH2 (single sign-on).
        """
        with cls(
            base_url, "", None, connector_factory=connector_factory, timeout=timeout, deadline=deadline
        ) as client:
            return sign_in.options(client, tenant_id)
