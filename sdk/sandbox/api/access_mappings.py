"""Access mappings of single sign-on: which claims of a token give which groups, applications and roles."""

from __future__ import annotations

from collections.abc import Callable

from sdk.sandbox.api.login_options import ADMIN, OPTION, end_sessions, fetch
from sdk.sandbox.call import Answer, Call, Json, Routes, invalid, not_found

routes = Routes("tenant")

READ = (
    "ROLE_TENANT_ADMIN",
    "ROLE_TENANT_MANAGEMENT_READ",
    "ROLE_USER_MANAGEMENT_ADMIN",
    "ROLE_USER_MANAGEMENT_CREATE",
)
OPERATORS = ("EQ", "NEQ", "GT", "LT", "GTE", "LTE", "IN", "AND", "OR")


def _check_when(when: object) -> None:
    """A condition is a tree of predicates."""
    if not isinstance(when, dict) or when.get("operator") not in OPERATORS:
        raise invalid(f"'when' is required: a predicate whose operator is one of {', '.join(OPERATORS)}.")
    children = when.get("childPredicates", [])
    for child in children if isinstance(children, list) else [children]:
        _check_when(child)


def _numbers(body: Json, name: str) -> list[int]:
    found = body.get(name, [])
    if not isinstance(found, list) or not all(
        isinstance(it, int) and not isinstance(it, bool) for it in found
    ):
        raise invalid(f"'{name}' must be a list of numbers.")
    return found


def _access(call: Call) -> Json:
    groups = _numbers(call.json, "thenGroups")
    unknown = [number for number in groups if number not in call.tenant.groups]
    if unknown:
        raise invalid(f"There is no group '{unknown[0]}'.")
    return {"thenGroups": groups, "thenApplications": _numbers(call.json, "thenApplications")}


def _inventory_access(call: Call) -> Json:
    entries = call.json.get("thenInventoryRoles")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise invalid("'thenInventoryRoles' is required: a list of objects with managedObject and roleIds.")
    for entry in entries:
        if not isinstance(entry.get("managedObject"), str):
            raise invalid("'managedObject' must be the id of a managed object.")
        unknown = [it for it in _numbers(entry, "roleIds") if it not in call.tenant.inventory_roles]
        if unknown:
            raise invalid(f"There is no inventory role '{unknown[0]}'.")
    return {"thenInventoryRoles": entries}


READERS: dict[str, Callable[[Call], Json]] = {
    "accessMappings": _access,
    "inventoryAccessMappings": _inventory_access,
}
"""What a body of each kind says, checked."""


def _kind(call: Call) -> str:
    return call.route.template.split("/")[4]


def _stored(call: Call) -> dict[str, Json]:
    option = fetch(call)
    if option["type"] != "OAUTH2":
        raise invalid("Only single sign-on (OAUTH2) has access mappings.")
    return call.tenant.access_mappings.setdefault((option["id"], _kind(call)), {})


def _fetched(call: Call) -> Json:
    mapping = _stored(call).get(call.path["id"])
    if mapping is None:
        raise not_found(f"Access mapping '{call.path['id']}' was not found.")
    return mapping


def _render(call: Call, mapping: Json) -> Json:
    own = ("tenant", "loginOptions", call.path["typeOrId"], _kind(call), mapping["id"])
    return mapping | {"self": call.link(*own)}


def _content(call: Call) -> Json:
    _check_when(call.json.get("when"))
    return {"when": call.json["when"]} | READERS[_kind(call)](call)


def _ends_sessions(call: Call) -> bool:
    return call.flag("terminateUserSessions", default=True)


def list_mappings(call: Call) -> Answer:
    own = call.link("tenant", "loginOptions", call.path["typeOrId"], _kind(call))
    return Answer({_kind(call): [_render(call, found) for found in _stored(call).values()], "self": own})


def get_mapping(call: Call) -> Answer:
    return Answer(_render(call, _fetched(call)))


def create_mapping(call: Call) -> Answer:
    mappings, content, ends = _stored(call), _content(call), _ends_sessions(call)
    mapping: Json = {"id": call.tenant.next_id()} | content
    mappings[mapping["id"]] = mapping
    if ends:
        end_sessions(call)
    return Answer(_render(call, mapping))


def update_mapping(call: Call) -> Answer:
    mapping, content, ends = _fetched(call), _content(call), _ends_sessions(call)
    mapping |= content
    if ends:
        end_sessions(call)
    return Answer(_render(call, mapping))


def delete_mapping(call: Call) -> Answer:
    mapping, ends = _fetched(call), _ends_sessions(call)
    del _stored(call)[mapping["id"]]
    if ends:
        end_sessions(call)
    return Answer(status=204)


for _collection in READERS:
    _every, _one, _media = f"{OPTION}/{_collection}", f"{OPTION}/{_collection}/{{id}}", _collection[:-1]
    routes.get(_every, roles=READ, produces=f"{_media}Collection")(list_mappings)
    routes.post(_every, roles=ADMIN, consumes=(_media,), produces=_media)(create_mapping)
    routes.get(_one, roles=READ, produces=_media)(get_mapping)
    routes.put(_one, roles=ADMIN, consumes=(_media,), produces=_media)(update_mapping)
    routes.delete(_one, roles=ADMIN)(delete_mapping)
