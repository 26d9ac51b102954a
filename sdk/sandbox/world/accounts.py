"""Groups, inventory roles, users and options of a fresh tenant."""

from __future__ import annotations

import base64
import random
from typing import Any

from sdk.sandbox.store.access import ROLES
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.store.users import add_user, group_named

_OWN = {"ROLE_USER_MANAGEMENT_OWN_READ", "ROLE_USER_MANAGEMENT_OWN_ADMIN"}
_READERS = {role for role in ROLES if role.endswith("_READ")} - {"ROLE_TENANT_MANAGEMENT_READ"}
_WORKED_ON = (
    "ALARM",
    "BULK_OPERATION",
    "DEVICE_CONTROL",
    "EVENT",
    "IDENTITY",
    "INVENTORY",
    "MANAGED_OBJECT",
    "MEASUREMENT",
)

GROUPS: dict[str, tuple[str, set[str]]] = {
    "admins": ("Everything", set(ROLES) - {"ROLE_DEVICE", "ROLE_DEVICE_BOOTSTRAP"}),
    "operators": (
        "Alarms, operations and inventory",
        {f"ROLE_{name}_{right}" for name in _WORKED_ON for right in ("READ", "ADMIN")}
        | {"ROLE_AUDIT_READ", *_OWN},
    ),
    "readers": ("May look at everything", _READERS | _OWN),
    "business": ("Sign in, nothing more", set(_OWN)),
    "devices": (
        "Given to each device at registration",
        {
            "ROLE_DEVICE", "ROLE_INVENTORY_CREATE", "ROLE_MANAGED_OBJECT_CREATE", "ROLE_IDENTITY_READ",
            "ROLE_IDENTITY_ADMIN", *_OWN,
        },
    ),
    "Shift <b>leaders</b> & co": ("Night shift's own group", {"ROLE_ALARM_READ", "ROLE_ALARM_ADMIN", *_OWN}),
}  # fmt: skip

INVENTORY_ROLES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "Reader": ("Can read all data of the asset.", [("*", "READ")]),
    "Manager": (
        "Can read all data, manage alarms and the asset.",
        [("*", "READ"), ("ALARM", "ADMIN"), ("MANAGED_OBJECT", "ADMIN")],
    ),
    "Operations: Restart Device": ("Can restart devices.", [("OPERATION", "ADMIN")]),
}  # fmt: skip

SIGN_INS = {
    "admin": ("admins", "Ada", "Adminson"),
    "operator": ("operators", "Otto", "Operator"),
    "reader": ("readers", "Rhea", "Reader"),
    "restricted": ("business", "Rex", "Restricted"),
    "tfa": ("admins", "Tia", "Twofactor"),
}
_FIRST = (
    "Anna",
    "Björn",
    "Chiara",
    "Deniz",
    "Elif",
    "Farid",
    "Greta",
    "Hana",
    "Igor",
    "Jun",
    "Kofi",
    "Lena",
    "Mia",
    "Nils",
)
_LAST = (
    "Berg",
    "Costa",
    "Dvořák",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
)
_STRANGE = (("sean.o'brien", "Seán", "O'Brien"), ("<b>bold", "<b>Bold</b>", "<script>alert(1)</script>"))
OPTIONS = {
    ("device-registration", "security-token.policy"): "OPTIONAL",
    ("two-factor-authentication", "strategy"): "TOTP",
    ("alarm.type.mapping", "c8y_ThresholdAlarm"): "CRITICAL|Threshold exceeded",
    ("c8y.weather", "credentials.apiKey"): "not-for-your-eyes",
    ("configuration", "timezone"): "Europe/Berlin",
    ("password", "limit.validity"): "0",
}
COLLEAGUES = 34


def build_accounts(tenant: Tenant, seed: int, at: str) -> dict[str, dict[str, Any]]:
    """Fill in the accounts as of `at`; gives the sign-ins: `{user: {password, roles, totp_secret?}}`."""
    rng = random.Random(f"{seed}/{tenant.name}/accounts")  # noqa: S311 - repeatable
    add_standards(tenant)
    for option, value in OPTIONS.items():
        tenant.options[option] = {"value": value, "editable": option[0] != "password"}
    credentials = {name: _sign_in(tenant, rng, name, *details) for name, details in SIGN_INS.items()}
    secret = base64.b32encode(rng.randbytes(20)).decode()
    tenant.totp["tfa"] = {"secret": secret, "active": True, "enforced": True}
    credentials["tfa"]["totp_secret"] = secret
    _add_colleagues(tenant, rng)
    for user in tenant.users.values():
        user["lastPasswordChange"] = at
    return credentials


def add_standards(tenant: Tenant) -> None:
    """The groups, inventory roles and retention rule that each tenant begins with."""
    rule = {"dataType": "*", "fragmentType": "*", "type": "*", "source": "*", "maximumAge": 60}
    tenant.retention["1"] = {"id": "1", "editable": True} | rule
    for number, (name, (description, roles)) in enumerate(GROUPS.items(), 1):
        tenant.groups[number] = {
            "id": number,
            "name": name,
            "description": description,
            "roles": set(roles),
            "users": set(),
        }
    for number, (name, (description, permissions)) in enumerate(INVENTORY_ROLES.items(), 1):
        listed = [
            {"id": at, "scope": scope, "permission": right, "type": "*"}
            for at, (scope, right) in enumerate(permissions, 1)
        ]
        tenant.inventory_roles[number] = {
            "id": number,
            "name": name,
            "description": description,
            "permissions": listed,
        }


def build_management(tenant: Tenant, seed: int) -> dict[str, str]:
    """The administrator of the management tenant; gives `{"user", "password"}`."""
    rng = random.Random(f"{seed}/{tenant.name}")  # noqa: S311 - repeatable
    add_standards(tenant)
    tenant.profile |= {"company": "Cumulocity", "allowCreateTenants": True}
    signed = _sign_in(tenant, rng, "admin", *SIGN_INS["admin"])
    return {"user": "admin", "password": signed["password"]}


def _sign_in(
    tenant: Tenant, rng: random.Random, name: str, group: str, first: str, last: str
) -> dict[str, Any]:
    password = f"{name}-{rng.getrandbits(40):010x}"
    add_user(tenant, name, password, firstName=first, lastName=last, email=f"{name}@{tenant.domain}")
    group_named(tenant, group)["users"].add(name)
    return {"password": password, "roles": sorted(tenant.access.roles_of(name))}


def _add_colleagues(tenant: Tenant, rng: random.Random) -> None:
    people = [(f"{rng.choice(_FIRST)}.{rng.choice(_LAST)}", number) for number in range(COLLEAGUES)]
    named = [(f"{name.lower()}{number}", *name.split(".")) for name, number in people]
    for name, first, last in (*_STRANGE, *named):
        properties = {
            "firstName": first,
            "lastName": last,
            "email": f"user{len(tenant.users)}@{tenant.domain}",
        }
        user = add_user(
            tenant,
            name,
            f"{rng.getrandbits(60):015x}",
            **properties,
            phone=f"+49 30 {rng.randrange(10**6):06d}",
        )
        user["enabled"] = rng.random() > 0.1
        if rng.random() < 0.2:
            user["owner"] = "admin"
        group = rng.choice(("operators", "readers", "readers", "business", "Shift <b>leaders</b> & co"))
        group_named(tenant, group)["users"].add(name)


def add_bootstrap(tenant: Tenant) -> dict[str, str]:
    """The user that devices ask for their credentials with; gives `{"user", "password"}`."""
    password = "Fhdt1bb1f"  # noqa: S105 - the same in every sandbox, like the platform's own
    add_user(tenant, "devicebootstrap", password)
    tenant.user_roles["devicebootstrap"] = {"ROLE_DEVICE_BOOTSTRAP"}
    return {"user": "devicebootstrap", "password": password}
