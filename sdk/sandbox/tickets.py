"""The tokens of Notification 2.0: they open a WebSocket as one subscriber of one subscription."""

from __future__ import annotations

import secrets
import time

from sdk.sandbox.call import Json
from sdk.sandbox.tokens import claims_of, encoded, signed, unauthorized


class Tickets:
    """Issues and checks the tokens; `key` signs them. Of those without signature it knows its own."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._unsigned: dict[str, Json] = {}

    def issue(self, tenant: str, wish: Json, minutes: int) -> str:
        """A token for the wish (`subscriber`, `subscription`, `shared`, `nonPersistent`, `signed`)."""
        now = int(time.time())
        claims = {
            "sub": wish["subscriber"], "topic": f"{tenant}/relnotif/{wish['subscription']}",
            "jti": secrets.token_hex(16), "iat": now, "exp": now + 60 * minutes,
            "shared": wish.get("shared", False), "nonPersistent": wish.get("nonPersistent", False),
        }  # fmt: skip
        if wish.get("signed", True):
            return signed(claims, self._key)
        token = f"{encoded({'alg': 'none'})}.{encoded(claims)}."
        self._unsigned[token] = claims
        return token

    def claims(self, token: str) -> Json:
        """What the token says, with `ten` and `subscription`; 401 if it is not ours or has expired."""
        claims = self._unsigned.get(token) or claims_of(token, self._key)
        if claims["exp"] < time.time():
            raise unauthorized("Invalid credentials! : Token has expired")
        tenant, _, subscription = claims["topic"].split("/")
        return claims | {"ten": tenant, "subscription": subscription}
