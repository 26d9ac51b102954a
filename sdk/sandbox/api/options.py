"""Tenant options and system options."""

from __future__ import annotations

import re

from sdk.sandbox.call import Answer, Call, Json, Routes, forbidden, invalid, not_found
from sdk.sandbox.paging import collection

routes = Routes("tenant")

READ, ADMIN = ("ROLE_OPTION_MANAGEMENT_READ",), ("ROLE_OPTION_MANAGEMENT_ADMIN",)
OPTIONS, CATEGORY = "/tenant/options", "/tenant/options/{category}"
OPTION = "/tenant/options/{category}/{key}"
ENCRYPTED, SECRET_PREFIX = "<<Encrypted>>", "credentials."
SYSTEM_OPTIONS = {
    ("system", "version"): "2026.11.0",
    ("files", "max.size"): "52428800",
    ("password", "enforce.strength"): "false",
    ("password", "green.min-length"): "8",
    ("two-factor-authentication", "enabled"): "true",
    ("support-user", "enabled"): "true",
}
_BAD_CATEGORY = re.compile(r"""[\s$&+,/:;=?@"<>#%{}|\\^~\[\]`]""")


def _shown(key: str, value: str) -> str:
    return ENCRYPTED if key.startswith(SECRET_PREFIX) else value


def _render(call: Call, category: str, key: str) -> Json:
    value = _shown(key, call.tenant.options[category, key]["value"])
    return {
        "category": category,
        "key": key,
        "value": value,
        "self": call.link("tenant", "options", category, key),
    }


@routes.get(OPTIONS, roles=READ, produces="optioncollection")
def list_options(call: Call) -> Answer:
    found = sorted(call.tenant.options)
    return collection(call, "options", found, lambda name: _render(call, *name), totals=("totalPages",))


@routes.post(OPTIONS, roles=ADMIN, consumes=("option",), produces="option")
def create_option(call: Call) -> Answer:
    category, key, value = (call.json.get(name) for name in ("category", "key", "value"))
    if not isinstance(category, str) or not category or _BAD_CATEGORY.search(category):
        raise invalid("'category' is required and must not contain blanks or $ & + , / : ; = ? @ \" < > # %.")
    if not isinstance(key, str) or not key:
        raise invalid("'key' is required and must be a text.")
    _set(call, category, key, value)
    return Answer(_render(call, category, key))


def _set(call: Call, category: str, key: str, value: object) -> None:
    if not isinstance(value, str):
        raise invalid("'value' is required and must be a text.")
    option = call.tenant.options.setdefault((category, key), {"editable": True})
    if not option["editable"]:
        raise forbidden("The option is not editable.")
    option["value"] = value
    text = f"Option '{category}/{key}' set"
    call.tenant.audit("Option", "Option updated", text, f"{category}/{key}", call.caller.name)


@routes.get(CATEGORY, roles=READ, produces="option")
def get_category(call: Call) -> Answer:
    category = call.path["category"]
    found = {key: option["value"] for (name, key), option in call.tenant.options.items() if name == category}
    return Answer({key: _shown(key, value) for key, value in found.items()})


@routes.put(CATEGORY, roles=ADMIN, consumes=("application/json",), produces="option")
def update_category(call: Call) -> Answer:
    if not all(isinstance(value, str) for value in call.json.values()):
        raise invalid("The values of options must be texts.")
    for key, value in call.json.items():
        _set(call, call.path["category"], key, value)
    return get_category(call)


def _name(call: Call) -> tuple[str, str]:
    name = call.path["category"], call.path["key"]
    if name not in call.tenant.options:
        raise not_found(f"Unable to find option by category '{name[0]}' and key '{name[1]}'.")
    return name


@routes.get(OPTION, roles=READ, produces="option")
def get_option(call: Call) -> Answer:
    return Answer(_render(call, *_name(call)))


@routes.put(OPTION, roles=ADMIN, consumes=("application/json", "option"), produces="option")
def update_option(call: Call) -> Answer:
    _set(call, *_name(call), call.json.get("value"))
    return Answer(_render(call, *_name(call)))


@routes.delete(OPTION, roles=ADMIN)
def delete_option(call: Call) -> Answer:
    name = _name(call)
    if not call.tenant.options[name]["editable"]:
        raise forbidden("The option is not editable.")
    del call.tenant.options[name]
    return Answer(status=204)


@routes.get("/tenant/system/options", produces="optioncollection")
def list_system_options(call: Call) -> Answer:
    found = [
        {"category": category, "key": key, "value": value}
        for (category, key), value in SYSTEM_OPTIONS.items()
    ]
    return Answer({"options": found, "self": call.link("tenant", "system", "options")})


@routes.get("/tenant/system/options/{category}/{key}", produces="option")
def get_system_option(call: Call) -> Answer:
    category, key = call.path["category"], call.path["key"]
    value = SYSTEM_OPTIONS.get((category, key))
    if value is None:
        raise not_found(f"Unable to find system option by category '{category}' and key '{key}'.")
    own = call.link("tenant", "system", "options", category, key)
    return Answer({"category": category, "key": key, "value": value, "self": own})
