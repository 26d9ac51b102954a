"""Inventory: child devices, child assets, child additions."""

from __future__ import annotations

from sdk.sandbox.api.managed_objects import ADMIN, READ, check_new, create, fetch, render, require_creation
from sdk.sandbox.call import Answer, Call, Handler, Json, Routes, forbidden, invalid, not_found
from sdk.sandbox.paging import collection
from sdk.sandbox.query import parse
from sdk.sandbox.store.ids import Ids
from sdk.sandbox.store.inventory import KINDS

routes = Routes("inventory")

REFERENCE, REFERENCES = "managedobjectreference", "managedobjectreferencecollection"


def _list(kind: str) -> Handler:
    def list_children(call: Call) -> Answer:
        inventory = call.tenant.inventory
        parent = fetch(call, call.path["id"])["id"]
        query = parse(call.text("query") or "", inventory)
        below = Ids(inventory.children[kind].get(parent, ()))
        found = inventory.index.select(query.condition, below, query.order)
        own = f"{call.base}/inventory/managedObjects/{parent}/{kind}"
        return collection(call, "references", found, lambda child: _reference(call, own, child))

    return list_children


def _reference(call: Call, own: str, child: Json) -> Json:
    return {"managedObject": render(call, child), "self": f"{own}/{child['id']}"}


def _assign(kind: str) -> Handler:
    def assign_children(call: Call) -> Answer:
        parent = fetch(call, call.path["id"])
        if call.sent("managedobject"):
            require_creation(call)
            check_new(call, call.json)
            ids = [create(call, call.json)["id"]]
        else:
            ids = _referenced(call)
            for child in ids:
                _require_child(call, child, parent["id"])
        for child in ids:
            call.tenant.inventory.link(kind, parent["id"], child)
        own = f"{call.base}/inventory/managedObjects/{parent['id']}/{kind}"
        body, media = _assigned(call, own, ids)
        return Answer(body, 201, media, [("Location", f"{own}/{child}") for child in ids[:1]])

    return assign_children


def _assigned(call: Call, own: str, ids: list[str]) -> tuple[Json, str]:
    """What was assigned, in the form it was sent in: no page promises it, the web client reads it."""
    children = [call.tenant.inventory.objects[child] for child in ids]
    if call.sent("managedobject"):
        return render(call, children[0]), "managedobject"
    references = [_reference(call, own, child) for child in children]
    if "references" in call.json:
        return {"references": references, "self": own}, REFERENCES
    return references[0], REFERENCE


def _require_child(call: Call, child: str, parent: str) -> None:
    if child not in call.tenant.inventory.objects:
        raise not_found(f"Finding device data from database failed : No managedObject for id '{child}'!")
    if child == parent or child in call.tenant.inventory.ancestors(parent):
        raise invalid(f"Managed object '{child}' cannot be a child of '{parent}': it stands above it.")
    call.require(child)


def _referenced(call: Call) -> list[str]:
    """The ids in a reference `{"managedObject": {"id"}}` or a collection `{"references": […]}` of them."""
    entries = call.json.get("references", [call.json])
    try:
        ids = [str(entry["managedObject"]["id"]) for entry in entries]
    except (TypeError, KeyError) as error:
        raise invalid('A reference looks like {"managedObject": {"id": "123"}}.') from error
    return ids


def _unassign_many(kind: str) -> Handler:
    def unassign_children(call: Call) -> Answer:
        parent = call.path["id"]
        ids = _referenced(call)
        for child in ids:
            _require_unassignable(call, kind, parent, child)
        for child in ids:
            call.tenant.inventory.unlink(kind, parent, child)
        return Answer(status=204)

    return unassign_children


def _require_unassignable(call: Call, kind: str, parent: str, child: str) -> None:
    inventory = call.tenant.inventory
    if parent not in inventory.objects or child not in inventory.children[kind].get(parent, ()):
        raise not_found(f"Managed object '{child}' is not among the {kind} of '{parent}'.")
    if not call.sees(parent) and inventory.objects[child].get("owner") != call.caller.name:
        raise forbidden()


def _get(kind: str) -> Handler:
    def get_child(call: Call) -> Answer:
        parent, child = fetch(call, call.path["id"])["id"], call.path["childId"]
        if child not in call.tenant.inventory.children[kind].get(parent, ()):
            raise not_found(f"Managed object '{child}' is not among the {kind} of '{parent}'.")
        own = f"{call.base}/inventory/managedObjects/{parent}/{kind}"
        return Answer(_reference(call, own, call.tenant.inventory.objects[child]))

    return get_child


def _unassign(kind: str) -> Handler:
    def unassign_child(call: Call) -> Answer:
        _require_unassignable(call, kind, call.path["id"], call.path["childId"])
        call.tenant.inventory.unlink(kind, call.path["id"], call.path["childId"])
        return Answer(status=204)

    return unassign_child


for _kind in KINDS:
    _all = f"/inventory/managedObjects/{{id}}/{_kind}"
    _one = f"{_all}/{{childId}}"
    _reading = {"roles": READ, "scope": "MANAGED_OBJECT:READ"}
    _changing = {"roles": ADMIN, "scope": "MANAGED_OBJECT:ADMIN"}
    routes.get(_all, **_reading, produces=REFERENCES)(_list(_kind))
    routes.post(_all, **_changing, consumes=(REFERENCE, REFERENCES, "managedobject"))(_assign(_kind))
    routes.delete(_all, **_changing, consumes=(REFERENCES,))(_unassign_many(_kind))
    routes.get(_one, **_reading, produces=REFERENCE)(_get(_kind))
    routes.delete(_one, **_changing)(_unassign(_kind))
