"""Inventory: binaries, which are managed objects with a file."""

from __future__ import annotations

from collections.abc import Iterable

from sdk.sandbox import times
from sdk.sandbox.api.inventory import simple_filters
from sdk.sandbox.api.managed_objects import check_new, create, fetch, render
from sdk.sandbox.call import Answer, Call, Json, Routes, not_found
from sdk.sandbox.files import (
    ANY_FILE,
    File,
    check_size,
    download,
    json_part,
    media_type,
    part,
    parts_of,
    raw_file,
)
from sdk.sandbox.paging import collection

routes = Routes("inventory")

BINARIES, BINARY = "/inventory/binaries", "/inventory/binaries/{id}"
READ = ("ROLE_INVENTORY_READ", "ROLE_BINARY_READ")
ADMIN = ("ROLE_INVENTORY_ADMIN", "ROLE_BINARY_ADMIN")
CREATE = (*ADMIN, "ROLE_INVENTORY_CREATE", "ROLE_BINARY_CREATE")


@routes.get(BINARIES, roles=READ, scope="MANAGED_OBJECT:READ", produces="managedobjectcollection")
def list_binaries(call: Call) -> Answer:
    return collection(
        call,
        "managedObjects",
        _matches(call),
        lambda found: render(call, found),
        totals=("totalPages",),
        source=lambda found: str(found["id"]),
    )


def _matches(call: Call) -> Iterable[Json]:
    index, ids = call.tenant.inventory.index, call.listed("ids")
    found = index.select(simple_filters(call), index.having("c8y_IsBinary"))
    return [document for document in found if document["id"] in ids] if ids else found


@routes.post(BINARIES, roles=CREATE, consumes=("multipart/form-data",), produces="managedobject")
def upload(call: Call) -> Answer:
    parts = parts_of(call)
    content, sent = json_part(parts, "object"), part(parts, "file")
    check_new(call, content)
    check_size(sent)
    name = content.get("name") or sent.name or "file"
    kind = media_type(sent.type, content.get("type"))
    described = {"name": name, "type": content.get("type") or kind}
    document = create(call, content | described | _described(kind, sent))
    call.tenant.inventory.files[document["id"]] = File(name, kind, sent.content)
    shown = render(call, document)
    return Answer(shown, 201, headers=[("Location", call.link("inventory", "binaries", document["id"]))])


def _described(kind: str, sent: File) -> Json:
    return {"c8y_IsBinary": {}, "contentType": kind, "length": len(sent.content)}


def _fetch(call: Call) -> File:
    """The file in the path, or 404; 403 if the caller may not do to it what the route does."""
    document = fetch(call, call.path["id"])
    file = call.tenant.inventory.files.get(document["id"])
    if file is None:
        raise not_found(f"Managed object '{document['id']}' has no file.")
    return file


@routes.get(BINARY, roles=READ, scope="MANAGED_OBJECT:READ", produces=ANY_FILE)
def get_file(call: Call) -> Answer:
    return download(call, _fetch(call))


@routes.put(
    BINARY,
    roles=ADMIN,
    scope="MANAGED_OBJECT:ADMIN",
    consumes=("text/plain", "*/*"),
    produces="managedobject",
)
def replace_file(call: Call) -> Answer:
    old, sent = _fetch(call), raw_file(call)
    check_size(sent)
    kind = media_type(sent.type, old.type)
    changes = _described(kind, sent) | {"lastUpdated": times.now()}
    document = call.tenant.inventory.update(call.path["id"], changes)
    call.tenant.inventory.files[document["id"]] = File(sent.name or old.name, kind, sent.content)
    call.tenant.audit(
        "Inventory", "Managed object updated", "File replaced", document["id"], call.caller.name
    )
    return Answer(render(call, document), 201)


@routes.delete(BINARY, roles=ADMIN, scope="MANAGED_OBJECT:ADMIN")
def delete_file(call: Call) -> Answer:
    _fetch(call)
    identifier = call.path["id"]
    call.tenant.delete_object(identifier)
    call.tenant.audit("Inventory", "Managed object deleted", "File deleted", identifier, call.caller.name)
    return Answer(status=204)
