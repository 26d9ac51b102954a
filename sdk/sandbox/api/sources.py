"""What alarms, events and measurements share: a source device, its hierarchy as a filter, time ranges."""

from __future__ import annotations

from collections.abc import Callable

from sdk.sandbox import times
from sdk.sandbox.api.fragments import check_names
from sdk.sandbox.call import Call, Json, invalid, not_found
from sdk.sandbox.store.records import Records

_FLAGS = {
    "withSourceDevices": "childDevices",
    "withSourceAssets": "childAssets",
    "withSourceAdditions": "childAdditions",
}


def with_source(call: Call, record: Json, *collection: str) -> Json:
    """A record with its links and the name of its source."""
    source = record["source"]["id"]
    shown = {"id": source, "self": f"{call.base}/inventory/managedObjects/{source}"}
    name = call.tenant.inventory.objects.get(source, {}).get("name")
    if name:
        shown["name"] = name
    return record | {"self": call.link(*collection, record["id"]), "source": shown}


def source_of(record: Json) -> str:
    """The id of the object that an alarm, event or measurement belongs to."""
    return str(record["source"]["id"])


def chosen_sources(call: Call) -> set[str] | None:
    """The ids that `source` with its `withSource…` flags selects; None when no source is asked for."""
    source = call.text("source")
    kinds = [kind for flag, kind in _FLAGS.items() if call.flag(flag) or call.flag("withSourceChildren")]
    if source is None:
        if kinds:
            raise invalid("withSource… parameters need the parameter source.")
        return None
    return {source, *call.tenant.inventory.hierarchy(source, kinds)}


def in_range(call: Call, parameter: str, field: str) -> list[Callable[[Json], bool]]:
    """The tests of `<parameter>From` (inclusive) and `<parameter>To` (exclusive) on a time field."""
    tests: list[Callable[[Json], bool]] = []
    start, end = call.text(f"{parameter}From"), call.text(f"{parameter}To")
    if start is not None:
        first = times.normal(start, f"{parameter}From")
        tests.append(lambda record: str(record[field]) >= first)
    if end is not None:
        limit = times.normal(end, f"{parameter}To")
        tests.append(lambda record: str(record[field]) < limit)
    return tests


def in_its_times(call: Call) -> list[Callable[[Json], bool]]:
    """The tests of the three times of an alarm or event: of what happened, of its creation, of its change."""
    created = in_range(call, "created", "creationTime")
    return [*in_range(call, "date", "time"), *created, *in_range(call, "lastUpdated", "lastUpdated")]


def require_any(call: Call, filters: tuple[str, ...], purpose: str) -> None:
    """Refuse a call on a collection that none of these parameters limits."""
    if not any(call.text(name) for name in filters):
        raise invalid(f"At least one of {', '.join(filters)} is required to {purpose}.")


def require_source(call: Call, required: tuple[str, ...]) -> Json:
    """Check the names in a new record, its required texts and its source; gives the source object."""
    return require_source_of(call, call.json, required)


def require_source_of(call: Call, body: Json, required: tuple[str, ...]) -> Json:
    check_names(body)
    reference = body.get("source")
    if not isinstance(reference, dict) or "id" not in reference:
        raise invalid('\'source\' is required and looks like {"id": "123"}.')
    for name in required:
        if not isinstance(body.get(name), str) or not body[name]:
            raise invalid(f"'{name}' is required and must be a text.")
    document = call.tenant.inventory.objects.get(str(reference["id"]))
    if document is None:
        raise invalid(f"The source '{reference['id']}' does not exist.")
    call.require(document["id"])
    return document


def created_doc(call: Call, defaults: Json, fixed: Json) -> Json:
    """The new record of the call's body: id, creation time, source; None removes, as everywhere."""
    content = {key: value for key, value in call.json.items() if value is not None}
    source = {"id": str(content.pop("source")["id"])}
    return (
        {"id": call.tenant.next_id(), "creationTime": times.now(), "source": source}
        | defaults
        | content
        | fixed
    )


def changes_of(call: Call, record: Json) -> Json:
    """The body of an update, without the record's own id and source: clients send them along."""
    check_names(call.json)
    return {key: value for key, value in call.json.items() if not _is_own(record, key, value)}


def _is_own(record: Json, key: str, value: object) -> bool:
    if key == "source":
        return isinstance(value, dict) and record.get("source") == {"id": str(value.get("id"))}
    return key == "id" and str(value) == record["id"]


def refuse(body: Json, fixed: frozenset[str], what: str) -> None:
    """Refuse a body that sets what only the server sets."""
    for key in body:
        if key in fixed:
            raise invalid(f"The property '{key}' of an {what} cannot be set.")


def merge(record: Json, changes: Json) -> None:
    """Change a record at its top level; None removes."""
    for key, value in changes.items():
        if value is None:
            record.pop(key, None)
        else:
            record[key] = value
    record["lastUpdated"] = times.now()


def fetch_record(call: Call, records: Records, what: str) -> Json:
    """The record in the path, or 404; 403 if the caller may not touch its source."""
    record = records.get(call.path["id"])
    if record is None:
        raise not_found(f"Finding {what} data from database failed : No {what} for gid '{call.path['id']}'!")
    call.require(record["source"]["id"])
    return record
