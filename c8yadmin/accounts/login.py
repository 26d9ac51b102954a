"""Asking a tenant whether somebody is who they say, and telling what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import sdk
from c8yadmin.accounts.clients import client_for, patience, way_to
from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.core.request import Person
from c8yadmin.core.tenants import Tenant
from sdk import CumulocityClient


class NotHere(Exception):
    """The tenant signs people in only in ways that this console does not know; the text is for the user."""


class WrongCode(Exception):
    """Name and password were right, the two-factor code was not."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom the tenant accepted, with a `second_factor` or without."""

    credential: Credential
    person: Person
    second_factor: bool = False


def login(tenant: Tenant, username: str, password: str, code: str = "") -> Identity:
    """Let `tenant` check who this is: by OAI-Secure where it offers that, else by Basic.

    Raises sdk.MissingTfa when a code is wanted and none is given, WrongCode, NotHere, and every other
    sdk.C8yError as it comes.
    """
    offered = _offered(tenant)
    if "OAUTH2_INTERNAL" in offered:
        credential = _token(tenant, username, password, code)
    elif "BASIC" in offered:
        credential = Credential("basic", tenant.tenant_id, username, Secret(password))
    else:
        raise NotHere(
            f"{tenant.name} signs people in only by its single sign-on, which this console cannot use."
        )
    client = client_for(tenant, credential)
    try:
        person = whoami(client)
    except sdk.MissingTfa:
        raise NotHere(
            f"{tenant.name} wants a second factor, but offers no sign-in that could carry its code."
        ) from None
    if not credential.tenant_id:
        credential = _with_tenant_id(client, credential)
    _check_tenant(tenant, credential)
    return Identity(credential, person, second_factor=bool(code))


def whoami(client: CumulocityClient) -> Person:
    """The client's user with the effective roles: their own and those of their groups.

    Who may not read this is a person of unknown roles.
    """
    try:
        me = client.users.get_current()
    except sdk.Forbidden:
        return Person(client.username, client.username)
    name = me.username or client.username
    full_name = " ".join(part for part in (me.first_name, me.last_name) if part)
    return Person(name, full_name or name, frozenset(me.effective_roles))


def _offered(tenant: Tenant) -> set[str]:
    options = CumulocityClient.get_login_options(
        tenant.base_url, tenant.tenant_id or None, connector_factory=way_to(tenant), **patience()
    )
    return {str(option.get("type", "")).upper() for option in options}


def _token(tenant: Tenant, username: str, password: str, code: str) -> Credential:
    try:
        auth, _ = CumulocityClient.authenticate(
            tenant.base_url,
            tenant.tenant_id or None,
            username,
            password,
            code or None,
            connector_factory=way_to(tenant),
            **patience(),
        )
    except sdk.MissingTfa as refusal:
        if code:
            raise WrongCode from refusal
        raise
    return Credential(
        "token",
        auth.tenant_id or tenant.tenant_id,
        auth.username or username,
        Secret(auth.token),
        auth.expires_at,
    )


def _with_tenant_id(client: CumulocityClient, credential: Credential) -> Credential:
    try:
        tenant_id = client.tenants.get_current().id or ""
    except sdk.Forbidden:
        tenant_id = ""
    return Credential(credential.kind, tenant_id, credential.username, credential.secret)


def _check_tenant(tenant: Tenant, credential: Credential) -> None:
    if tenant.tenant_id and credential.tenant_id != tenant.tenant_id:
        raise NotHere(f"The address of {tenant.name} belongs to another tenant: {credential.tenant_id}.")


def explain(tenant: Tenant, error: Exception) -> tuple[int, str]:
    """The status and the sentence for what `login` raised."""
    match error:
        case NotHere():
            return 422, str(error)
        case WrongCode():
            return (
                401,
                f"{tenant.name} did not accept this code. It changes every 30 seconds: type the newest.",
            )
        case sdk.MissingTfa():
            return 401, f"{tenant.name} wants the code of your second factor as well."
        case sdk.Unauthorized():
            return 401, f"{tenant.name} did not accept this user name and password. {_words(error)}"
        case sdk.Forbidden():
            return 403, f"{tenant.name} does not let this user in. {_words(error)}"
        case sdk.RateLimited():
            return 429, f"{tenant.name} receives too many requests just now. Try again in a moment."
        case _:
            return _unavailable(tenant, error)


def _unavailable(tenant: Tenant, error: Exception) -> tuple[int, str]:
    match error:
        case sdk.Timeout():
            return 504, f"{tenant.name} did not answer in time. Nobody was signed in; try again in a moment."
        case sdk.Unreachable():
            return 502, f"{tenant.name} cannot be reached. Check its address and the network, or try later."
        case sdk.ServerError():
            return 502, f"{tenant.name} failed to answer. {_words(error)} Try again in a moment."
        case _:
            return 502, f"What answered at {tenant.base_url} is no Cumulocity tenant that can sign you in."


def _words(error: sdk.Refused) -> str:
    return f"Its words: “{error.message[:300]}”"
