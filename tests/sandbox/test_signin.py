"""Signing in: Basic, tokens, cookies, one-time codes, sessions."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
import requests
from requests import Response

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.tokens import totp
from tests.sandbox.doors import Door

BASE = "http://acme.sandbox"
ME = f"{BASE}/user/currentUser"


@pytest.fixture
def session(sandbox: Sandbox) -> requests.Session:
    return open_session(sandbox)


def open_session(sandbox: Sandbox) -> requests.Session:
    session = requests.Session()
    for host in ("acme", "globex", "127.0.0.1:8001"):
        session.mount(f"http://{host if ':' in host else host + '.sandbox'}", sandbox.adapter())
    return session


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def form(sandbox: Sandbox, user: str = "admin", **more: str) -> dict[str, str]:
    return {
        "grant_type": "PASSWORD",
        "username": user,
        "password": sandbox.tenant("acme").passwords[user],
    } | more


def bearer(session: requests.Session, sandbox: Sandbox, user: str = "admin", **more: str) -> str:
    answer = session.post(f"{BASE}/tenant/oauth/token", data=form(sandbox, user, **more))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def ask(session: requests.Session, token: str) -> Response:
    return session.get(ME, headers={"Authorization": f"Bearer {token}"})


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@pytest.mark.fact("address.tenant")
def test_the_tenant_is_told_by_host_or_by_name_in_the_credentials(
    session: requests.Session, sandbox: Sandbox
) -> None:
    password = sandbox.tenant("globex").passwords["reader"]
    assert session.get(ME, headers=basic("globex/reader", password)).json()["userName"] == "reader"
    assert (
        session.get("http://globex.sandbox/user/currentUser", headers=basic("reader", password)).status_code
        == 200
    )
    assert session.get(ME, headers=basic("reader", password)).status_code == 401
    nowhere = "http://127.0.0.1:8001/user/currentUser"
    assert session.get(nowhere, headers=basic("globex/reader", password)).status_code == 200
    assert session.get(nowhere, headers=basic("reader", password)).status_code == 401


NO_UTF8 = "Basic " + base64.b64encode(b"\xff").decode()


@pytest.mark.parametrize("value", ["", "Basic", "Basic !!", NO_UTF8, "Bearer x.y.z", "Bearer", "Digest x"])
def test_broken_credentials_are_refused(session: requests.Session, value: str) -> None:
    answer = session.get(ME, headers={"Authorization": value})
    assert answer.status_code == 401
    assert answer.json()["error"] == "security/Unauthorized"


def test_a_wrong_password_tells_nothing_about_the_user(session: requests.Session) -> None:
    texts = {
        session.get(ME, headers=basic(f"acme/{user}", "wrong")).text for user in ("admin", "nobody", "tfa")
    }
    assert len(texts) == 1


@pytest.mark.fact("address.colons")
def test_passwords_with_colons_and_umlauts_work(session: requests.Session, acme: Tenant) -> None:
    acme.passwords["reader"] = "ä:b:c"
    assert session.get(ME, headers=basic("acme/reader", "ä:b:c")).status_code == 200


@pytest.mark.fact("answer.second-factor")
def test_a_missing_code_is_told_apart_from_a_wrong_one(session: requests.Session, sandbox: Sandbox) -> None:
    secret = sandbox.credentials["acme"]["tfa"]["totp_secret"]
    for code in ("", "undefined"):
        answer = session.post(f"{BASE}/tenant/oauth?tenant_id=acme", data=form(sandbox, "tfa", tfa_code=code))
        assert answer.status_code == 401
        assert "TFA" in answer.json()["message"]
        assert "required" in answer.json()["message"]
    wrong = f"{(int(totp(secret)) + 1) % 1_000_000:06d}"
    assert (
        "invalid"
        in session.post(f"{BASE}/tenant/oauth/token", data=form(sandbox, "tfa", tfa_code=wrong)).text
    )
    token = bearer(session, sandbox, "tfa", tfa_code=totp(secret))
    assert claims(token)["tfa"] is True
    assert ask(session, token).status_code == 200
    old = totp(secret, time.time() - 300)
    assert (
        session.post(f"{BASE}/tenant/oauth/token", data=form(sandbox, "tfa", tfa_code=old)).status_code == 401
    )


def test_basic_with_two_factors_needs_the_code_in_a_header(
    session: requests.Session, sandbox: Sandbox
) -> None:
    header = basic("acme/tfa", sandbox.tenant("acme").passwords["tfa"])
    assert "TFA" in session.get(ME, headers=header).json()["message"]
    code = totp(sandbox.credentials["acme"]["tfa"]["totp_secret"])
    assert session.get(ME, headers=header | {"TFAToken": code}).status_code == 200


@pytest.mark.fact("session.claims")
def test_a_token_tells_user_tenant_and_expiry(session: requests.Session, sandbox: Sandbox) -> None:
    found = claims(bearer(session, sandbox))
    assert (found["sub"], found["ten"]) == ("admin", "acme")
    assert found["exp"] > found["iat"]
    assert found["xsrfToken"]


def test_a_forged_or_foreign_token_is_refused(session: requests.Session, sandbox: Sandbox) -> None:
    token = bearer(session, sandbox)
    head, body, signature = token.split(".")
    changed = (
        base64.urlsafe_b64encode(json.dumps(claims(token) | {"sub": "tfa"}).encode()).rstrip(b"=").decode()
    )
    assert ask(session, f"{head}.{changed}.{signature}").status_code == 401
    assert ask(session, f"{head}.{body}.").status_code == 401
    assert ask(session, "ä").status_code == 401


@pytest.mark.fact("header.xsrf")
def test_the_cookie_works_with_its_xsrf_header_only(session: requests.Session, sandbox: Sandbox) -> None:
    answer = session.post(f"{BASE}/tenant/oauth?tenant_id=acme", data=form(sandbox))
    assert answer.content == b""
    assert session.get(ME).json()["userName"] == "admin"
    change = {"url": ME, "json": {"firstName": "Ada"}, "headers": {"Content-Type": "application/json"}}
    assert session.put(**change).status_code == 401
    change["headers"]["X-XSRF-TOKEN"] = "wrong"
    assert session.put(**change).status_code == 401
    change["headers"]["X-XSRF-TOKEN"] = session.cookies["XSRF-TOKEN"]
    assert session.put(**change).status_code == 200


@pytest.mark.fact("session.renewed")
def test_an_old_token_is_renewed_by_any_answer_and_still_works(
    session: requests.Session, sandbox: Sandbox, acme: Tenant
) -> None:
    session.post(f"{BASE}/tenant/oauth?tenant_id=acme", data=form(sandbox))
    before = session.cookies["authorization"]
    assert "Set-Cookie" not in session.get(ME).headers
    acme.session_rules.renewal = 0
    assert session.get(ME).status_code == 200
    assert session.cookies["authorization"] != before
    other = open_session(sandbox)
    assert ask(other, before).status_code == 200
    acme.session_rules.grace = 0
    assert ask(other, before).status_code == 401
    assert session.get(ME).status_code == 200


@pytest.mark.fact("session.limits")
def test_an_expired_token_is_refused(session: requests.Session, sandbox: Sandbox, acme: Tenant) -> None:
    acme.session_rules.lifespan = -1
    assert "expired" in ask(session, bearer(session, sandbox)).json()["message"]


@pytest.mark.fact("session.limits")
def test_a_session_ends_at_its_absolute_limit(
    session: requests.Session, sandbox: Sandbox, acme: Tenant
) -> None:
    token = bearer(session, sandbox)
    acme.session_rules.absolute = -1
    assert ask(session, token).json()["message"] == "SessionAuth: Token is terminated"


@pytest.mark.fact("session.limits")
def test_one_session_too_many_terminates_the_oldest(
    session: requests.Session, sandbox: Sandbox, acme: Tenant
) -> None:
    acme.session_rules.parallel = 2
    tokens = [bearer(session, sandbox) for _ in range(3)]
    assert [ask(session, token).status_code for token in tokens] == [401, 200, 200]
    assert "Token is terminated" in ask(session, tokens[0]).json()["message"]


@pytest.mark.fact("session.logout")
def test_logging_out_ends_this_session_and_clears_the_cookies(
    session: requests.Session, sandbox: Sandbox
) -> None:
    other = bearer(session, sandbox)
    session.post(f"{BASE}/tenant/oauth?tenant_id=acme", data=form(sandbox))
    token = session.cookies["authorization"]
    header = {"X-XSRF-TOKEN": session.cookies["XSRF-TOKEN"]}
    assert session.post(f"{BASE}/user/logout", headers=header).status_code == 200
    assert "authorization" not in session.cookies
    assert ask(session, token).status_code == 401
    assert ask(session, other).status_code == 200


@pytest.mark.fact("session.logout")
def test_an_administrator_logs_everybody_out(
    session: requests.Session, sandbox: Sandbox, admin: Door
) -> None:
    token = bearer(session, sandbox, "reader")
    assert admin.call("POST", "/user/logout/acme/allUsers").status_code == 200
    assert ask(session, token).status_code == 401


def test_a_disabled_user_loses_his_token(session: requests.Session, sandbox: Sandbox, admin: Door) -> None:
    token = bearer(session, sandbox, "reader")
    admin.put("/user/acme/users/reader", "user", {"enabled": False})
    assert ask(session, token).status_code == 401
    refused = session.post(f"{BASE}/tenant/oauth/token", data=form(sandbox, "reader"))
    assert refused.status_code == 401


@pytest.mark.fact("login.options")
def test_login_options_need_no_sign_in_but_a_tenant(session: requests.Session) -> None:
    options = session.get(f"{BASE}/tenant/loginOptions").json()["loginOptions"]
    assert [option["type"] for option in options] == ["OAUTH2_INTERNAL", "BASIC"]
    assert session.get("http://127.0.0.1:8001/tenant/loginOptions").status_code == 401
    asked = session.get("http://127.0.0.1:8001/tenant/loginOptions?tenantId=globex").json()["loginOptions"]
    assert "tenant_id=globex" in asked[0]["initRequest"]


def test_other_grants_are_refused(session: requests.Session, sandbox: Sandbox) -> None:
    answer = session.post(f"{BASE}/tenant/oauth/token", data=form(sandbox, grant_type="AUTHORIZATION_CODE"))
    assert answer.status_code == 400


@pytest.mark.fact("own.password")
def test_the_current_user_changes_the_password(admin: Door, sandbox: Sandbox) -> None:
    path, old = "/user/currentUser/password", sandbox.tenant("acme").passwords["admin"]
    for current, new in (("wrong", "another-1"), (old, "short"), (old, old)):
        body = {"currentUserPassword": current, "newPassword": new}
        assert admin.put(path, "application/json", body).status_code == 422
    body = {"currentUserPassword": old, "newPassword": "another-1"}
    assert admin.put(path, "application/json", body).status_code == 200
    assert admin.get("/user/currentUser").status_code == 401
    assert Door(sandbox, "admin", password="another-1").get("/user/currentUser").status_code == 200


@pytest.mark.fact("own.password")
def test_a_changed_password_gives_a_new_cookie_and_ends_the_old_token(
    session: requests.Session, sandbox: Sandbox, acme: Tenant
) -> None:
    session.post(f"{BASE}/tenant/oauth?tenant_id=acme", data=form(sandbox))
    before = session.cookies["authorization"]
    body = {"currentUserPassword": acme.passwords["admin"], "newPassword": "another-1"}
    headers = {"X-XSRF-TOKEN": session.cookies["XSRF-TOKEN"], "Content-Type": "application/json"}
    assert session.put(f"{ME}/password", json=body, headers=headers).status_code == 200
    assert session.cookies["authorization"] != before
    acme.session_rules.grace = 0
    assert ask(open_session(sandbox), before).status_code == 401
    assert session.get(ME).status_code == 200


def test_a_user_sets_up_a_second_factor_and_an_administrator_revokes_it(
    admin: Door, sandbox: Sandbox
) -> None:
    reader, path = Door(sandbox, "reader"), "/user/currentUser/totpSecret"
    assert reader.get(f"{path}/activity").status_code == 404
    secret = reader.post(path, "application/json", {}).json()["rawSecret"]
    assert reader.post(f"{path}/verify", "application/json", {"code": "000"}).status_code == 403
    assert reader.post(f"{path}/verify", "application/json", {"code": totp(secret)}).status_code == 204
    assert reader.post(f"{path}/activity", "application/json", {"isActive": True}).status_code == 204
    assert reader.get("/user/currentUser").status_code == 401
    assert admin.get("/user/acme/users/reader/tfa").json()["tfaEnabled"] is True
    assert admin.delete("/user/acme/users/reader/totpSecret/revoke").status_code == 204
    assert reader.get("/user/currentUser").status_code == 200


def test_codes_follow_the_standard() -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert [totp(secret, at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]
