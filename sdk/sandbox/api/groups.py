"""Groups (the user interface calls them global roles), their members and permissions."""

from __future__ import annotations

from sdk.sandbox.api.user_forms import (
    ADMIN,
    CREATE,
    LONGEST_GROUP_NAME,
    READ,
    fetch_group,
    fetch_user,
    give_applications,
    referenced,
    require_tenant,
    role_reference,
    wanted_applications,
)
from sdk.sandbox.api.user_forms import group as group_form
from sdk.sandbox.api.user_forms import user as user_form
from sdk.sandbox.call import Answer, Call, Json, Routes, duplicate, forbidden, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.access import ROLES

routes = Routes("user")

GROUPS, GROUP = "/user/{tenantId}/groups", "/user/{tenantId}/groups/{groupId}"
SETTABLE = frozenset(("name", "description", "customProperties"))
TOLERATED = frozenset(("id", "self", "roles", "users", "applications", "devicePermissions"))


@routes.get(GROUPS, roles=READ, produces="groupcollection")
def list_groups(call: Call) -> Answer:
    require_tenant(call)
    return collection(
        call, "groups", list(call.tenant.groups.values()), lambda found: group_form(call, found)
    )


@routes.post(GROUPS, roles=CREATE, consumes=("group",), produces="group")
def create_group(call: Call) -> Answer:
    require_tenant(call)
    content, applications = _checked(call), wanted_applications(call)
    if "name" not in content:
        raise invalid("'name' is required.")
    number = max(call.tenant.groups, default=0) + 1
    found = {"id": number, "roles": set(), "users": set()} | content
    call.tenant.groups[number] = found
    give_applications(call, "group", number, applications)
    call.tenant.audit(
        "Group", "Group created", f"Group '{found['name']}' created", str(number), call.caller.name
    )
    shown = group_form(call, found)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


def _checked(call: Call, number: int = 0) -> Json:
    """The settable content of the body; `number` is the group that may keep its name."""
    for key in call.json:
        if key not in SETTABLE | TOLERATED:
            raise invalid(f"The property '{key}' of a group cannot be set.")
    content = {key: value for key, value in call.json.items() if key in SETTABLE}
    name = content.get("name", "x")
    if not isinstance(name, str) or not name or len(name) > LONGEST_GROUP_NAME:
        raise invalid(f"'name' is required: a text of at most {LONGEST_GROUP_NAME} characters.")
    if not isinstance(content.get("description"), str | None):
        raise invalid("'description' must be a text.")
    if not isinstance(content.get("customProperties", {}), dict):
        raise invalid("'customProperties' must be an object.")
    if any(
        other["name"] == content.get("name") and other["id"] != number
        for other in call.tenant.groups.values()
    ):
        raise duplicate(f"A group named '{name}' exists already.")
    return content


@routes.get(GROUP, roles=(*CREATE, *READ), produces="group")
def get_group(call: Call) -> Answer:
    return Answer(group_form(call, fetch_group(call)))


@routes.put(GROUP, roles=ADMIN, consumes=("group",), produces="group")
def update_group(call: Call) -> Answer:
    found = fetch_group(call)
    content, applications = _checked(call, found["id"]), wanted_applications(call)
    found |= content
    give_applications(call, "group", found["id"], applications)
    _force_logout(call, found)
    call.tenant.audit(
        "Group", "Group updated", f"Group '{found['name']}' updated", str(found["id"]), call.caller.name
    )
    return Answer(group_form(call, found))


@routes.delete(GROUP, roles=ADMIN)
def delete_group(call: Call) -> Answer:
    found = fetch_group(call)
    _force_logout(call, found)
    del call.tenant.groups[found["id"]]
    call.tenant.given_applications.pop(("group", found["id"]), None)
    call.tenant.audit(
        "Group", "Group deleted", f"Group '{found['name']}' deleted", str(found["id"]), call.caller.name
    )
    return Answer(status=204)


def _force_logout(call: Call, found: Json) -> None:
    if call.flag("forceLogout"):
        for name in found["users"]:
            call.tenant.sessions.pop(name, None)


@routes.get("/user/{tenantId}/groupByName/{groupName}", roles=READ, produces="group")
def get_group_by_name(call: Call) -> Answer:
    require_tenant(call)
    for found in call.tenant.groups.values():
        if found["name"] == call.path["groupName"]:
            return Answer(group_form(call, found))
    raise not_found(f"Group '{call.path['groupName']}' was not found.")


@routes.get(f"{GROUP}/users", roles=READ, produces="userreferencecollection")
def list_members(call: Call) -> Answer:
    members = sorted(fetch_group(call)["users"])
    return collection(
        call, "references", members, lambda name: _member(call, name), totals=("totalElements",)
    )


def _member(call: Call, name: str) -> Json:
    own = call.link("user", call.tenant.name, "groups", call.path["groupId"], "users", name)
    return {"user": user_form(call, call.tenant.users[name], brief=True), "self": own}


@routes.post(f"{GROUP}/users", roles=CREATE, consumes=("userreference",), produces="userreference")
def add_member(call: Call) -> Answer:
    found = fetch_group(call)
    name = fetch_user(call, referenced(call, "user"))["userName"]
    found["users"].add(name)
    call.tenant.audit("User", "User updated", f"Added to group '{found['name']}'", name, call.caller.name)
    shown = _member(call, name)
    return Answer(shown, 201, headers=[("Location", shown["self"])])


@routes.delete(f"{GROUP}/users/{{userId}}", roles=CREATE)
def remove_member(call: Call) -> Answer:
    found, name = fetch_group(call), call.path["userId"]
    if name not in found["users"]:
        raise not_found(f"User '{name}' is not in group '{found['name']}'.")
    if name == call.caller.name:
        raise forbidden("You cannot take yourself out of a group.")
    found["users"].remove(name)
    call.tenant.audit("User", "User updated", f"Removed from group '{found['name']}'", name, call.caller.name)
    return Answer(status=204)


@routes.get(f"{GROUP}/roles", roles=("ROLE_USER_MANAGEMENT_READ",), produces="rolereferencecollection")
def list_group_roles(call: Call) -> Answer:
    found = fetch_group(call)
    own = call.link("user", call.tenant.name, "groups", str(found["id"]))
    roles = sorted(found["roles"])
    return collection(call, "references", roles, lambda name: role_reference(call, name, own), totals=())


@routes.post(f"{GROUP}/roles", roles=ADMIN, consumes=("rolereference",), produces="rolereference")
def assign_group_role(call: Call) -> Answer:
    found, name = fetch_group(call), referenced(call, "role")
    if name not in ROLES:
        raise not_found(f"Role '{name}' was not found.")
    if name in found["roles"]:
        raise duplicate(f"Group '{found['name']}' has the role '{name}' already.")
    found["roles"].add(name)
    text = f"Role '{name}' assigned"
    call.tenant.audit("Group", "Group updated", text, str(found["id"]), call.caller.name)
    own = call.link("user", call.tenant.name, "groups", str(found["id"]))
    return Answer(role_reference(call, name, own), 201)


@routes.delete(f"{GROUP}/roles/{{roleId}}", roles=ADMIN)
def unassign_group_role(call: Call) -> Answer:
    found = fetch_group(call)
    if call.path["roleId"] not in found["roles"]:
        raise not_found(f"Group '{found['name']}' has no role '{call.path['roleId']}'.")
    found["roles"].remove(call.path["roleId"])
    text = f"Role '{call.path['roleId']}' removed"
    call.tenant.audit("Group", "Group updated", text, str(found["id"]), call.caller.name)
    return Answer(status=204)


@routes.get("/user/{tenantId}/users/{userId}/groups", roles=READ, produces="groupreferencecollection")
def list_groups_of_user(call: Call) -> Answer:
    name = fetch_user(call, call.path["userId"])["userName"]
    found = [group for group in call.tenant.groups.values() if name in group["users"]]
    own = call.link("user", call.tenant.name, "users", name, "groups")
    return collection(call, "references", found, lambda group: _of_user(call, group, own))


def _of_user(call: Call, found: Json, own: str) -> Json:
    return {"group": group_form(call, found), "self": f"{own}/{found['id']}"}
