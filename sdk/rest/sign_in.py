"""Signing in by OAI-Secure, and what a tenant offers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk.errors import BadAnswer
from sdk.rest import codec, documents, media_types
from sdk.rest.auth import BearerAuth, SessionAuth

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
    body = _form(username, password, code)
    response = client.send(
        "POST", "/tenant/oauth", {"tenant_id": tenant_id or None}, body, media_types.JSON, media_types.FORM
    )
    token = response.cookies.get("authorization")
    if not token:
        raise BadAnswer("The tenant accepted the sign-in but gave no token.")
    return SessionAuth(token, response.cookies.get("XSRF-TOKEN"))


def for_token(
    client: CumulocityRestClient, tenant_id: str | None, username: str, password: str, code: str | None
) -> BearerAuth:
    """The same for a token that no cookie carries (POST /tenant/oauth/token)."""
    body = _form(username, password, code)
    place, query = "/tenant/oauth/token", {"tenant_id": tenant_id or None}
    response = client.send("POST", place, query, body, media_types.JSON, media_types.FORM)
    return BearerAuth(str(documents.part(documents.load_json(response.content), "access_token")))


def _form(username: str, password: str, code: str | None) -> bytes:
    fields = {"grant_type": "PASSWORD", "username": username, "password": password, "tfa_code": code}
    return codec.query_string(fields).encode()


def options(client: CumulocityRestClient, tenant_id: str | None) -> list[dict[str, Any]]:
    """The ways to sign in (GET /tenant/loginOptions)."""
    found = client.get("/tenant/loginOptions", params={"tenantId": tenant_id or None})
    ways = found.get("loginOptions") if isinstance(found, dict) else None
    return [way for way in ways or [] if isinstance(way, dict)]
