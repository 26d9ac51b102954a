"""Signing in: Basic, tokens, sessions that renew themselves, second factors."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest

from sdk import (
    JWT,
    BadAnswer,
    BasicAuth,
    BearerAuth,
    CumulocityClient,
    ManagedObject,
    MissingTfa,
    SessionAuth,
    Unauthorized,
    bulk,
    parse_auth,
)
from sdk.sandbox import Sandbox
from tests.sdk.server import Server, answer

Connect = Callable[..., CumulocityClient]


def jwt(**claims: Any) -> str:
    """A token with these claims; the signature is of no matter here."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)] + [b"signature"]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def totp(secret: str) -> str:
    """The code an authenticator app shows now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def sign_in(sandbox: Sandbox, user: str = "admin", code: str | None = None) -> SessionAuth:
    password = sandbox.credentials["acme"][user]["password"]
    auth, xsrf = CumulocityClient.authenticate(
        "http://acme.sandbox", "acme", user, password, code, connector_factory=sandbox.adapter
    )
    assert xsrf == auth.xsrf
    return auth


def test_the_tenant_tells_how_to_sign_in(sandbox: Sandbox) -> None:
    options = CumulocityClient.get_login_options("http://acme.sandbox", connector_factory=sandbox.adapter)
    assert "OAUTH2_INTERNAL" in {one["type"] for one in options}


def test_a_session_reads_and_writes(sandbox: Sandbox, connect: Connect) -> None:
    auth = sign_in(sandbox)
    assert (auth.username, auth.tenant_id) == ("admin", "acme")
    assert auth.expires_at is not None
    c8y = connect(auth=auth)
    assert c8y.username == "admin"
    assert c8y.users.get_current().username == "admin"
    ManagedObject(c8y, name="made in a session").create()
    assert c8y.inventory.get_count(name="made in a session") == 1


def test_a_session_can_be_stored_as_its_token_alone(sandbox: Sandbox, connect: Connect) -> None:
    c8y = connect(auth=SessionAuth(sign_in(sandbox).token))
    ManagedObject(c8y, name="x").create()
    assert c8y.users.get_current().username == "admin"


def test_a_bearer_token_needs_no_cookie(sandbox: Sandbox, connect: Connect) -> None:
    c8y = connect(auth=BearerAuth(sign_in(sandbox).token))
    ManagedObject(c8y, name="x").create()


def test_signing_out_ends_the_session(sandbox: Sandbox, connect: Connect) -> None:
    c8y = connect(auth=sign_in(sandbox))
    c8y.users.logout()
    with pytest.raises(Unauthorized):
        c8y.users.get_current()


def test_a_wrong_password_is_refused_in_words(sandbox: Sandbox) -> None:
    with pytest.raises(Unauthorized, match=r"(?i)credentials") as caught:
        CumulocityClient.authenticate(
            "http://acme.sandbox", "acme", "admin", "wrong", connector_factory=sandbox.adapter
        )
    assert not isinstance(caught.value, MissingTfa)


def test_a_second_factor_is_asked_for_and_taken(sandbox: Sandbox, connect: Connect) -> None:
    with pytest.raises(MissingTfa):
        sign_in(sandbox, "tfa")
    code = totp(sandbox.credentials["acme"]["tfa"]["totp_secret"])
    assert connect(auth=sign_in(sandbox, "tfa", code)).users.get_current().username == "tfa"


def test_a_sign_in_without_a_token_is_a_bad_answer() -> None:
    with Server(answer(b"{}")) as server, pytest.raises(BadAnswer):
        CumulocityClient.authenticate(server.url, "t1", "admin", "secret")


def test_the_sign_in_sends_a_form_and_no_credentials_elsewhere() -> None:
    cookies = ("Set-Cookie: authorization=a.b.c; Path=/; HttpOnly", "Set-Cookie: XSRF-TOKEN=x1; Path=/")
    with Server(answer(b"", "200 OK", *cookies)) as server:
        auth, xsrf = CumulocityClient.authenticate(server.url, "t1", "jörg", "a&b=c +%", "123456")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert (auth.token, xsrf) == ("a.b.c", "x1")
    assert head.startswith(b"POST /tenant/oauth?tenant_id=t1 ")
    assert b"content-type: application/x-www-form-urlencoded" in head.lower()
    assert b"authorization" not in head.lower()
    assert body == (b"grant_type=PASSWORD&username=j%C3%B6rg&password=a%26b%3Dc%20%2B%25&tfa_code=123456")


def test_a_renewed_token_is_used_from_then_on_and_reported() -> None:
    old, new = jwt(sub="admin", xsrfToken="x1"), jwt(sub="admin", xsrfToken="x2", n=2)
    renewing = answer(b"{}", "200 OK", f"Set-Cookie: authorization={new}; Path=/; HttpOnly")
    reported: list[str] = []
    with Server(renewing, answer()) as server:
        auth = SessionAuth(old, on_renewal=reported.append)
        with CumulocityClient(server.url, "t1", auth) as c8y:
            c8y.get("/x")
            c8y.post("/x", json={})
            c8y.post("/x", json={})
    assert reported == [new]
    assert auth.token == new
    assert f"cookie: authorization={old}; xsrf-token=x1".encode().lower() in server.requests[0].lower()
    assert f"cookie: authorization={new}; xsrf-token=x2".encode().lower() in server.requests[2].lower()
    assert b"x-xsrf-token: x2" in server.requests[1].lower()
    assert b"authorization: bearer" not in b"".join(server.requests).lower()


def test_cookies_of_answers_never_travel_beside_basic_credentials() -> None:
    baking = answer(b"{}", "200 OK", "Set-Cookie: authorization=evil; Path=/")
    auth = BasicAuth("admin", "secret")
    with Server(baking) as server, CumulocityClient(server.url, "t1", auth) as c8y:
        c8y.get("/x")
        c8y.get("/x")
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize(
    ("auth", "tenant", "sent"),
    [
        (BasicAuth("admin", "a:b"), "t1", "t1/admin:a:b"),
        (BasicAuth("t2/admin", "a"), "t1", "t2/admin:a"),
        (BasicAuth("admin", "a"), "", "admin:a"),
        (BasicAuth("jörg", "pä"), "t1", "t1/jörg:pä"),
    ],
)
def test_basic_names_the_tenant_exactly_once(auth: BasicAuth, tenant: str, sent: str) -> None:
    with Server(answer()) as server, CumulocityClient(server.url, tenant, auth) as c8y:
        c8y.get("/x")
        assert c8y.tenant_id == (tenant or "")
    encoded = base64.b64encode(sent.encode()).lower()
    assert b"authorization: basic " + encoded in server.requests[0].lower()


@pytest.mark.parametrize("name", ["", "t1/", "a:b", "t1/a:b", "a/b/c", "a\nb"])
def test_a_name_that_would_be_read_differently_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="user name"):
        BasicAuth(name, "secret")


def test_authorization_headers_are_parsed() -> None:
    basic = parse_auth(BasicAuth("t1/admin", "a:b").build_auth_header())
    assert (basic.get_username(), basic.get_tenant_id()) == ("admin", "t1")
    assert basic.build_auth_header() == BasicAuth("t1/admin", "a:b").build_auth_header()
    bearer = parse_auth("bearer " + jwt(sub="admin", ten="t1"))
    assert (bearer.get_username(), bearer.get_tenant_id()) == ("admin", "t1")
    for wrong in ("", "Basic", "Basic !!!", "Digest x", "Bearer a b", "Basic " + "YWJj"):
        with pytest.raises(ValueError, match=r"no|token"):
            parse_auth(wrong)


@pytest.mark.parametrize("token", ["x", "a.b.c", "a.!!!.c", "..", jwt(exp="soon"), jwt(sub=None)])
def test_a_token_that_is_no_jwt_still_serves(token: str) -> None:
    auth = BearerAuth(token)
    assert (auth.username, auth.tenant_id, auth.expires_at) == ("", "", None)
    assert auth.build_auth_header() == f"Bearer {token}"


def test_a_session_that_ended_is_replaced_once_for_all_threads(sandbox: Sandbox) -> None:
    password = sandbox.credentials["acme"]["admin"]["password"]

    def sign_in() -> SessionAuth:
        signed_in.append("again")
        return CumulocityClient.authenticate(
            "http://acme.sandbox", "acme", "admin", password, connector_factory=sandbox.adapter
        )[0]

    signed_in: list[str] = []
    auth = sign_in()
    auth.on_expiry = sign_in
    with CumulocityClient("http://acme.sandbox", "acme", auth, connector_factory=sandbox.adapter) as c8y:
        ended = auth.token
        c8y.users.logout()
        done = list(bulk(lambda _: c8y.users.get_current().username, range(8), workers=8))
    assert [one.result for one in done] == ["admin"] * 8
    assert signed_in == ["again", "again"]
    assert auth.token != ended


def test_a_session_that_cannot_be_replaced_is_told(sandbox: Sandbox) -> None:
    password = sandbox.credentials["acme"]["admin"]["password"]
    auth = CumulocityClient.authenticate(
        "http://acme.sandbox", "acme", "admin", password, connector_factory=sandbox.adapter
    )[0]
    with CumulocityClient("http://acme.sandbox", "acme", auth, connector_factory=sandbox.adapter) as c8y:
        c8y.users.logout()
        with pytest.raises(Unauthorized):
            c8y.users.get_current()
        asked: list[int] = []
        auth.on_expiry = lambda: asked.append(1) or SessionAuth("stale")  # type: ignore[func-returns-value]
        with pytest.raises(Unauthorized):
            c8y.users.get_current()
        assert asked == [1]


def test_a_token_says_whose_it_is_and_how_long_it_holds() -> None:
    token = JWT(jwt(sub="ada", ten="t1", exp=time.time() + 100, tfa=True))
    assert (token.username, token.tenant_id, token.get_claim("tfa")) == ("ada", "t1", True)
    assert 98 < token.get_valid_seconds() <= 100
    assert token.is_valid()
    assert token.is_valid(90)
    assert not token.is_valid(110)
    assert token.expires_at is not None
    assert repr(token) == "JWT(t1/ada)"
    ended = JWT(jwt(exp=str(time.time() - 5)))
    assert not ended.is_valid()
    assert ended.get_valid_seconds() < 0


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c", "a.bm8.c", *(jwt(exp=odd) for odd in ("soon", True, 1e300))]
)
def test_what_is_no_token_says_nothing(text: str) -> None:
    token = JWT(text)
    assert (token.username, token.tenant_id, token.expires_at) == ("", "", None)
    assert token.is_valid()
    assert token.get_claim("sub", "nobody") == "nobody"


def test_a_token_may_hold_letters_that_only_urls_know() -> None:
    text = jwt(sub="ÿþ?~~~>>>ÿ")
    assert {"-", "_"} & set(text.split(".")[1])
    assert JWT(text.encode()).username == "ÿþ?~~~>>>ÿ"
