"""Roles, which the user interface calls permissions, and their assignment to users."""

from __future__ import annotations

from sdk.sandbox.api.user_forms import CREATE, READ, fetch_user, referenced, role_reference
from sdk.sandbox.api.user_forms import role as role_form
from sdk.sandbox.call import Answer, Call, Routes, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.store.access import ROLES

routes = Routes("user")

USER = "/user/{tenantId}/users/{userId}"


@routes.post(f"{USER}/roles", roles=CREATE, consumes=("rolereference",), produces="rolereference")
def assign_role(call: Call) -> Answer:
    found = fetch_user(call, call.path["userId"])
    name = referenced(call, "role")
    if name not in ROLES:
        raise not_found(f"Role '{name}' was not found.")
    call.tenant.user_roles.setdefault(found["userName"], set()).add(name)
    call.tenant.audit("User", "User updated", f"Role '{name}' assigned", found["userName"], call.caller.name)
    own = call.link("user", call.tenant.name, "users", found["userName"])
    return Answer(role_reference(call, name, own), 201)


@routes.delete(f"{USER}/roles/{{roleId}}", roles=READ)
def unassign_role(call: Call) -> Answer:
    found = fetch_user(call, call.path["userId"])
    held = call.tenant.user_roles.get(found["userName"], set())
    if call.path["roleId"] not in held:
        raise not_found(f"User '{found['userName']}' has no role '{call.path['roleId']}'.")
    held.remove(call.path["roleId"])
    call.tenant.audit(
        "User", "User updated", f"Role '{call.path['roleId']}' removed", found["userName"], call.caller.name
    )
    return Answer(status=204)


@routes.get("/user/roles", roles=READ, produces="rolecollection")
def list_roles(call: Call) -> Answer:
    return collection(call, "roles", sorted(ROLES), lambda name: role_form(call, name))


@routes.get("/user/roles/{name}", roles=READ, produces="role")
def get_role(call: Call) -> Answer:
    if call.path["name"] not in ROLES:
        raise not_found(f"Role '{call.path['name']}' was not found.")
    return Answer(role_form(call, call.path["name"]))
