"""Rows of a file as objects of the inventory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from c8yadmin.core.jsontext import Json
from c8yadmin.core.request import AppRequest
from c8yadmin.imports.action import ImportAction, importing
from c8yadmin.imports.kinds import ImportKind, KeyChoice, Made, Switch
from c8yadmin.imports.mapping import Column, Entry, Key, Mapping
from c8yadmin.inventory.actions.fragments import TEXTS, UNWRITABLE, fragment_name
from c8yadmin.inventory.fragments import same
from c8yadmin.inventory.rights import why_not_change
from c8yadmin.jobs.registry import Unfit
from sdk import CumulocityClient, ManagedObject, NotFound
from sdk import query_language as ql

MARK = "c8yadmin_Import"
SOME = 50  # names in one query, ids in one request
EXAMPLE = """\
serial,name,type,c8y_Hardware.model,c8y_Hardware.serialNumber,c8y_Position.lat,c8y_Position.lng,c8y_Notes
SN-1001,Pump 1,c8y_Pump,P-200,SN-1001,51.2277,6.7735,Hall 3
SN-1002,Pump 2,c8y_Pump,P-200,SN-1002,51.2281,6.7741,"Hall 3, second row"
"""


class Objects(ImportKind):
    """Managed objects, as a rule devices: created with an external id, changed fragment by fragment."""

    name = "inventory"
    title = "Devices"
    label = ("object", "objects")
    listing = "inventory:browse"
    page = "inventory:detail"
    keys = (
        KeyChoice("external", "External id", typed=True),
        KeyChoice("id", "Id"),
        KeyChoice("name", "Name"),
    )
    external_type = "c8y_Serial"
    switch = Switch(
        "New objects are devices",
        "They get c8y_IsDevice, without which no list of devices shows them.",
        "no-devices",
    )
    known: ClassVar[dict[str, Column]] = {
        "name": Column("name", "text"),
        "type": Column("type", "text"),
        "serial": Column("c8y_Hardware.serialNumber", "text"),
        "serialnumber": Column("c8y_Hardware.serialNumber", "text"),
        "c8yhardwareserialnumber": Column("c8y_Hardware.serialNumber", "text"),
        "model": Column("c8y_Hardware.model", "text"),
        "c8yhardwaremodel": Column("c8y_Hardware.model", "text"),
        "revision": Column("c8y_Hardware.revision", "text"),
        "lat": Column("c8y_Position.lat", "number"),
        "latitude": Column("c8y_Position.lat", "number"),
        "lng": Column("c8y_Position.lng", "number"),
        "lon": Column("c8y_Position.lng", "number"),
        "longitude": Column("c8y_Position.lng", "number"),
        "altitude": Column("c8y_Position.alt", "number"),
        "iccid": Column("c8y_Mobile.iccid", "text"),
        "imei": Column("c8y_Mobile.imei", "text"),
        "note": Column("c8y_Notes", "text"),
        "notes": Column("c8y_Notes", "text"),
        "responseinterval": Column("c8y_RequiredAvailability.responseInterval", "number"),
    }
    small = frozenset({"c8y_Position.lat", "c8y_Position.lng"})
    key_names: ClassVar[dict[str, str]] = {
        "externalid": "external",
        "serial": "external",
        "serialnumber": "external",
        "deviceid": "external",
        "id": "id",
    }
    example = EXAMPLE
    hint = "A path such as c8y_Hardware.model; only the named values change, other keys of the fragment stay."

    def blocked(self, request: AppRequest) -> str:
        return why_not_change(request)

    def check(self, column: Column) -> None:
        first, *more = column.path.split(".")
        fragment_name(first)
        if first in TEXTS and (more or column.type != "text"):
            raise ValidationError(f"The {first} of an object is a text.")
        for name in more:
            if not name.isprintable() or not name or UNWRITABLE.search(name):
                raise ValidationError(f"“{column.path}” is no path such as c8y_Hardware.model.")

    def told(self, key: Key, value: str) -> str:
        if key.by == "name" and "*" in value:
            raise Unfit("A name with an asterisk matches others, too: tell the object by another key.")
        return value

    def find(self, c8y: CumulocityClient, mapping: Mapping, values: Sequence[str]) -> dict[str, list[str]]:
        key = mapping.key
        if key is None or key.by == "id":
            return {value: [value] for value in self.current(c8y, values)}
        if key.by == "name":
            return _named(c8y, values, devices=mapping.switch)
        found = c8y.identity.search(*((value, key.type) for value in values))
        return {one.external_id or "": [one.managed_object_id or ""] for one in found}

    def current(self, c8y: CumulocityClient, ids: Sequence[str]) -> dict[str, Json]:
        numbers = [id for id in ids if id.isascii() and id.isdecimal() and len(id) <= 20]
        return {
            found.id or "": found.to_json()
            for start in range(0, len(numbers), SOME)
            for found in c8y.inventory.where(ids=numbers[start : start + SOME])
        }

    def changes(self, current: Json, wanted: Json) -> Json:
        merged = {name: _merged(name, current.get(name), value) for name, value in wanted.items()}
        return {name: value for name, value in merged.items() if not same(current.get(name), value)}

    def content(self, mapping: Mapping, entry: Entry) -> Json:
        content = dict(entry.document)
        if mapping.key and mapping.key.by == "name":
            content["name"] = entry.value
        if not content.get("name"):
            raise Unfit("A new object needs a name.")
        if mapping.switch:
            content.setdefault("c8y_IsDevice", {})
        if mapping.key and mapping.key.by == "external":
            content["externalIds"] = [{"type": mapping.key.type, "externalId": entry.value}]
        return content

    def create(self, c8y: CumulocityClient, mapping: Mapping, entry: Entry, mark: str) -> None:
        content = self.content(mapping, entry) | {MARK: {"row": mark}}
        ManagedObject.from_json(content, c8y).create()

    def created(self, c8y: CumulocityClient, key: Key | None, value: str, made: Made) -> str | None:
        if key is None or key.by != "external":
            marked = c8y.inventory.where(query=ql.eq(f"{MARK}.row", made.mark)).page(1, 1, total=False)
            return marked.items[0].id if marked.items else None
        try:
            id = c8y.identity.get_id(value, key.type)
            found = c8y.inventory.get(id)
        except NotFound:
            return None
        if found.get(f"{MARK}.row") != made.mark:
            raise Unfit(f"It exists by now, with the id {id}.")
        return id

    def read(self, c8y: CumulocityClient, id: str) -> tuple[Json, datetime | None]:
        found = c8y.inventory.get(id)
        return found.to_json(), found.last_updated_datetime

    def write(self, c8y: CumulocityClient, id: str, changes: Json) -> None:
        ManagedObject.from_json({"id": id}, c8y).apply(changes)

    def delete(self, c8y: CumulocityClient, id: str) -> None:
        c8y.inventory.delete(id)


def _named(c8y: CumulocityClient, names: Sequence[str], *, devices: bool) -> dict[str, list[str]]:
    view = c8y.device_inventory if devices else c8y.inventory
    found: dict[str, list[str]] = {}
    for start in range(0, len(names), SOME):
        some = names[start : start + SOME]
        for id, name in view.where(query=ql.any_of(*(ql.eq("name", name) for name in some))).values(
            "id", "name"
        ):
            found.setdefault(str(name), []).append(str(id))
    return {name: ids for name, ids in found.items() if name in names}


def _merged(name: str, present: Any, wanted: Any) -> Any:
    """`wanted` written into `present`, key by key. Raises Unfit where that is no object."""
    if not isinstance(wanted, dict) or present is None:
        return wanted
    if not isinstance(present, dict):
        raise Unfit(f"Its {name} is no JSON object, so nothing can be written into it.")
    return present | {key: _merged(f"{name}.{key}", present.get(key), value) for key, value in wanted.items()}


@importing
class ImportObjects(ImportAction):
    """`inventory.import`: create objects (POST) or change the mapped values of those that exist (PUT)."""

    name = "inventory.import"
    title = "Import devices"
    target = "inventory rows"
    needs = ("ROLE_INVENTORY_ADMIN", "ROLE_MANAGED_OBJECT_ADMIN")
    kind = Objects()
