"""Access tokens of OAI-Secure (JWT), their sessions, and one-time codes (TOTP)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import struct
import time
from typing import TYPE_CHECKING, Any

from sdk.sandbox.call import Json, Refusal

if TYPE_CHECKING:
    from sdk.sandbox.store.tenant import Tenant

_HEADER = {"alg": "HS256", "typ": "JWT"}
STEP = 30


def unauthorized(message: str) -> Refusal:
    return Refusal(401, "security/Unauthorized", message)


def new_secret() -> str:
    """A base32 secret for one-time codes."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def totp(secret: str, at: float | None = None) -> str:
    """The six-digit code (RFC 6238) of a base32 secret at a Unix time, now by default."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    digest = hmac.digest(key, struct.pack(">Q", int((time.time() if at is None else at) // STEP)), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def totp_matches(secret: str, code: str) -> bool:
    """Whether the code is right now, or was one step ago, or will be one step ahead."""
    now = time.time()
    return any(hmac.compare_digest(totp(secret, now + drift), code) for drift in (-STEP, 0, STEP))


class Sessions:
    """Issues, checks and ends the tokens of all tenants; `key` signs them."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def open(self, tenant: Tenant, user: str, agent: str, tfa: bool) -> str:
        """Start a session and give its first token; the oldest session beyond the limit is terminated."""
        session: Json = {
            "id": secrets.token_hex(16),
            "started": time.time(),
            "xsrf": secrets.token_urlsafe(15),
        }
        session |= {"agent": agent, "tfa": tfa}
        sessions = tenant.sessions.setdefault(user, [])
        sessions.append(session)
        del sessions[: max(0, len(sessions) - tenant.session_rules.parallel)]
        return self.issue(tenant, user, session)

    def issue(self, tenant: Tenant, user: str, session: Json) -> str:
        """A new token of the session; the one before works for a little while longer."""
        issued = int(time.time())
        session |= {"jti": secrets.token_hex(8), "issued": time.time()}
        claims = {
            "iss": tenant.domain, "aud": tenant.domain, "sub": user, "ten": tenant.name, "tci": session["id"],
            "iat": issued, "nbf": issued, "exp": int(issued + tenant.session_rules.lifespan),
            "tfa": session["tfa"], "xsrfToken": session["xsrf"], "jti": session["jti"],
        }  # fmt: skip
        session["token"] = signed(claims, self._key)
        return str(session["token"])

    def claims(self, token: str) -> Json:
        """The claims of a token of ours that is not yet expired; 401 otherwise."""
        return claims_of(token, self._key)

    def session(self, tenant: Tenant, claims: Json) -> Json:
        """The session a token belongs to; 401 when it was terminated or its time is up."""
        rules, now = tenant.session_rules, time.time()
        for session in tenant.sessions.get(claims["sub"], ()):
            current = claims["jti"] == session["jti"] or session["issued"] + rules.grace > now
            if session["id"] == claims["tci"] and current and session["started"] + rules.absolute > now:
                return session
        raise unauthorized("SessionAuth: Token is terminated")

    def renewed(self, tenant: Tenant, claims: Json, session: Json) -> str | None:
        """A fresh token when this one has reached the renewal age; for an older one the latest."""
        if claims["iat"] + tenant.session_rules.renewal > time.time():
            return None
        return (
            self.issue(tenant, claims["sub"], session)
            if claims["jti"] == session["jti"]
            else str(session["token"])
        )


def signed(claims: Json, key: bytes) -> str:
    """A JWT of the claims."""
    content = f"{encoded(_HEADER)}.{encoded(claims)}"
    return f"{content}.{_signature(content, key)}"


def claims_of(token: str, key: bytes) -> Json:
    """The claims of a token that was signed with `key` and is not yet expired; 401 otherwise."""
    content, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(content, key).encode()):
        raise unauthorized("Invalid credentials! : Invalid token")
    claims: Json = json.loads(_decode(content.split(".")[1]))
    if claims["exp"] < time.time():
        raise unauthorized("Invalid credentials! : Token has expired")
    return claims


def encoded(part: Json) -> str:
    """A part of a JWT."""
    return _encode(json.dumps(part).encode())


def _signature(content: str, key: bytes) -> str:
    return _encode(hmac.digest(key, content.encode(), hashlib.sha256))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> Any:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise unauthorized("Invalid credentials! : Invalid token") from error
