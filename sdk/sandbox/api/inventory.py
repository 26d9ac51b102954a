"""Inventory: managed objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from functools import partial
from typing import Any

from sdk.sandbox.api.managed_objects import (
    ADMIN,
    CREATE,
    LARGEST_COLLECTION,
    READ,
    change,
    check,
    check_new,
    create,
    fetch,
    render,
)
from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, invalid
from sdk.sandbox.conditions import Condition
from sdk.sandbox.paging import collection
from sdk.sandbox.query import parse
from sdk.sandbox.store.inventory import KINDS
from sdk.sandbox.store.tenant import Tenant

routes = Routes("inventory")

OBJECTS = "/inventory/managedObjects"
OBJECT = "/inventory/managedObjects/{id}"
_CHILD_PARAMETERS = {
    "childDeviceId": "childDevices",
    "childAssetId": "childAssets",
    "childAdditionId": "childAdditions",
}


@routes.get(OBJECTS, roles=READ, scope="MANAGED_OBJECT:READ", produces="managedobjectcollection")
def list_objects(call: Call) -> Answer:
    return collection(call, "managedObjects", matches(call), lambda found: render(call, found), source=_id)


@routes.get(
    f"{OBJECTS}/count", roles=READ, scope="MANAGED_OBJECT:READ", produces="text/plain|application/json"
)
def count_objects(call: Call) -> Answer:
    found = matches(call)
    counted = isinstance(found, Sized) and call.sees_all
    seen = len(found) if counted else sum(call.sees(entry["id"]) for entry in found)  # type: ignore[arg-type]
    return Answer(str(seen), media="text/plain")


def _id(document: Json) -> str:
    return str(document["id"])


def matches(call: Call) -> Iterable[Json]:
    """The objects the parameters select, in order; `query` and `q` push aside all simple filters."""
    inventory = call.tenant.inventory
    device_query = call.text("q")
    text = call.text("query") or device_query
    if text is not None:
        query = parse(text, inventory)
        within = inventory.index.having("c8y_IsDevice") if device_query is not None else None
        return inventory.index.select(query.condition, within, query.order)
    search, ids = call.text("text"), call.listed("ids")
    if search is not None:
        return _filtered(call, inventory.index.search(search, call.tenant.external_ids))
    if ids:
        wanted = sorted({found for found in ids if found in inventory.objects}, key=int)
        return _filtered(call, (inventory.objects[found] for found in wanted))
    found = inventory.index.select(simple_filters(call))
    return _filtered(call, found) if call.flag("onlyRoots") else found


def simple_filters(call: Call) -> Condition:
    """The filters that the indexes answer."""
    narrow: list[tuple[str, Any]] = []
    for parameter, kind in (("type", "type"), ("owner", "owner"), ("fragmentType", "fragment")):
        if call.text(parameter):
            narrow.append((kind, call.text(parameter)))
    for parameter, kind in _CHILD_PARAMETERS.items():
        child = call.text(parameter)
        if child:
            narrow.append(("ids", call.tenant.inventory.parents[kind].get(child, ())))
    return Condition(lambda _: True, narrow, exact=True)


def _filtered(call: Call, found: Iterable[Json]) -> Iterator[Json]:
    """The simple filters beside `text`, `ids` and `onlyRoots`."""
    kind, owner, fragment = call.text("type"), call.text("owner"), call.text("fragmentType")
    roots = call.flag("onlyRoots")
    for document in found:
        fits = kind in (None, document.get("type")) and owner in (None, document.get("owner"))
        if (
            fits
            and (fragment is None or fragment in document)
            and not (roots and _has_parent(call, document))
        ):
            yield document


def _has_parent(call: Call, document: Json) -> bool:
    """Whether the caller can see a parent of the object."""
    parents = call.tenant.inventory.parents
    return any(call.sees(parent) for kind in KINDS for parent in parents[kind].get(document["id"], ()))


@routes.post(
    OBJECTS,
    roles=CREATE,
    consumes=("managedobject", "managedobjectcollection"),
    produces="managedobject|managedobjectcollection",
)
def create_objects(call: Call) -> Answer:
    if not call.sent("managedobjectcollection"):
        check_new(call, call.json)
        document = create(call, call.json)
        where = call.link("inventory", "managedObjects", document["id"])
        return Answer(render(call, document), 201, "managedobject", [("Location", where)])
    bodies = _several(call)
    check_new(call, *bodies)
    made = [render(call, create(call, body)) for body in bodies]
    return Answer({"managedObjects": made}, 201, "managedobjectcollection")


@routes.put(
    OBJECTS,
    roles=ADMIN,
    scope="MANAGED_OBJECT:ADMIN",
    consumes=("managedobjectcollection",),
    produces="managedobjectcollection",
)
def update_objects(call: Call) -> Answer:
    bodies = _several(call)
    found = [fetch(call, str(body.get("id"))) for body in bodies]
    for body in bodies:
        check(body)
    updated = [
        render(call, change(call, document, body)) for document, body in zip(found, bodies, strict=True)
    ]
    return Answer({"managedObjects": updated})


def _several(call: Call) -> list[Json]:
    bodies = call.json.get("managedObjects")
    if not isinstance(bodies, list) or not all(isinstance(body, dict) for body in bodies):
        raise invalid("'managedObjects' must be a list of managed objects.")
    if len(bodies) > LARGEST_COLLECTION:
        raise invalid(f"At most {LARGEST_COLLECTION} managed objects can be sent at once, not {len(bodies)}.")
    return bodies


@routes.get(OBJECT, roles=READ, scope="MANAGED_OBJECT:READ", produces="managedobject")
def get_object(call: Call) -> Answer:
    return Answer(render(call, fetch(call, call.path["id"])))


@routes.put(
    OBJECT, roles=ADMIN, scope="MANAGED_OBJECT:ADMIN", consumes=("managedobject",), produces="managedobject"
)
def update_object(call: Call) -> Answer:
    document = fetch(call, call.path["id"])
    check(call.json)
    if str(call.json.get("id", document["id"])) != document["id"]:
        raise invalid("The id in the body is not the id in the path.")
    if not set(call.json) - {"id"}:
        call.tenant.heard_from(document["id"])
        return Answer({"id": document["id"]})
    return Answer(render(call, change(call, document, call.json)))


@routes.delete(OBJECT, roles=ADMIN, scope="MANAGED_OBJECT:ADMIN")
def delete_object(call: Call) -> Answer:
    document = fetch(call, call.path["id"])
    doomed = _doomed(call, document["id"])
    users = (
        {call.tenant.inventory.objects[found].get("owner", "") for found in doomed}
        if call.flag("withDeviceUser")
        else set()
    )
    call.tenant.backlog.do(partial(_end, call.tenant, identifier) for identifier in doomed)
    for user in users:
        if user.startswith("device_") and user in call.tenant.users:
            call.tenant.delete_user(user)
    text = f"Managed object '{document.get('name', document['id'])}' deleted"
    call.tenant.audit("Inventory", "Managed object deleted", text, document["id"], call.caller.name)
    return Answer(status=204)


def _end(tenant: Tenant, identifier: str) -> None:
    if identifier in tenant.inventory.objects:
        tenant.delete_object(identifier)


def _doomed(call: Call, identifier: str) -> list[str]:
    """What goes with the object: of a group its subgroups, with `cascade` the whole hierarchy."""
    inventory = call.tenant.inventory
    group = inventory.is_group(identifier)
    device = "c8y_IsDevice" in inventory.objects[identifier]
    if call.flag("forceCascade") or (call.flag("cascade") and (group or device)):
        return list(inventory.hierarchy(identifier))
    if group:
        return list(_subgroups(call, identifier))
    if inventory.children["childDevices"].get(identifier):
        raise Refusal(409, "conflict", f"Managed object '{identifier}' still has child devices.")
    return [identifier]


def _subgroups(call: Call, group: str) -> Iterator[str]:
    waiting, seen = [group], set[str]()
    while waiting:
        identifier = waiting.pop()
        if identifier not in seen:
            seen.add(identifier)
            yield identifier
            below = call.tenant.inventory.children["childAssets"].get(identifier, ())
            waiting.extend(child for child in below if call.tenant.inventory.is_group(child))
