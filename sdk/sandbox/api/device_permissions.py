"""Device permissions: what users and groups may do with one device, as `<API>:<fragment>:<permission>`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdk.sandbox.api.user_forms import CREATE, READ
from sdk.sandbox.api.user_forms import group as group_form
from sdk.sandbox.api.user_forms import user as user_form
from sdk.sandbox.call import Answer, Call, Json, Routes, forbidden, invalid, not_found

routes = Routes("user")

PERMISSIONS = "/user/devicePermissions/{id}"
_PERMISSION = re.compile(
    r"(OPERATION|ALARM|AUDIT|EVENT|MANAGED_OBJECT|MEASUREMENT|\*):[^:\s]+:(ADMIN|READ|\*)"
)


def _device(call: Call) -> str:
    if call.path["id"] not in call.tenant.inventory.objects:
        raise not_found(f"Managed object '{call.path['id']}' was not found.")
    return call.path["id"]


@routes.get(PERMISSIONS, roles=READ, produces="application/json")
def get_permissions(call: Call) -> Answer:
    device = _device(call)
    users, groups = call.tenant.users.values(), call.tenant.groups.values()
    return Answer(
        {
            "users": [user_form(call, found) for found in users if device in _of(found)],
            "groups": [group_form(call, found) for found in groups if device in _of(found)],
        }
    )


def _of(holder: Json) -> Json:
    found: Json = holder.get("devicePermissions", {})
    return found


@routes.put(PERMISSIONS, roles=CREATE, consumes=("application/json",))
def set_permissions(call: Call) -> Answer:
    """All entries are checked before the first is applied."""
    device = _device(call)
    if not call.holds("ROLE_USER_MANAGEMENT_ADMIN") and not _has_all(call, device):
        raise forbidden()
    changes = [*_entries(call, device, "users"), *_entries(call, device, "groups")]
    for holder, wanted in changes:
        kept = {key: value for key, value in _of(holder).items() if key != device}
        holder["devicePermissions"] = kept | ({device: wanted} if wanted else {})
    text = f"Device permissions of '{device}' updated"
    call.tenant.audit("User", "Device permissions updated", text, device, call.caller.name)
    return Answer(status=200)


def _has_all(call: Call, device: str) -> bool:
    return call.tenant.access.permits(call.caller, device, "*:*")


def _entries(call: Call, device: str, kind: str) -> Iterator[tuple[Json, list[str]]]:
    """Each user or group of the body with the permissions that it is to have."""
    entries = call.json.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise invalid(f"'{kind}' must be a list.")
    for entry in entries:
        holder = _holder(call, kind, entry)
        wanted = entry.get("devicePermissions", {})
        listed = wanted.get(device, []) if isinstance(wanted, dict) else None
        if not isinstance(listed, list) or not all(_is_permission(text) for text in listed):
            raise invalid(f'A device permission looks like {{"{device}": ["MANAGED_OBJECT:*:READ"]}}.')
        yield holder, listed


def _is_permission(text: object) -> bool:
    return isinstance(text, str) and _PERMISSION.fullmatch(text) is not None


def _holder(call: Call, kind: str, entry: Json) -> Json:
    name = str(entry.get("userName" if kind == "users" else "id"))
    if kind == "users" and name in call.tenant.users:
        return call.tenant.users[name]
    if kind == "groups" and name.isdecimal() and int(name[:18]) in call.tenant.groups:
        return call.tenant.groups[int(name[:18])]
    raise invalid(f"There is no '{name}' among the {kind}.")
