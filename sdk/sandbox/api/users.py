"""Users of a tenant."""

from __future__ import annotations

from collections.abc import Iterator

from sdk.sandbox.api.user_forms import (
    ADMIN,
    CREATE,
    READ,
    accepted_password,
    check_email,
    check_name,
    check_properties,
    fetch_user,
    give_applications,
    random_password,
    require_tenant,
    wanted_applications,
)
from sdk.sandbox.api.user_forms import user as user_form
from sdk.sandbox.call import Answer, Call, Handler, Json, Routes, duplicate, forbidden, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.users import DEVICE_PREFIX, add_user
from sdk.sandbox.tokens import new_secret

routes = Routes("user")

SHORTEST_PART = 3
"""So many characters of a name must be known to look for users by them."""
USERS, USER = "/user/{tenantId}/users", "/user/{tenantId}/users/{userId}"
SECOND_FACTOR = "twoFactorAuthenticationEnabled"
"""Clients send it along; whether it is so depends on the user's own secret."""
SETTABLE = frozenset(
    [
        "userName",
        "password",
        "email",
        "firstName",
        "lastName",
        "displayName",
        "phone",
        "enabled",
        "newsletter",
        "customProperties",
        "sendPasswordResetEmail",
        "owner",
        "delegatedBy",
    ]
)
TOLERATED = frozenset(
    [
        "id",
        "self",
        "groups",
        "roles",
        "applications",
        "devicePermissions",
        "lastPasswordChange",
        "shouldResetPassword",
        "passwordStrength",
        SECOND_FACTOR,
    ]
)


@routes.get(USERS, roles=READ, produces="usercollection")
def list_users(call: Call) -> Answer:
    require_tenant(call)
    return collection(call, "users", _matches(call), lambda found: _listed(call, found))


def _listed(call: Call, found: Json) -> Json:
    shown = user_form(call, found)
    if call.flag("withSubusersCount"):
        shown["subusersCount"] = sum(
            other.get("owner") == found["userName"] for other in call.tenant.users.values()
        )
    return shown


def _matches(call: Call) -> Iterator[Json]:
    prefix, part = (call.text("username") or "").lower(), (call.text("usernameContains") or "").lower()
    if prefix and part:
        raise invalid("Only one of username and usernameContains can be used.")
    if call.text("usernameContains") is not None and len(part) < SHORTEST_PART:
        raise invalid(f"usernameContains needs {SHORTEST_PART} characters.")
    devices, owner = call.flag("onlyDevices"), call.text("owner")
    members = _members(call)
    own_only = not any(held in call.caller.roles for held in ("ROLE_USER_MANAGEMENT_READ", *ADMIN))
    for name, found in call.tenant.users.items():
        if (
            name in call.tenant.service_users
            or name.startswith(DEVICE_PREFIX) != devices
            or (members is not None and name not in members)
        ):
            continue
        if not name.lower().startswith(prefix) or part not in name.lower():
            continue
        if owner in (None, found.get("owner")) and (not own_only or found.get("owner") == call.caller.name):
            yield found


def _members(call: Call) -> set[str] | None:
    wanted = call.listed("groups")
    if not wanted:
        return None
    if not all(number.isdecimal() for number in wanted):
        raise invalid("groups is a comma list of numbers.")
    groups = [call.tenant.groups.get(int(number), {"users": set()}) for number in wanted]
    return set().union(*(group["users"] for group in groups))


@routes.post(USERS, roles=CREATE, consumes=("user",), produces="user")
def create_user(call: Call) -> Answer:
    require_tenant(call)
    body = {key: value for key, value in call.json.items() if value is not None and key != SECOND_FACTOR}
    for key in body:
        if key not in SETTABLE:
            raise invalid(f"The property '{key}' of a user cannot be set.")
    check_name(body.get("userName"))
    check_email(body.get("email"))
    check_properties(body)
    reset = body.pop("sendPasswordResetEmail", False)
    password = body.pop("password", None)
    if password is None and reset is True:
        password = random_password()
    strength = accepted_password(call, password)
    if body["userName"] in call.tenant.users:
        raise duplicate(f"User '{body['userName']}' exists already.")
    name = body.pop("userName")
    add_user(
        call.tenant,
        name,
        password,
        **_owned(call, body) | strength,
        shouldResetPassword=reset,
    )
    call.tenant.audit("User", "User created", f"User '{name}' created", name, call.caller.name)
    shown = user_form(call, call.tenant.users[name])
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def _owned(call: Call, body: Json) -> Json:
    """A user made by somebody without user administration belongs to its maker."""
    if not any(held in call.caller.roles for held in ADMIN):
        body["owner"] = call.caller.name
    return body


@routes.get(USER, roles=READ, produces="user")
def get_user(call: Call) -> Answer:
    return Answer(user_form(call, fetch_user(call, call.path["userId"])))


@routes.get("/user/{tenantId}/userByName/{username}", roles=CREATE, produces="user")
def get_user_by_name(call: Call) -> Answer:
    return Answer(user_form(call, fetch_user(call, call.path["username"])))


@routes.put(USER, roles=CREATE, consumes=("user",), produces="user")
def update_user(call: Call) -> Answer:
    found = fetch_user(call, call.path["userId"])
    changes = {key: value for key, value in call.json.items() if key not in TOLERATED}
    for key, value in changes.items():
        if key not in SETTABLE or (key == "userName" and value != found["userName"]):
            raise invalid(f"The property '{key}' of a user cannot be changed.")
    other = found["userName"] != call.caller.name
    if other and ("password" in changes or changes.get("email", found.get("email")) != found.get("email")):
        raise invalid("The password and the email address of another user cannot be changed.")
    check_properties(changes)
    applications = wanted_applications(call)
    _apply(call, found, changes)
    give_applications(call, "user", found["userName"], applications)
    return Answer(user_form(call, found))


def _apply(call: Call, found: Json, changes: Json) -> None:
    name = found["userName"]
    if changes.get("enabled") is False and name == call.caller.name:
        raise invalid("You cannot disable yourself.")
    if "password" in changes:
        found |= accepted_password(call, changes["password"])
        call.tenant.passwords[name] = changes.pop("password")
        found["shouldResetPassword"] = False
    found["shouldResetPassword"] = (
        changes.pop("sendPasswordResetEmail", False) or found["shouldResetPassword"]
    )
    for key, value in changes.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    if found.get("enabled") is False:
        call.tenant.sessions.pop(name, None)
    call.tenant.audit("User", "User updated", f"User '{name}' updated", name, call.caller.name)


@routes.delete(USER, roles=CREATE)
def delete_user(call: Call) -> Answer:
    name = fetch_user(call, call.path["userId"])["userName"]
    if name == call.caller.name:
        raise forbidden("You cannot delete yourself.")
    call.tenant.delete_user(name)
    call.tenant.audit("User", "User deleted", f"User '{name}' deleted", name, call.caller.name)
    return Answer(status=204)


@routes.get(f"{USER}/tfa", produces="application/json")
def get_tfa(call: Call) -> Answer:
    name = call.path["userId"]
    if name != call.caller.name and not any(held in call.caller.roles for held in READ):
        raise forbidden()
    if name not in call.tenant.users:
        raise not_found(f"User '{name}' was not found in tenant '{call.tenant.name}'.")
    factor = call.tenant.totp.get(name, {})
    body = {
        "tfaEnabled": bool(factor.get("active")),
        "tfaEnforced": bool(factor.get("enforced")),
        "strategy": "TOTP",
    }
    return Answer(body | ({"lastTfaRequestTime": factor["last"]} if factor.get("last") else {}))


@routes.delete(f"{USER}/totpSecret/revoke", roles=ADMIN)
def revoke_totp(call: Call) -> Answer:
    name = fetch_user(call, call.path["userId"])["userName"]
    if name == call.caller.name:
        raise forbidden("You cannot revoke your own secret.")
    if name in call.tenant.totp:
        call.tenant.totp[name] = {"secret": new_secret(), "active": False}
    return Answer(status=204)


def _set_relation(key: str) -> Handler:
    def set_relation(call: Call) -> Answer:
        found = fetch_user(call, call.path["userId"])
        other = call.json.get(key, call.json.get("name"))
        if not isinstance(other, str) or other not in call.tenant.users or other == found["userName"]:
            raise invalid(f"'{other}' cannot be the {key} of '{found['userName']}'.")
        found[key] = other
        return Answer(status=200)

    return set_relation


def _remove_relation(key: str) -> Handler:
    def remove_relation(call: Call) -> Answer:
        fetch_user(call, call.path["userId"]).pop(key, None)
        return Answer(status=204)

    return remove_relation


# On no page of the vendor's; the clients use them.
for _path, _key in (("owner", "owner"), ("delegatedby", "delegatedBy")):
    routes.put(f"{USER}/{_path}", roles=ADMIN, consumes=("application/json",))(_set_relation(_key))
    routes.delete(f"{USER}/{_path}", roles=ADMIN)(_remove_relation(_key))
