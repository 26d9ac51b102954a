"""Objects written many at a time with few requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from sdk.model.batches import in_batches
from sdk.model.managed_object import ManagedObject
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

O = TypeVar("O", bound=ManagedObject)  # noqa: E741

LARGEST: Final = 50  # more objects in one request are refused
_PLACE: Final = "/inventory/managedObjects"


def create(c8y: CumulocityRestClient, objects: Sequence[O], workers: int | None) -> list[O]:
    """Create objects, up to 50 per request (POST of a managedobjectcollection each)."""

    def send(batch: Sequence[O]) -> list[O]:
        rows = _send(c8y, "POST", [one._content() for one in batch])
        return [one.from_json(row, c8y) for one, row in zip(batch, rows, strict=True)]

    return in_batches(objects, LARGEST, workers, send)


def update(c8y: CumulocityRestClient, objects: Sequence[O], workers: int | None) -> list[O]:
    """Write the changes of objects, up to 50 per request (PUT of a managedobjectcollection each)."""

    def send(batch: Sequence[O]) -> list[O]:
        rows = _send(c8y, "PUT", [{"id": one._key(), **one.changes()} for one in batch])
        for one, row in zip(batch, rows, strict=True):
            known = {**one.to_json(), **row}
            one._take(codec.dump_json(codec.present(known)))
        return list(batch)

    # An object without changes would count as a sign of life of its device.
    return in_batches([one for one in objects if one.changes()], LARGEST, workers, send)


def _send(c8y: CumulocityRestClient, method: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    kind = vendor("managedobjectcollection")
    found = c8y.request(method, _PLACE, (), {"managedObjects": rows}, kind, kind)
    return found.get("managedObjects") or rows
