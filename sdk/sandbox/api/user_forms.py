"""Users, groups and roles on the wire."""

from __future__ import annotations

import re
import secrets
from urllib.parse import unquote, urlsplit

from sdk.sandbox import times
from sdk.sandbox.api.applications import fetch_app, render
from sdk.sandbox.call import Call, Json, forbidden, invalid, not_found

READ = ("ROLE_USER_MANAGEMENT_READ", "ROLE_USER_MANAGEMENT_CREATE")
ADMIN = ("ROLE_USER_MANAGEMENT_ADMIN",)
CREATE = (*ADMIN, "ROLE_USER_MANAGEMENT_CREATE")

_BAD_NAME = re.compile(r"[\s/+$:]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
LONGEST_NAME = 1000
PASSWORD_LENGTH = (6, 32)
GREEN_LENGTH, STRONG = 8, "GREEN"
_KINDS_OF_CHARACTERS = (r"[a-z]", r"[A-Z]", r"\d", r"[^a-zA-Z\d]")
LONGEST_GROUP_NAME = 254
_OWN_EMPTY: Json = {"references": []}
_TYPES: dict[type, tuple[tuple[str, ...], str]] = {
    str: (("firstName", "lastName", "displayName", "phone"), "a text"),
    bool: (("enabled", "newsletter", "sendPasswordResetEmail"), "true or false"),
    dict: (("customProperties",), "an object"),
}


def user(call: Call, found: Json, brief: bool = False) -> Json:
    """A user; `brief` leaves out groups and roles, as inside a reference."""
    tenant, name = call.tenant.name, found["userName"]
    own = call.link("user", tenant, "users", name)
    shown: Json = found | {
        "self": own,
        "twoFactorAuthenticationEnabled": bool(call.tenant.totp.get(name, {}).get("active")),
    }
    if brief:
        return shown
    groups = [group for group in call.tenant.groups.values() if name in group["users"]]
    shown["groups"] = {
        "references": [_group_reference(call, group) for group in groups],
        "self": f"{own}/groups",
    }
    roles = sorted(call.tenant.user_roles.get(name, ()))
    shown["roles"] = {"references": [role_reference(call, role) for role in roles], "self": f"{own}/roles"}
    return {"devicePermissions": {}} | shown | {"applications": _applications(call, "user", name)}


def _applications(call: Call, kind: str, holder: str | int) -> list[Json]:
    """The applications that a user or group was given, without those that are gone."""
    given = call.tenant.given_applications.get((kind, holder), ())
    known = (call.sandbox.applications.get(identifier) for identifier in given)
    return [render(call, app) for app in known if app is not None]


def wanted_applications(call: Call) -> list[str] | None:
    """The ids of the applications in the body of a user or group; None if it tells none."""
    wanted = call.json.get("applications")
    if wanted is None:
        return None
    if not isinstance(wanted, list) or not all(isinstance(entry, dict) for entry in wanted):
        raise invalid("'applications' must be a list of applications with their ids.")
    return [fetch_app(call, str(entry.get("id"))).id for entry in wanted]


def give_applications(call: Call, kind: str, holder: str | int, wanted: list[str] | None) -> None:
    """Give a user or group the applications; none that are not told of are taken away."""
    if wanted is not None:
        call.tenant.given_applications[kind, holder] = wanted


def group(call: Call, found: Json) -> Json:
    own = call.link("user", call.tenant.name, "groups", str(found["id"]))
    roles = [role_reference(call, name, own) for name in sorted(found["roles"])]
    shown = {key: value for key, value in found.items() if key not in ("roles", "users")}
    shown |= {"self": own, "roles": {"references": roles, "self": f"{own}/roles"}}
    shown["applications"] = _applications(call, "group", found["id"])
    return {"devicePermissions": {}} | shown


def _group_reference(call: Call, found: Json) -> Json:
    own = call.link("user", call.tenant.name, "groups", str(found["id"]))
    brief = {key: value for key, value in found.items() if key not in ("roles", "users")}
    return {"group": brief | {"self": own}, "self": own}


def role(call: Call, name: str) -> Json:
    return {"id": name, "name": name, "self": call.link("user", "roles", name)}


def role_reference(call: Call, name: str, parent: str = "") -> Json:
    shown = role(call, name)
    return {"role": shown, "self": f"{parent}/roles/{name}" if parent else shown["self"]}


def require_tenant(call: Call) -> None:
    """The tenant in the path must be the caller's own."""
    if call.path["tenantId"] != call.tenant.name:
        raise forbidden()


def fetch_user(call: Call, name: str) -> Json:
    require_tenant(call)
    found = call.tenant.users.get(name)
    if found is None:
        raise not_found(f"User '{name}' was not found in tenant '{call.tenant.name}'.")
    only_descendants = not any(held in call.caller.roles for held in ("ROLE_USER_MANAGEMENT_READ", *ADMIN))
    if only_descendants and found.get("owner") != call.caller.name:
        raise forbidden()
    return found


def fetch_group(call: Call) -> Json:
    require_tenant(call)
    number = call.path["groupId"]
    found = call.tenant.groups.get(int(number)) if number.isdecimal() else None
    if found is None:
        raise not_found(f"Group '{number}' was not found.")
    return found


def referenced(call: Call, what: str) -> str:
    """The name at the end of the link in a body like `{"user": {"self": "…/user/t1/users/jdoe"}}`."""
    reference = call.json.get(what)
    link = reference.get("self") if isinstance(reference, dict) else None
    if not isinstance(link, str) or not link:
        raise invalid(f'\'{what}\' is required and looks like {{"self": "https://…"}}.')
    return unquote(urlsplit(link).path.rstrip("/").rsplit("/", 1)[-1])


def check_name(name: object) -> None:
    if not isinstance(name, str) or not name or len(name) > LONGEST_NAME:
        raise invalid(f"'userName' is required: a text of at most {LONGEST_NAME} characters.")
    if _BAD_NAME.search(name):
        raise invalid("The user name must not contain blanks, slashes, '+', '$' or ':'.")


def check_properties(properties: Json) -> None:
    """Refuse properties of a user that are of the wrong type; null removes one that need not be there."""
    for kind, (names, words) in _TYPES.items():
        for name in names:
            removed = kind is not bool and properties.get(name) is None
            if name in properties and not (removed or isinstance(properties[name], kind)):
                raise invalid(f"'{name}' must be {words}.")


def check_email(email: object) -> None:
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise invalid("'email' is required and must be a valid address.")


def accepted_password(call: Call, password: object) -> Json:
    """Check a password by the rules of the tenant; gives the properties that it leads to."""
    check_password(password)
    strength = _strength(str(password))
    if strength != STRONG and call.tenant.option("password", "enforce.strength") == "true":
        raise invalid(f"The password must have {GREEN_LENGTH} characters: small, capital, digit and symbol.")
    return {"passwordStrength": strength, "lastPasswordChange": times.now()}


def random_password() -> str:
    """A password of the platform's own, strong by every rule, for a user who is to set one by mail."""
    return f"aA1-{secrets.token_urlsafe(18)}"


def _strength(password: str) -> str:
    kinds = sum(bool(re.search(kind, password)) for kind in _KINDS_OF_CHARACTERS)
    if kinds == len(_KINDS_OF_CHARACTERS) and len(password) >= GREEN_LENGTH:
        return STRONG
    return "YELLOW" if kinds > 2 and len(password) >= GREEN_LENGTH else "RED"


def check_password(password: object) -> None:
    shortest, longest = PASSWORD_LENGTH
    if not isinstance(password, str) or not shortest <= len(password) <= longest:
        raise invalid(f"The password must have {shortest} to {longest} characters.")
