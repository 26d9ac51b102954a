"""How a device joins a tenant: it waits for its credentials, then connects with them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Self, Unpack

from sdk import environment
from sdk.client import CumulocityClient
from sdk.errors import NotFound, RateLimited, ServerError, Timeout, Unreachable
from sdk.model.collection import spelled_out
from sdk.rest import codec, documents
from sdk.rest.auth import BasicAuth
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor
from sdk.rest.options import ClientOptions


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a device signs in with."""

    tenant_id: str
    username: str
    password: str = field(repr=False)

    @property
    def auth(self) -> BasicAuth:
        """The same as ``auth`` of a client."""
        return BasicAuth(f"{self.tenant_id}/{self.username}", self.password)


class DeviceRegistryClient(CumulocityRestClient):
    """The tenant as a device sees it before it has joined; signed in with the bootstrap credentials.

    See ``CumulocityRestClient`` for the arguments.
    """

    @classmethod
    @spelled_out
    def default(cls, **options: Unpack[ClientOptions]) -> Self:
        """A client made of ``C8Y_BASEURL`` and the bootstrap credentials of the environment.

        Read are ``C8Y_BOOTSTRAP_TENANT``, ``C8Y_BOOTSTRAP_USER`` and ``C8Y_BOOTSTRAP_PASSWORD``.

        Raises:
            ValueError: naming the variable that is missing.
        """
        return cls(environment.variable("C8Y_BASEURL"), "", environment.bootstrap(), **options)

    def await_credentials(
        self,
        device_id: str,
        timeout: codec.Age = "60m",
        pause: codec.Age = "1s",
        security_token: str | None = None,
    ) -> Credentials:
        """Ask for the device's credentials until it is accepted (POST /devicecontrol/deviceCredentials).

        The first call makes the expected device wait for acceptance.

        Args:
            device_id: the external id, e.g. the IMEI; not the id of a managed object.
            timeout: how long to wait, e.g. "60m", "1d" or a timedelta.
            pause: how long to pause between two calls.
            security_token: shown to whoever accepts, where the tenant wants it.

        Raises:
            Timeout: when it was not accepted in time.
            C8yError: for a refusal other than "not yet"; passing failures of the tenant are waited out.
        """
        until = time.monotonic() + codec.age(timeout).total_seconds()
        while True:
            found = self._ask(device_id, security_token)
            if found is not None:
                return found
            left = until - time.monotonic()
            if left <= 0:
                raise Timeout(f"The device {device_id} was not accepted in time.")
            time.sleep(min(left, codec.age(pause).total_seconds()))

    def await_connection(
        self, device_id: str, timeout: codec.Age = "60m", pause: codec.Age = "1s"
    ) -> CumulocityClient:
        """Wait for the device's credentials and connect with them; see ``await_credentials``.

        The connections of this client are used further.
        """
        given = self.await_credentials(device_id, timeout, pause)
        return CumulocityClient(
            self.base_url, given.tenant_id, given.auth, connector_factory=lambda: self._channel.connector
        )

    def _ask(self, device_id: str, security_token: str | None) -> Credentials | None:
        json = {"id": device_id} | ({"securityToken": security_token} if security_token else {})
        media = vendor("devicecredentials")
        try:
            found = self.post("/devicecontrol/deviceCredentials", json=json, accept=media, content_type=media)
        except (NotFound, RateLimited, ServerError, Unreachable, Timeout):
            return None
        if not found.get("password"):
            return None
        return Credentials(*(str(documents.part(found, key)) for key in ("tenantId", "username", "password")))


# The name in the platform's first SDK.
CumulocityDeviceRegistry = DeviceRegistryClient
