"""What needs more than one look at the tenant, or more than one of its answers."""

from __future__ import annotations

from c8yadmin.core.jsontext import Json
from c8yadmin.inventory.fragments import editable, same, top_level
from sdk import CumulocityClient


class ChangedMeanwhile(Exception):
    """The object is no longer what the editor showed; `theirs` is what it is now."""

    def __init__(self, theirs: Json) -> None:
        super().__init__("The object was changed meanwhile.")
        self.theirs = theirs


def current(c8y: CumulocityClient, id: str) -> Json:
    """The editable part of a managed object as it is now (GET /inventory/managedObjects/{id})."""
    return editable(c8y.inventory.get(id, with_children=False).to_json())


def save(c8y: CumulocityClient, id: str, original: Json, yours: Json) -> bool:
    """Turn a managed object from `original` into `yours`: a GET, then a PUT of the fragments that differ.

    Gives False when the object is like `yours` already, because somebody else made the same change.

    Raises ChangedMeanwhile, before anything is sent, when the object is not `original` any more. A heartbeat
    or a new alarm is no such change, though it moves `lastUpdated`. The platform knows no conditional PUT:
    a change within the milliseconds between the two calls is overwritten where both touch one fragment.
    """
    device = c8y.inventory.get(id, with_children=False)
    theirs = editable(device.to_json())
    if same(theirs, yours):
        return False
    if not same(theirs, original):
        raise ChangedMeanwhile(theirs)
    device += top_level(theirs, yours)
    device.update()
    return True
