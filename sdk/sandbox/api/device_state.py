"""Inventory: what the platform knows of a device beside the object: availability, series, user."""

from __future__ import annotations

from sdk.sandbox.api.managed_objects import ADMIN, READ, fetch, fragment
from sdk.sandbox.call import Answer, Call, Json, Routes, invalid, not_found
from sdk.sandbox.store.availability import interval_of

routes = Routes("inventory")

OBJECT = "/inventory/managedObjects/{id}"
MAINTENANCE = "MAINTENANCE"
DATA_STATES = ("AVAILABLE", "UNAVAILABLE", MAINTENANCE)
CONNECTION_STATES = ("CONNECTED", "DISCONNECTED", MAINTENANCE)


@routes.get(f"{OBJECT}/availability", roles=READ, produces="application/json")
def get_availability(call: Call) -> Answer:
    document = fetch(call, call.path["id"])
    state, connection = (fragment(document, f"c8y_{name}") for name in ("Availability", "Connection"))
    interval = interval_of(document)
    if interval is None or not isinstance(state.get("lastMessage"), str):
        raise not_found(f"The availability of managed object '{document['id']}' is not monitored.")
    external = call.tenant.external_ids.get(document["id"])
    body = {
        "deviceId": document["id"],
        "externalId": external[0][1] if external else document["id"],
        "lastMessage": state["lastMessage"],
        "interval": interval,
        "dataStatus": _status(interval, state, DATA_STATES),
        "connectionStatus": _status(interval, connection, CONNECTION_STATES),
    }
    return Answer(body)


def _status(interval: int, found: Json, known: tuple[str, str, str]) -> str:
    """The state that a fragment tells, the worse one if it tells none."""
    if interval <= 0:
        return MAINTENANCE
    status = found.get("status")
    return str(status) if status in known else known[1]


@routes.get(
    f"{OBJECT}/supportedMeasurements", roles=READ, scope="MANAGED_OBJECT:READ", produces="application/json"
)
def get_supported_measurements(call: Call) -> Answer:
    series = call.tenant.series.get(fetch(call, call.path["id"])["id"], ())
    return Answer({"c8y_SupportedMeasurements": sorted({name.split(".")[0] for name in series})})


@routes.get(f"{OBJECT}/supportedSeries", roles=READ, scope="MANAGED_OBJECT:READ", produces="application/json")
def get_supported_series(call: Call) -> Answer:
    return Answer(
        {"c8y_SupportedSeries": sorted(call.tenant.series.get(fetch(call, call.path["id"])["id"], ()))}
    )


@routes.get(f"{OBJECT}/user", roles=READ, scope="MANAGED_OBJECT:READ", produces="managedobjectuser")
def get_object_user(call: Call) -> Answer:
    return _object_user(call, fetch(call, call.path["id"]))


@routes.put(
    f"{OBJECT}/user",
    roles=ADMIN,
    scope="MANAGED_OBJECT:ADMIN",
    consumes=("managedobjectuser",),
    produces="managedobjectuser",
)
def update_object_user(call: Call) -> Answer:
    document = fetch(call, call.path["id"])
    if not isinstance(call.json.get("enabled"), bool) or set(call.json) - {"enabled", "userName", "self"}:
        raise invalid("Only 'enabled' (true or false) can be changed.")
    answer = _object_user(call, document)
    call.tenant.users[document["owner"]]["enabled"] = answer.body["enabled"] = call.json["enabled"]
    return answer


def _object_user(call: Call, document: Json) -> Answer:
    user = call.tenant.users.get(document.get("owner", ""))
    if user is None:
        raise not_found(f"The owner of managed object '{document['id']}' is not a user of this tenant.")
    own = call.link("inventory", "managedObjects", document["id"], "user")
    return Answer({"userName": user["userName"], "enabled": user["enabled"], "self": own})
