"""Identity: external ids of managed objects."""

from __future__ import annotations

from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes, duplicate, invalid, not_found

routes = Routes("identity")

READ, ADMIN = ("ROLE_IDENTITY_READ",), ("ROLE_IDENTITY_ADMIN",)
OF_OBJECT = "/identity/globalIds/{id}/externalIds"
ONE = "/identity/externalIds/{type}/{externalId}"


def _render(call: Call, kind: str, external_id: str) -> Json:
    source = call.tenant.identities[kind, external_id]
    return {
        "type": kind,
        "externalId": external_id,
        "managedObject": {"id": source, "self": call.link("inventory", "managedObjects", source)},
        "self": call.link("identity", "externalIds", kind, external_id),
    }


def _object(call: Call) -> str:
    source = call.path["id"]
    if source not in call.tenant.inventory.objects:
        raise not_found(f"Finding device data from database failed : No managedObject for id '{source}'!")
    call.require(source)
    return source


@routes.get(OF_OBJECT, roles=READ, scope="MANAGED_OBJECT:READ", produces="externalidcollection")
def list_of_object(call: Call) -> Answer:
    source = _object(call)
    found = [_render(call, *identity) for identity in call.tenant.external_ids.get(source, ())]
    return Answer({"externalIds": found, "self": call.link("identity", "globalIds", source, "externalIds")})


@routes.post(
    OF_OBJECT,
    roles=ADMIN,
    scope="MANAGED_OBJECT:ADMIN",
    consumes=("externalid",),
    produces="externalid",
)
def bind(call: Call) -> Answer:
    source = _object(call)
    kind, external_id = call.json.get("type"), call.json.get("externalId")
    if not isinstance(kind, str) or not isinstance(external_id, str) or not kind or not external_id:
        raise invalid("'type' and 'externalId' are required texts.")
    if (kind, external_id) in call.tenant.identities:
        raise duplicate(f"External id '{external_id}' of type '{kind}' is bound already.")
    call.tenant.bind(kind, external_id, source)
    body = _render(call, kind, external_id)
    return Answer(body, 201, headers=[("Location", body["self"])])


def _one(call: Call) -> tuple[str, str]:
    kind, external_id = call.path["type"], call.path["externalId"]
    source = call.tenant.identities.get((kind, external_id))
    if source is None:
        raise not_found(f"External id not found; external id = ID [type={kind}, value={external_id}]")
    call.require(source)
    return kind, external_id


@routes.get(ONE, roles=READ, scope="MANAGED_OBJECT:READ", produces="externalid")
def get_external_id(call: Call) -> Answer:
    return Answer(_render(call, *_one(call)))


@routes.delete(ONE, roles=ADMIN, scope="MANAGED_OBJECT:ADMIN")
def unbind(call: Call) -> Answer:
    call.tenant.unbind(*_one(call))
    return Answer(status=204)


@routes.post("/identity/search", roles=READ, consumes=("application/json",), produces="externalidcollection")
def search(call: Call) -> Answer:
    entries = call.json.get("externalIds")
    if not isinstance(entries, list):
        raise Refusal(400, "badRequest", "'externalIds' must be a list of objects with type and externalId.")
    wanted = [
        (str(entry.get("type")), str(entry.get("externalId"))) for entry in entries if isinstance(entry, dict)
    ]
    found = [_render(call, *identity) for identity in wanted if identity in call.tenant.identities]
    return Answer({"externalIds": found, "self": call.link("identity", "search")})
