"""A client for notebooks and scripts: what is not given comes from the environment, or is asked for."""

from __future__ import annotations

import getpass
import os
from typing import Final, Unpack

from sdk.client import CumulocityClient
from sdk.errors import MissingTfa
from sdk.model.collection import spelled_out
from sdk.rest.auth import BasicAuth, BearerAuth
from sdk.rest.options import ClientOptions

_QUESTIONS: Final = {
    "C8Y_BASEURL": "Address of the tenant: ",
    "C8Y_USER": "User name: ",
    "C8Y_PASSWORD": "Password: ",
}


@spelled_out
def get_client(
    base_url: str | None = None,
    tenant_id: str | None = None,
    username: str | None = None,
    password: str | None = None,
    tfa_token: str | None = None,
    *,
    token: str | None = None,
    interactive: bool = True,
    **options: Unpack[ClientOptions],
) -> CumulocityClient:
    """A client from what is given, the environment, and questions for what is still missing.

    Read are ``C8Y_BASEURL``, ``C8Y_TENANT``, ``C8Y_USER``, ``C8Y_PASSWORD`` and ``C8Y_TOKEN``.

    Args:
        base_url: the tenant's address; https is meant where it names no scheme.
        tfa_token: the code of the second factor; it signs in with a session (OAI-Secure).
        token: used instead of name and password.
        interactive: whether to ask for what is missing, and to try the sign-in; a server must not.
        options: further arguments of ``CumulocityClient``.

    Raises:
        ValueError: naming what is missing where nobody can be asked.
        C8yError: when the sign-in fails.
    """
    address = _wanted("C8Y_BASEURL", base_url, interactive)
    address = address if "://" in address else f"https://{address}"
    tenant = tenant_id or os.environ.get("C8Y_TENANT", "")
    token = token or (None if username or password else os.environ.get("C8Y_TOKEN"))
    if token:
        return CumulocityClient(address, tenant, BearerAuth(token), **options)
    name = _wanted("C8Y_USER", username, interactive)
    secret = _wanted("C8Y_PASSWORD", password, interactive)
    if tfa_token:
        return _with_session(address, tenant, name, secret, tfa_token, options)
    client = CumulocityClient(address, tenant, BasicAuth(name, secret), **options)
    return _tried(client, name, secret, options) if interactive else client


def _wanted(variable: str, given: str | None, interactive: bool) -> str:
    found = given or os.environ.get(variable)
    if not found and interactive:
        ask = getpass.getpass if variable == "C8Y_PASSWORD" else input
        try:
            found = ask(_QUESTIONS[variable]).strip()
        except EOFError:
            found = None
    if not found:
        raise ValueError(f"{variable} is not set, and nothing else tells it.")
    return found


def _tried(client: CumulocityClient, name: str, secret: str, options: ClientOptions) -> CumulocityClient:
    """The client if it is let in; else one with a session, as a second factor wants it."""
    try:
        client.users.get_current()
    except MissingTfa:
        code = getpass.getpass("Code of the second factor: ").strip()
        return _with_session(client.base_url, client.tenant_id, name, secret, code, options)
    return client


def _with_session(
    address: str, tenant: str, name: str, secret: str, code: str, options: ClientOptions
) -> CumulocityClient:
    auth, _ = CumulocityClient.authenticate(
        address,
        tenant or None,
        name,
        secret,
        code,
        connector_factory=options.get("connector_factory"),
        timeout=options.get("timeout", (5, 30)),
        deadline=options.get("deadline", 60),
    )
    return CumulocityClient(address, tenant, auth, **options)
