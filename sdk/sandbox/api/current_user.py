"""The current user, password change and one-time codes."""

from __future__ import annotations

from urllib.parse import quote

from sdk.sandbox.api.user_forms import READ, accepted_password, check_email, check_properties, role
from sdk.sandbox.api.user_forms import user as user_form
from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, forbidden, invalid, not_found
from sdk.sandbox.tokens import new_secret, totp_matches

routes = Routes("user")

OWN_READ, OWN_ADMIN = ("ROLE_USER_MANAGEMENT_OWN_READ",), ("ROLE_USER_MANAGEMENT_OWN_ADMIN",)
TOTP = "/user/currentUser/totpSecret"
SETTABLE = frozenset(
    ("email", "firstName", "lastName", "phone", "password", "displayName", "newsletter", "customProperties")
)
SHOWN_ONLY = frozenset(
    [
        "id",
        "self",
        "userName",
        "effectiveRoles",
        "lastPasswordChange",
        "shouldResetPassword",
        "twoFactorAuthenticationEnabled",
        "devicePermissions",
        "enabled",
        "supportUserEnabled",
    ]
)


def _own(call: Call) -> Json:
    return call.tenant.users[call.caller.name]


def _render(call: Call) -> Json:
    shown = user_form(call, _own(call), brief=True)
    roles = [role(call, name) for name in sorted(call.caller.roles)]
    own = {"effectiveRoles": roles, "self": call.link("user", "currentUser")}
    return {"devicePermissions": {}} | shown | own


@routes.get("/user/currentUser", roles=OWN_READ, produces="currentuser|user")
def get_current_user(call: Call) -> Answer:
    return Answer(_render(call), media="currentuser")


@routes.put("/user/currentUser", roles=OWN_ADMIN, consumes=("currentuser",), produces="currentuser")
def update_current_user(call: Call) -> Answer:
    changes = {key: value for key, value in call.json.items() if key not in SHOWN_ONLY}
    for key in changes:
        if key not in SETTABLE:
            raise invalid(f"The property '{key}' of the current user cannot be changed.")
    if "email" in changes:
        check_email(changes["email"])
    check_properties(changes)
    if "password" in changes:
        _set_password(call, changes.pop("password"))
    own = _own(call)
    for key, value in changes.items():
        if value is None:
            own.pop(key, None)
        else:
            own[key] = value
    call.tenant.audit("User", "User updated", "User updated", call.caller.name, call.caller.name)
    return Answer(_render(call))


@routes.put("/user/currentUser/password", roles=OWN_ADMIN, consumes=("application/json",))
def change_password(call: Call) -> Answer:
    if call.json.get("currentUserPassword") != call.tenant.passwords[call.caller.name]:
        raise invalid("The current password is wrong.")
    _set_password(call, call.json.get("newPassword"))
    return Answer(status=200)


def _set_password(call: Call, password: object) -> None:
    strength = accepted_password(call, password)
    if password == call.tenant.passwords[call.caller.name]:
        raise invalid("The new password must differ from the old one.")
    call.tenant.passwords[call.caller.name] = str(password)
    _own(call).update(shouldResetPassword=False, **strength)
    if call.caller.session:
        call.caller.fresh = call.sandbox.sessions.issue(call.tenant, call.caller.name, call.caller.session)
    call.tenant.audit("User", "User updated", "Password changed", call.caller.name, call.caller.name)


@routes.post(TOTP, roles=OWN_READ, produces="application/json")
def create_totp_secret(call: Call) -> Answer:
    factor = call.tenant.totp.get(call.caller.name)
    if factor and factor["active"]:
        raise Refusal(409, "conflict", "A secret is active; an administrator must revoke it first.")
    secret = new_secret()
    call.tenant.totp[call.caller.name] = {"secret": secret, "active": False}
    uri = quote(f"otpauth://totp/{call.caller.name}?secret={secret}&issuer={call.tenant.domain}", safe="")
    return Answer(
        {
            "rawSecret": secret,
            "secretQrUrl": f"https://chart.googleapis.com/chart?cht=qr&chs=200x200&chl={uri}",
        }
    )


@routes.get(f"{TOTP}/activity", roles=OWN_READ, produces="application/json")
def get_totp_activity(call: Call) -> Answer:
    return Answer({"isActive": _factor(call)["active"]})


@routes.post(f"{TOTP}/activity", roles=OWN_READ, consumes=("application/json",))
def set_totp_activity(call: Call) -> Answer:
    factor, wanted = call.tenant.totp.get(call.caller.name), call.json.get("isActive")
    if not isinstance(wanted, bool):
        raise invalid("'isActive' must be true or false.")
    if factor is None:
        raise Refusal(409, "conflict", "There is no TOTP secret; generate one first.")
    if factor["active"] and not wanted:
        raise forbidden("Cannot deactivate TOTP setup!")
    if factor["active"]:
        raise Refusal(409, "conflict", "The secret is active already.")
    factor["active"] = wanted
    return Answer(status=204)


@routes.post(f"{TOTP}/verify", roles=OWN_READ, consumes=("application/json",))
def verify_totp(call: Call) -> Answer:
    factor, code = _factor(call), call.json.get("code")
    if not isinstance(code, str) or not code:
        raise invalid("'code' is required and must be a text.")
    if not totp_matches(factor["secret"], code):
        raise forbidden("Invalid verification code")
    return Answer(status=204)


def _factor(call: Call) -> Json:
    factor = call.tenant.totp.get(call.caller.name)
    if factor is None:
        raise not_found("There is no TOTP secret.")
    return factor


@routes.post("/user/logout")
def log_out(call: Call) -> Answer:
    sessions = call.tenant.sessions.get(call.caller.name, [])
    if call.caller.session in sessions:
        sessions.remove(call.caller.session)
    call.caller.fresh = None
    expired = [(f"{name}=; Path=/; Max-Age=0") for name in ("authorization", "XSRF-TOKEN")]
    return Answer(status=200, headers=[("Set-Cookie", value) for value in expired])


@routes.post("/user/logout/{tenantId}/allUsers", roles=("ROLE_USER_MANAGEMENT_ADMIN",))
def log_out_everybody(call: Call) -> Answer:
    if call.path["tenantId"] != call.tenant.name:
        raise forbidden()
    call.tenant.sessions.clear()
    return Answer(status=200)


@routes.get("/user", roles=READ, produces="userapi")
def get_user_api(call: Call) -> Answer:
    return Answer(user_api(call))


def user_api(call: Call) -> Json:
    base = f"{call.base}/user"
    return {
        "self": base,
        "users": f"{base}/{{realm}}/users",
        "userByName": f"{base}/{{realm}}/userByName/{{userName}}",
        "currentUser": f"{base}/currentUser",
        "groups": f"{base}/{{realm}}/groups",
        "groupByName": f"{base}/{{realm}}/groupByName/{{groupName}}",
        "roles": f"{base}/roles",
    }
