"""The tokens of OAI-Secure."""

from __future__ import annotations

from urllib.parse import parse_qs

from sdk.sandbox.call import Answer, Call, Refusal, Routes
from sdk.sandbox.signin import check_password, cookie
from sdk.sandbox.tokens import unauthorized

routes = Routes("tenant")

FORM = "application/x-www-form-urlencoded"


@routes.post("/tenant/oauth", public=True, consumes=(FORM,))
def sign_in_by_cookie(call: Call) -> Answer:
    """Sets the cookie `authorization` and, for scripts to read, `XSRF-TOKEN`."""
    token = _sign_in(call)
    xsrf = call.sandbox.sessions.claims(token)["xsrfToken"]
    return Answer(
        status=200, headers=[cookie("authorization", token, http_only=True), cookie("XSRF-TOKEN", xsrf)]
    )


@routes.post("/tenant/oauth/token", public=True, consumes=(FORM,), produces="application/json")
def sign_in_by_token(call: Call) -> Answer:
    return Answer({"access_token": _sign_in(call)})


def _sign_in(call: Call) -> str:
    form = {key: values[0] for key, values in parse_qs(call.body.decode(errors="replace")).items()}
    if form.get("grant_type", "").upper() != "PASSWORD":
        raise Refusal(400, "badRequest", "Only grant_type=PASSWORD is possible here.")
    name = form.get("username", "").split("/", 1)[-1]
    try:
        tfa = check_password(call.tenant, name, form.get("password", ""), form.get("tfa_code", ""))
    except Refusal as refusal:
        call.tenant.audit(
            "UserAuthentication", "Login failed", refusal.message, name, name, severity="WARNING"
        )
        raise unauthorized(refusal.message) from refusal
    return call.sandbox.sessions.open(call.tenant, name, call.headers.get("user-agent", ""), tfa)
