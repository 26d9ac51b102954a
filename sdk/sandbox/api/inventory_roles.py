"""Inventory roles, and their assignment to users."""

from __future__ import annotations

from typing import Any

from sdk.sandbox.api.user_forms import ADMIN, CREATE, READ, fetch_user
from sdk.sandbox.call import Answer, Call, Json, Routes, duplicate, invalid, not_found
from sdk.sandbox.paging import collection

routes = Routes("user")

ROLES, ROLE = "/user/inventoryroles", "/user/inventoryroles/{id}"
ASSIGNMENTS = "/user/{tenantId}/users/{userId}/roles/inventory"
ASSIGNMENT = f"{ASSIGNMENTS}/{{id}}"
PERMISSIONS = ("ADMIN", "READ", "*")
SCOPES = ("ALARM", "AUDIT", "EVENT", "MANAGED_OBJECT", "MEASUREMENT", "OPERATION", "*")


def _render(call: Call, role: Json) -> Json:
    return role | {"self": call.link("user", "inventoryroles", str(role["id"]))}


def _fetch(call: Call) -> Json:
    role = call.tenant.inventory_roles.get(_number(call))
    if role is None:
        raise not_found(f"Inventory role '{call.path['id']}' was not found.")
    return role


def _number(call: Call) -> int:
    return int(call.path["id"]) if call.path["id"].isdecimal() else -1


@routes.get(ROLES, roles=READ, produces="inventoryrolecollection")
def list_inventory_roles(call: Call) -> Answer:
    found = list(call.tenant.inventory_roles.values())
    return collection(call, "roles", found, lambda role: _render(call, role), totals=("totalElements",))


@routes.post(ROLES, roles=ADMIN, consumes=("inventoryrole",), produces="inventoryrole")
def create_inventory_role(call: Call) -> Answer:
    for name in ("name", "description", "permissions"):
        if call.json.get(name) is None:
            raise invalid(f"'{name}' is required.")
    content = _checked(call, {})
    number = int(max(call.tenant.inventory_roles, default=0)) + 1
    role: Json = {"id": number} | content
    call.tenant.inventory_roles[number] = role
    _audit_role(call, role, "created")
    return Answer(_render(call, role), 201)


def _audit_role(call: Call, role: Json, what: str) -> None:
    source = str(role["id"])
    call.tenant.audit("InventoryRole", f"Inventory role {what}", role["name"], source, call.caller.name)


def _checked(call: Call, old: Json) -> Json:
    content = old | {
        key: call.json[key] for key in ("name", "description", "permissions") if key in call.json
    }
    if not isinstance(content.get("name"), str) or not content["name"]:
        raise invalid("'name' is required and must be a text.")
    if not isinstance(content.get("description", ""), str | None):
        raise invalid("'description' must be a text.")
    others = (role for role in call.tenant.inventory_roles.values() if role["id"] != old.get("id"))
    if any(role["name"] == content["name"] for role in others):
        raise duplicate(f"An inventory role named '{content['name']}' exists already.")
    permissions = content.setdefault("permissions", [])
    if not isinstance(permissions, list) or not all(_is_permission(entry) for entry in permissions):
        raise invalid(
            f"A permission has a scope of {', '.join(SCOPES)} and a permission of {', '.join(PERMISSIONS)}."
        )
    numbered = enumerate(permissions, 1)
    return content | {"permissions": [{"type": "*"} | entry | {"id": number} for number, entry in numbered]}


def _is_permission(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("scope") in SCOPES and entry.get("permission") in PERMISSIONS


@routes.get(ROLE, roles=READ, produces="inventoryrole")
def get_inventory_role(call: Call) -> Answer:
    return Answer(_render(call, _fetch(call)))


@routes.put(ROLE, roles=ADMIN, consumes=("inventoryrole",), produces="inventoryrole")
def update_inventory_role(call: Call) -> Answer:
    role = _fetch(call)
    role |= _checked(call, role)
    _audit_role(call, role, "updated")
    return Answer(_render(call, role))


@routes.delete(ROLE, roles=ADMIN)
def delete_inventory_role(call: Call) -> Answer:
    role = _fetch(call)
    number = role["id"]
    del call.tenant.inventory_roles[number]
    _audit_role(call, role, "deleted")
    for assignments in call.tenant.assignments.values():
        for assignment in assignments.values():
            assignment["roles"] = [role for role in assignment["roles"] if role != number]
    return Answer(status=204)


def _shown(call: Call, assignment: Json) -> Json:
    roles = [_render(call, call.tenant.inventory_roles[number]) for number in assignment["roles"]]
    own = call.link(
        "user", call.tenant.name, "users", call.path["userId"], "roles", "inventory", str(assignment["id"])
    )
    return assignment | {"roles": roles, "self": own}


def _of_user(call: Call) -> dict[int, Json]:
    return call.tenant.assignments.get(fetch_user(call, call.path["userId"])["userName"], {})


def _one(call: Call) -> Json:
    assignment = _of_user(call).get(_number(call))
    if assignment is None:
        raise not_found(f"Inventory assignment '{call.path['id']}' was not found.")
    return assignment


def _wanted_roles(call: Call) -> list[int]:
    """The numbers of the roles in the body, each told by id or name."""
    entries = call.json.get("roles")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise invalid("'roles' is required: a list of roles by id or name.")
    known = call.tenant.inventory_roles
    numbers = []
    for entry in entries:
        found = [
            role
            for role in known.values()
            if entry.get("id") == role["id"] or entry.get("name") == role["name"]
        ]
        if not found:
            raise not_found(f"Inventory role '{entry.get('id', entry.get('name'))}' was not found.")
        numbers.append(found[0]["id"])
    return numbers


@routes.get(ASSIGNMENTS, roles=READ, produces="inventoryassignmentcollection")
def list_assignments(call: Call) -> Answer:
    found = [_shown(call, assignment) for assignment in _of_user(call).values()]
    own = call.link("user", call.tenant.name, "users", call.path["userId"], "roles", "inventory")
    return Answer({"inventoryAssignments": found, "self": own})


@routes.post(ASSIGNMENTS, roles=CREATE, consumes=("inventoryassignment",), produces="inventoryassignment")
def create_assignment(call: Call) -> Answer:
    name = fetch_user(call, call.path["userId"])["userName"]
    source = str(call.json.get("managedObject"))
    if source not in call.tenant.inventory.objects:
        raise invalid("'managedObject' is required: the id of a managed object.")
    roles = _wanted_roles(call)
    assignments = call.tenant.assignments.setdefault(name, {})
    number = max((key for every in call.tenant.assignments.values() for key in every), default=0) + 1
    assignments[number] = {"id": number, "managedObject": source, "roles": roles}
    _audit_user(call, "Inventory role assigned")
    return Answer(_shown(call, assignments[number]))


@routes.get(ASSIGNMENT, roles=READ, produces="inventoryassignment")
def get_assignment(call: Call) -> Answer:
    return Answer(_shown(call, _one(call)))


@routes.put(ASSIGNMENT, roles=CREATE, consumes=("inventoryassignment",), produces="inventoryassignment")
def update_assignment(call: Call) -> Answer:
    assignment = _one(call)
    assignment["roles"] = _wanted_roles(call)
    _audit_user(call, "Inventory role assignment changed")
    return Answer(_shown(call, assignment))


def _audit_user(call: Call, text: str) -> None:
    name = call.path["userId"]
    call.tenant.audit("User", "User updated", text, name, call.caller.name)


@routes.delete(ASSIGNMENT, roles=CREATE)
def delete_assignment(call: Call) -> Answer:
    del _of_user(call)[_one(call)["id"]]
    _audit_user(call, "Inventory role assignment removed")
    return Answer(status=204)
