"""Managed objects on the wire: how one is shown, checked, created and changed."""

from __future__ import annotations

from sdk.sandbox import times
from sdk.sandbox.api.fragments import check_names
from sdk.sandbox.call import Call, Json, duplicate, forbidden, invalid, not_found
from sdk.sandbox.store.inventory import KINDS, PARENTS

READ = ("ROLE_INVENTORY_READ", "ROLE_MANAGED_OBJECT_READ")
ADMIN = ("ROLE_INVENTORY_ADMIN", "ROLE_MANAGED_OBJECT_ADMIN")
CREATE = (*ADMIN, "ROLE_INVENTORY_CREATE", "ROLE_MANAGED_OBJECT_CREATE")
LARGEST_COLLECTION = 50

SERVER_ONLY = frozenset(("self", "creationTime", "lastUpdated", *KINDS, *PARENTS.values()))


def render(call: Call, document: Json) -> Json:
    """An object as the call wants it: links, and the relations that `withChildren` and its kin ask for."""
    identifier = document["id"]
    own = f"{call.base}/inventory/managedObjects/{identifier}"
    shown = {**document, "self": own}
    with_children, counted = call.flag("withChildren"), call.flag("withChildrenCount")
    for kind in KINDS:
        ids = call.tenant.inventory.children[kind].get(identifier, ())
        shown[kind] = {
            "self": f"{own}/{kind}",
            "references": _references(call, f"{own}/{kind}", ids) if with_children else [],
        }
        if counted:
            shown[kind]["count"] = len(ids)
    with_parents = call.flag("withParents")
    for kind, parents in PARENTS.items():
        if with_parents or (kind == "childAssets" and call.flag("withGroups")):
            ids = call.tenant.inventory.parents[kind].get(identifier, ())
            shown[parents] = {
                "self": f"{own}/{parents}",
                "references": _references(call, f"{own}/{parents}", ids),
            }
    return shown


def _references(call: Call, parent: str, ids: object) -> list[Json]:
    objects, named = call.tenant.inventory.objects, not call.flag("skipChildrenNames")
    references = []
    for identifier in ids:  # type: ignore[attr-defined]
        shown: Json = {"id": identifier, "self": f"{call.base}/inventory/managedObjects/{identifier}"}
        if named and "name" in objects[identifier]:
            shown["name"] = objects[identifier]["name"]
        references.append({"managedObject": shown, "self": f"{parent}/{identifier}"})
    return references


def fetch(call: Call, identifier: str) -> Json:
    """The object, or 404; 403 if the caller may not do to it what the route does."""
    document = call.tenant.inventory.objects.get(identifier)
    if document is None:
        raise not_found(f"Finding device data from database failed : No managedObject for id '{identifier}'!")
    call.require(identifier)
    return document


def fragment(document: Json, name: str) -> Json:
    """A fragment that the platform reads itself; one of the wrong shape counts as missing."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def check(document: Json) -> None:
    """Refuse what an object may not hold: server-only fields, unusable fragment names, a name that is no
    text.
    """
    for key in document:
        if key in SERVER_ONLY:
            raise invalid(f"'{key}' is set by the server and cannot be changed.")
    check_names(document)
    for key in ("name", "type", "owner"):
        if not isinstance(document.get(key), str | None):
            raise invalid(f"'{key}' must be a text.")


def check_new(call: Call, *documents: Json) -> None:
    """Refuse documents that cannot become new objects together."""
    given = set[tuple[str, str]]()
    for document in documents:
        check(document)
        if "id" in document:
            raise invalid("'id' is set by the server and cannot be given.")
        for kind, external_id in _external_ids(document):
            if (kind, external_id) in call.tenant.identities or (kind, external_id) in given:
                raise duplicate(f"External id '{external_id}' of type '{kind}' is bound already.")
            given.add((kind, external_id))


def _external_ids(document: Json) -> list[tuple[str, str]]:
    external_ids = document.get("externalIds", [])
    if not isinstance(external_ids, list) or not all(_is_external_id(entry) for entry in external_ids):
        raise invalid("'externalIds' must be a list of objects with type and externalId.")
    return [(entry["type"], entry["externalId"]) for entry in external_ids]


def _is_external_id(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        isinstance(entry.get(key), str) and entry[key] for key in ("type", "externalId")
    )


def create(call: Call, body: Json) -> Json:
    """Store a checked new object; a device that was accepted into a group joins it."""
    at = times.now()
    identifier = call.tenant.next_id()
    content = {key: value for key, value in body.items() if value is not None and key != "externalIds"}
    owner = content.pop("owner", None) or call.caller.name
    document = call.tenant.inventory.create(
        {"id": identifier, "owner": owner, "creationTime": at, "lastUpdated": at} | content
    )
    for entry in body.get("externalIds", ()):
        call.tenant.bind(entry["type"], entry["externalId"], identifier)
    if "c8y_IsDevice" in document:
        group = call.tenant.joining.pop(call.caller.name, None)
        if group in call.tenant.inventory.objects:
            call.tenant.inventory.link("childAssets", group, identifier)
        if not call.is_application:
            call.tenant.heard_from(identifier)
    text = f"Managed object '{document.get('name', identifier)}' created"
    call.tenant.audit("Inventory", "Managed object created", text, identifier, call.caller.name)
    return document


def change(call: Call, document: Json, body: Json) -> Json:
    """Merge a checked change into an object."""
    changes = {key: value for key, value in body.items() if key != "id"}
    if "owner" in changes and changes["owner"] not in call.tenant.users:
        raise invalid(f"Owner '{changes['owner']}' is not a user of this tenant.")
    listed = [
        {"attribute": key, "changeType": "REPLACED" if key in document else "ADDED", "type": "String"}
        | {"previousValue": str(document.get(key, "")), "newValue": str(value)}
        for key, value in changes.items()
    ]
    call.tenant.inventory.update(document["id"], changes | {"lastUpdated": times.now()})
    text = f"Managed object '{document.get('name', document['id'])}' updated"
    call.tenant.audit(
        "Inventory", "Managed object updated", text, document["id"], call.caller.name, changes=listed
    )
    if not call.is_application:
        call.tenant.heard_from(document["id"])
    return document


def require_creation(call: Call) -> None:
    if not any(role in call.caller.roles for role in CREATE):
        raise forbidden()
