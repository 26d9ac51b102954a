"""Tenant options and system options."""

from __future__ import annotations

import re

from sdk.sandbox.call import Answer, Call, Json, Routes, forbidden, invalid, not_found
from sdk.sandbox.files import LARGEST_FILE, bad_request
from sdk.sandbox.paging import collection
from sdk.sandbox.store.tenant import Tenant

routes = Routes("tenant")

READ, ADMIN = ("ROLE_OPTION_MANAGEMENT_READ",), ("ROLE_OPTION_MANAGEMENT_ADMIN",)
OPTIONS, CATEGORY = "/tenant/options", "/tenant/options/{category}"
OPTION = "/tenant/options/{category}/{key}"
ENCRYPTED, SECRET_PREFIX = "<<Encrypted>>", "credentials."
SYSTEM_OPTIONS = {
    ("system", "version"): "2026.11.0",
    ("files", "max.size"): str(LARGEST_FILE),
    ("files", "microservice.zipped.max.size"): "524288000",
    ("files", "webapp.zipped.max.size"): "52428800",
    ("password", "enforce.strength"): "false",
    ("password", "green.min-length"): "8",
    ("password", "limit.validity"): "0",
    ("two-factor-authentication", "enabled"): "true",
    ("two-factor-authentication", "enforced"): "false",
    ("two-factor-authentication", "token.validity"): "1440",
    ("authentication", "badRequestCounter"): "100",
    ("device-control", "bulkoperation.creationramp"): "15",
    ("device-registration", "security-token.policy"): "OPTIONAL",
    ("support-user", "enabled"): "true",
}
SECURED = {
    ("files", "microservice.zipped.max.size"),
    ("files", "webapp.zipped.max.size"),
    ("password", "green.min-length"),
    ("two-factor-authentication", "token.validity"),
    ("authentication", "badRequestCounter"),
}
"""For these ROLE_OPTION_MANAGEMENT_ADMIN is needed."""
_BAD_CATEGORY = re.compile(r"""[\s$&+,/:;=?@"<>#%{}|\\^~\[\]`]""")
Name = tuple[str, str]


def _values(call: Call) -> dict[Name, Json]:
    """The options of the tenant; one that may create tenants inherits those of the management tenant."""
    own = call.tenant.options
    if not call.tenant.profile.get("allowCreateTenants") or call.tenant.name == "management":
        return own
    return call.sandbox.tenants["management"].options | own


def _owns(call: Call, category: str) -> bool:
    """Whether the caller is a user of the microservice that the category belongs to."""
    app = call.sandbox.applications.get(call.tenant.service_users.get(call.caller.name, ""))
    return app is not None and app.category == category


def _shown(call: Call, category: str, key: str, value: str) -> tuple[str, str]:
    """Key and value as the caller sees them: a secret in clear, and without its prefix, for its owner."""
    if not key.startswith(SECRET_PREFIX):
        return key, value
    return (key.removeprefix(SECRET_PREFIX), value) if _owns(call, category) else (key, ENCRYPTED)


def revealed(call: Call, category: str) -> Json:
    """The options of a category as the caller sees them: `{key: value}`."""
    found = [(name[1], option["value"]) for name, option in _values(call).items() if name[0] == category]
    return dict(_shown(call, category, key, value) for key, value in found)


def _render(call: Call, name: Name) -> Json:
    category, key = name
    key, value = _shown(call, category, key, _values(call)[name]["value"])
    own = call.link("tenant", "options", category, key)
    return {"category": category, "key": key, "value": value, "self": own}


@routes.get(OPTIONS, roles=READ, produces="optioncollection")
def list_options(call: Call) -> Answer:
    found = sorted(_values(call))
    return collection(call, "options", found, lambda name: _render(call, name), totals=("totalPages",))


@routes.post(OPTIONS, roles=ADMIN, consumes=("option",), produces="option")
def create_option(call: Call) -> Answer:
    category, key, value = (call.json.get(name) for name in ("category", "key", "value"))
    _check_category(category)
    if not isinstance(key, str) or not key:
        raise invalid("'key' is required and must be a text.")
    name = str(category), key
    _set(call, name, value)
    return Answer(_render(call, name))


def _check_category(category: object) -> None:
    if not isinstance(category, str) or not category or _BAD_CATEGORY.search(category):
        raise invalid("'category' is required and must not contain blanks or $ & + , / : ; = ? @ \" < > # %.")


def _set(call: Call, name: Name, value: object) -> None:
    _check_value(value)
    _check_editable(call, name)
    call.tenant.options.setdefault(name, {"editable": True})["value"] = value
    _audit(call, name, "set")


def _check_value(value: object) -> None:
    if not isinstance(value, str):
        raise invalid("'value' is required and must be a text.")


def _check_editable(call: Call, name: Name) -> None:
    if not call.tenant.options.get(name, {"editable": True})["editable"]:
        raise forbidden("The option is not editable.")


def _audit(call: Call, name: Name, what: str) -> None:
    where = "/".join(name)
    call.tenant.audit("Option", "Option updated", f"Option '{where}' {what}", where, call.caller.name)


@routes.get(CATEGORY, roles=READ, produces="option")
def get_category(call: Call) -> Answer:
    return Answer(revealed(call, call.path["category"]))


@routes.put(CATEGORY, roles=ADMIN, consumes=("application/json",), produces="option")
def update_category(call: Call) -> Answer:
    category = call.path["category"]
    _check_category(category)
    for key, value in call.json.items():
        if not key:
            raise invalid("The keys of options must not be empty.")
        _check_value(value)
        _check_editable(call, (category, key))
    for key, value in call.json.items():
        _set(call, (category, key), value)
    return get_category(call)


def _find(call: Call) -> Name:
    """The name of the option in the path; its owner may leave out the prefix of a secret."""
    category, key = call.path["category"], call.path["key"]
    values = _values(call)
    if (category, key) not in values and _owns(call, category):
        key = SECRET_PREFIX + key
    if (category, key) not in values:
        raise not_found(f"Unable to find option by category '{category}' and key '{key}'.")
    return category, key


@routes.get(OPTION, roles=READ, produces="option")
def get_option(call: Call) -> Answer:
    return Answer(_render(call, _find(call)))


@routes.put(OPTION, roles=ADMIN, consumes=("application/json", "option"), produces="option")
def update_option(call: Call) -> Answer:
    name = _find(call)
    _set(call, name, call.json.get("value"))
    return Answer(_render(call, name))


@routes.delete(OPTION, roles=ADMIN)
def delete_option(call: Call) -> Answer:
    name = _find(call)
    _check_editable(call, name)
    if name not in call.tenant.options:
        raise forbidden("The option is inherited from the management tenant.")
    del call.tenant.options[name]
    _audit(call, name, "deleted")
    return Answer(status=204)


@routes.put(f"{OPTION}/editable", roles=ADMIN, consumes=("application/json",), wide=True)
def set_editable(call: Call) -> Answer:
    if call.tenant.name != "management":
        raise forbidden("Only the management tenant decides what may be edited.")
    editable = call.json.get("editable")
    if not isinstance(editable, bool):
        raise bad_request("'editable' must be true or false.")
    target: Tenant | None = call.sandbox.tenants.get(call.text("targetTenant") or "")
    name = call.path["category"], call.path["key"]
    if target is None or name not in target.options:
        raise not_found(f"Unable to find option by category '{name[0]}' and key '{name[1]}'.")
    target.options[name]["editable"] = editable
    return Answer(status=200)


@routes.get("/tenant/system/options", produces="optioncollection")
def list_system_options(call: Call) -> Answer:
    clear = call.holds(*ADMIN)
    found = [
        {"category": name[0], "key": name[1], "value": value if clear or name not in SECURED else ENCRYPTED}
        for name, value in SYSTEM_OPTIONS.items()
    ]
    return Answer({"options": found, "self": call.link("tenant", "system", "options")})


@routes.get("/tenant/system/options/{category}/{key}", produces="option")
def get_system_option(call: Call) -> Answer:
    category, key = call.path["category"], call.path["key"]
    value = SYSTEM_OPTIONS.get((category, key))
    if value is None:
        raise not_found(f"Unable to find system option by category '{category}' and key '{key}'.")
    if (category, key) in SECURED and not call.holds(*ADMIN):
        raise forbidden()
    own = call.link("tenant", "system", "options", category, key)
    return Answer({"category": category, "key": key, "value": value, "self": own})
