"""Who leads through the tours: the sandbox, and clients of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import sdk
from sdk import CumulocityClient
from sdk.sandbox import Sandbox

TIME = "2026-01-01T00:00:00Z"
PASSWORD = "Secret-123!"
SINGLE_SIGN_ON = {
    "type": "OAUTH2",
    "grantType": "AUTHORIZATION_CODE",
    "providerName": "azure",
    "clientId": "c",
    "issuer": "https://idp.example",
    "redirectToPlatform": "https://acme.sandbox",
    "buttonName": "Azure",
    "audience": "https://acme.sandbox",
    "userIdConfig": {"useConstantValue": False, "jwtField": "sub"},
    "template": "CUSTOM",
    "visibleOnLoginPage": True,
}


@dataclass(frozen=True)
class Guide:
    """Who leads through: the sandbox, and clients of it."""

    sandbox: Sandbox
    connect: Callable[..., CumulocityClient]

    @cached_property
    def c8y(self) -> CumulocityClient:
        return self.connect()

    @property
    def management(self) -> CumulocityClient:
        known = self.sandbox.management
        auth = sdk.BasicAuth(f"management/{known['user']}", known["password"])
        return self.connect(tenant="management", auth=auth)

    def later(self) -> None:
        """So much time passes that the tenant counts anew."""
        self.sandbox.tenant("acme").totals.forget()

    def device(self, name: str = "pump") -> sdk.Device:
        return sdk.Device(self.c8y, type="c8y_Pump", name=name, com_cumulocity_model_Agent={}).create()
