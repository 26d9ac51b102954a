"""The current user's second factor and password."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Callable

import pytest

from sdk import BearerAuth, CumulocityClient, CurrentUser, Forbidden, NotFound
from sdk.sandbox import Sandbox
from tests.sdk.server import Serving, lines

Connect = Callable[..., CumulocityClient]


def code_of(secret: str, at: float | None = None) -> str:
    """The code that an authenticator shows (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    moment = struct.pack(">Q", int(time.time() if at is None else at) // 30)
    digest = hmac.new(key, moment, hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture
def me(sandbox: Sandbox, connect: Connect) -> CurrentUser:
    """The operator in a session, which stays when a second factor is wanted from the next sign-in on."""
    password = sandbox.credentials["acme"]["operator"]["password"]
    place = {"connector_factory": sandbox.adapter}
    auth, _ = CumulocityClient.authenticate("http://acme.sandbox", "acme", "operator", password, **place)
    return connect(auth=auth).users.get_current()


def test_a_second_factor_is_set_up_checked_and_taken_into_use(me: CurrentUser) -> None:
    assert me.get_totp_enabled() is False
    with pytest.raises(NotFound):
        me.get_totp_activity()
    secret = me.generate_totp_secret()
    raw = str(secret.raw_secret)
    assert secret.uri("me@x", "My Tenant") == (
        f"otpauth://totp/My%20Tenant:me%40x?secret={raw}&issuer=My%20Tenant"
    )
    assert raw not in repr(secret) + str(secret)
    assert me.is_valid_totp(code_of(raw))
    wrong = code_of(raw, time.time() + 3600)
    assert not me.is_valid_totp(wrong)
    with pytest.raises(Forbidden):
        me.verify_totp(wrong)
    assert me.get_totp_activity() is False
    me.enable_totp()
    assert me.get_totp_enabled() is True
    with pytest.raises(Forbidden, match="deactivate"):
        me.disable_totp()
    assert me.get_tfa_settings().strategy == "TOTP"


def test_somebody_else_takes_a_second_factor_away(me: CurrentUser, c8y: CumulocityClient) -> None:
    me.generate_totp_secret()
    me.enable_totp()
    c8y.users.revoke_totp_secret("operator")
    assert me.get_totp_enabled() is False


def test_the_own_secret_is_addressed_by_the_own_name(serving: Serving) -> None:
    server, c8y = serving({"id": "me", "userName": "me"}, {})
    c8y.users.get_current().revoke_totp_secret()
    assert lines(server)[1] == "DELETE /user/t1/users/me/totpSecret/revoke"


def test_the_tenants_second_factor(c8y: CumulocityClient) -> None:
    c8y.users.set_tenant_tfa("SMS")
    assert c8y.users.get_tenant_tfa().strategy == "SMS"


def test_a_client_goes_on_with_the_password_it_changed(sandbox: Sandbox, connect: Connect) -> None:
    old = sandbox.credentials["acme"]["operator"]["password"]
    c8y = connect("operator")
    c8y.users.set_current_password(old, "Another-456!")
    assert c8y.users.get_current().username == "operator"
    c8y.users.get_current().update_password("Another-456!", "Third-789!")
    assert c8y.users.get_current().username == "operator"


def test_a_token_stays_as_it_is_when_the_password_changes(serving: Serving) -> None:
    server, _ = serving({})
    auth = BearerAuth("a.b.c")
    with CumulocityClient(server.url, "t1", auth) as c8y:
        c8y.users.set_current_password("old", "new")
        assert c8y.auth is auth
        assert auth.token == "a.b.c"
