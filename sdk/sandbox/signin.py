"""Who calls, and which tenant: Basic `tenant/user`, a bearer token, or the cookie with its XSRF header."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from sdk.sandbox import times
from sdk.sandbox.call import Json, Refusal
from sdk.sandbox.store.login_options import is_forbidden
from sdk.sandbox.tokens import totp_matches, unauthorized

if TYPE_CHECKING:
    from sdk.sandbox.platform import Sandbox
    from sdk.sandbox.store.tenant import Tenant

CHANGING = ("POST", "PUT", "DELETE")
WRONG = "Invalid credentials! : Bad credentials"


@dataclass(slots=True)
class Caller:
    """The signed-in user: name and effective global roles; `fresh` is a renewed token to hand out."""

    name: str
    roles: frozenset[str] = frozenset()
    session: Json | None = None
    fresh: str | None = None
    grants: list[tuple[str, list[Json]]] | None = field(default=None, repr=False)


def tenant_of(sandbox: Sandbox, headers: Mapping[str, str], query: Mapping[str, list[str]]) -> Tenant | None:
    """The tenant that the credentials, the query or the host name tell; None if none does."""
    name = _named_by_credentials(sandbox, headers)
    if name is None:
        named = query.get("tenant_id") or query.get("tenantId")
        name = named[0] if named else headers.get("host", "").split(":")[0].split(".")[0]
    return sandbox.tenants.get(name) or _with_domain(sandbox, name)


def _with_domain(sandbox: Sandbox, label: str) -> Tenant | None:
    found = list(sandbox.tenants.values())
    return next((tenant for tenant in found if tenant.domain.split(".")[0] == label), None)


def _named_by_credentials(sandbox: Sandbox, headers: Mapping[str, str]) -> str | None:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        user, _ = _basic(value)
        return user.split("/", 1)[0] if "/" in user else None
    token = _token(headers)
    return str(sandbox.sessions.claims(token)["ten"]) if token else None


def caller_of(sandbox: Sandbox, tenant: Tenant, method: str, headers: Mapping[str, str]) -> Caller:
    """Check the credentials of a call; 401 with the platform's words when they do not do."""
    if tenant.profile.get("status") == "SUSPENDED":
        raise unauthorized("Invalid credentials! : Tenant is suspended")
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        user, password = _basic(value)
        name = user.split("/", 1)[-1]
        if is_forbidden(_restrictions(tenant), headers.get("user-agent", "")):
            raise unauthorized("Basic authentication is not allowed for this client")
        check_password(tenant, name, password, headers.get("tfatoken", ""))
        return Caller(name, tenant.access.roles_of(name))
    token = _token(headers)
    if not token:
        raise unauthorized("Full authentication is required to access this resource")
    claims = sandbox.sessions.claims(token)
    if claims["ten"] != tenant.name:
        raise unauthorized(WRONG)
    session = sandbox.sessions.session(tenant, claims)
    if tenant.session_rules.same_agent and session["agent"] != headers.get("user-agent", ""):
        raise unauthorized("SessionAuth: The session belongs to another client")
    _check_enabled(tenant, claims["sub"])
    by_cookie = scheme.lower() != "bearer"
    if by_cookie and method in CHANGING and headers.get("x-xsrf-token") != claims["xsrfToken"]:
        raise unauthorized("XSRF token is missing or does not match")
    fresh = sandbox.sessions.renewed(tenant, claims, session)
    return Caller(claims["sub"], tenant.access.roles_of(claims["sub"]), session, fresh)


def _restrictions(tenant: Tenant) -> Json:
    found: Json = tenant.login_options.get("BASIC", {}).get("authenticationRestrictions", {})
    return found


def check_password(tenant: Tenant, name: str, password: str, code: str) -> bool:
    """Check name, password and one-time code; True when a code was needed. 401 tells a missing code apart."""
    expected = tenant.passwords.get(name)
    if expected is None or not hmac.compare_digest(expected.encode(), password.encode()):
        raise unauthorized(WRONG)
    _check_enabled(tenant, name)
    factor = tenant.totp.get(name)
    if not factor or not factor["active"]:
        return False
    if not code or code == "undefined":
        raise unauthorized("TFA TOTP code required")
    if not totp_matches(factor["secret"], code):
        raise unauthorized("TFA TOTP code is invalid")
    factor["last"] = times.now()
    return True


def _check_enabled(tenant: Tenant, name: str) -> None:
    if not tenant.users.get(name, {}).get("enabled"):
        raise unauthorized("Invalid credentials! : User is disabled")


def named_by_password(headers: Mapping[str, str]) -> tuple[str, str]:
    """Name and password of Basic authentication as they were sent; 401 if there are none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise unauthorized("Full authentication is required to access this resource")
    name, password = _basic(value)
    return name.split("/", 1)[-1], password


def _basic(value: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:  # what is no base64, or holds no text
        raise unauthorized(WRONG) from error
    return user, password


def _token(headers: Mapping[str, str]) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies["authorization"].value if "authorization" in cookies and not scheme else ""


def names_of(sandbox: Sandbox, headers: Mapping[str, str]) -> tuple[str, str]:
    """The names of tenant and user that the credentials tell, unchecked; empty where they tell none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    host = headers.get("host", "").split(":")[0].split(".")[0]
    try:
        if scheme.lower() == "basic":
            tenant, _, user = _basic(value)[0].rpartition("/")
            return tenant or host, user
        token = _token(headers)
        claims = sandbox.sessions.claims(token) if token else {"ten": host, "sub": ""}
    except Refusal:
        return host, ""
    return str(claims["ten"]), str(claims["sub"])


def cookie(name: str, value: str, http_only: bool = False) -> tuple[str, str]:
    return "Set-Cookie", f"{name}={value}; Path=/" + ("; HttpOnly" if http_only else "")
