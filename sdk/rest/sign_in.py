"""Signing in by OAI-Secure, and what a tenant offers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk.errors import BadAnswer
from sdk.rest import codec, media_types
from sdk.rest.auth import SessionAuth

if TYPE_CHECKING:
    from sdk.rest.client import CumulocityRestClient


def by_password(
    client: CumulocityRestClient, tenant_id: str | None, username: str, password: str, code: str | None
) -> SessionAuth:
    """Exchange a name, a password and perhaps a second factor for a session (POST /tenant/oauth).

    Args:
        client: without credentials of its own.

    Raises:
        BadAnswer: when the tenant accepts them and gives no token.
        C8yError: see ``CumulocityRestClient.authenticate``.
    """
    fields = {"grant_type": "PASSWORD", "username": username, "password": password, "tfa_code": code}
    body = codec.query_string(fields).encode()
    response = client.send(
        "POST", "/tenant/oauth", {"tenant_id": tenant_id or None}, body, media_types.JSON, media_types.FORM
    )
    token = response.cookies.get("authorization")
    if not token:
        raise BadAnswer("The tenant accepted the sign-in but gave no token.")
    return SessionAuth(token, response.cookies.get("XSRF-TOKEN"))


def options(client: CumulocityRestClient, tenant_id: str | None) -> list[dict[str, Any]]:
    """The ways to sign in (GET /tenant/loginOptions)."""
    found = client.get("/tenant/loginOptions", params={"tenantId": tenant_id or None})
    ways = found.get("loginOptions") if isinstance(found, dict) else None
    return [way for way in ways or [] if isinstance(way, dict)]
