"""What is kept of an object before it is deleted, and how it is made anew from that.

The new object gets an id of its own and carries a mark that names the deletion: so it is found again, and not
made twice, when nobody knows whether the call that made it arrived.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from c8yadmin.core.jsontext import Json
from c8yadmin.inventory.fragments import editable
from c8yadmin.jobs.registry import Unfit
from sdk import Conflict, CumulocityClient, ExternalId, Invalid, ManagedObject, NotFound

MARK = "c8yadmin_Restored"
MOST_BELOW = 500
CHILDREN = {
    "childDevices": "deviceParents",
    "childAssets": "assetParents",
    "childAdditions": "additionParents",
}


def take(c8y: CumulocityClient, id: str, *, below: bool) -> Json:
    """All that is known of an object (GET /inventory/managedObjects/{id}, GET …/externalIds), and with
    `below` of up to 500 objects under it, which `more` tells to be a part of them. NotFound when it is gone.
    """
    left = [MOST_BELOW if below else 0]
    return _taken(c8y, id, left, {id})


def _taken(c8y: CumulocityClient, id: str, left: list[int], seen: set[str]) -> Json:
    found = c8y.inventory.get(id, with_children=True, with_parents=True)
    document: Json = found.to_json()
    children = {kind: _references(document, kind) for kind in CHILDREN}
    identities = c8y.identity.get_all(id)
    snapshot: Json = {
        "id": id,
        "object": editable(document),
        "external_ids": [[one.external_type, one.external_id] for one in identities],
        "parents": {kind: _references(document, parents) for kind, parents in CHILDREN.items()},
        "children": children,
        "below": [],
    }
    for child in (child for kind in children.values() for child in kind if child not in seen):
        if left[0] <= 0:
            snapshot["more"] = True
            break
        left[0] -= 1
        seen.add(child)
        snapshot["below"].append(_taken(c8y, child, left, seen))
    return snapshot


def _references(document: Json, key: str) -> list[str]:
    found = (document.get(key) or {}).get("references") or []
    return [str(one["managedObject"]["id"]) for one in found]


def joined(snapshot: Json, earlier: Json) -> Json:
    """`snapshot` with what an earlier one knew below it: a deletion that broke off took some of that away."""
    known = {one["id"] for one in snapshot["below"]}
    children = {
        kind: list(dict.fromkeys([*ids, *earlier["children"][kind]]))
        for kind, ids in snapshot["children"].items()
    }
    below = [*snapshot["below"], *(one for one in earlier["below"] if one["id"] not in known)]
    return {**snapshot, "children": children, "below": below}


def marked(c8y: CumulocityClient, mark: str) -> ManagedObject | None:
    """The object that was made anew under `mark`, if there is one (GET /inventory/managedObjects)."""
    return next(iter(c8y.inventory.where(query=f"$filter=({MARK}.of eq '{mark}')").limit(1)), None)


def exists(c8y: CumulocityClient, id: str) -> bool:
    """Whether the tenant has an object of this id (GET /inventory/managedObjects/{id})."""
    try:
        c8y.inventory.get(id)
    except NotFound:
        return False
    return True


def require_free(c8y: CumulocityClient, snapshot: Json) -> None:
    """Raise Unfit when something else bears an external id of the object: a device that came back alone."""
    for kind, external_id in snapshot["external_ids"]:
        try:
            bearer = c8y.identity.get_id(external_id, kind)
        except NotFound:
            continue
        raise Unfit(f"Its external id {external_id} ({kind}) belongs to {bearer} by now.")


class InDoubt(Exception):
    """An earlier call, which nobody has seen answered, may still make the object."""


@dataclass(slots=True)
class Restoration:
    """Making objects anew: each is found by its mark if it was made before, and then linked as it was.

    `unanswered` tells that an earlier attempt got no answer in time; `sent` that this one asked for an
    object. In `ids` are those that are known, under the former ones; what is known to be `absent` is looked
    for no more.
    """

    c8y: CumulocityClient
    mark: str
    unanswered: bool = False
    sent: bool = False
    absent: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    def make(self, snapshot: Json) -> str:
        """The new id of the object, below which all that is gone is made anew, too.

        Raises InDoubt, and Conflict for an external id that was taken in this moment.
        """
        for one in [snapshot, *all_below(snapshot)]:
            if one["id"] not in self.ids:
                self.ids[one["id"]] = self._object(one)
        for one in [snapshot, *all_below(snapshot)]:
            self._bind(one)
            self._link(one)
        return self.ids[snapshot["id"]]

    def _object(self, one: Json) -> str:
        mark = f"{self.mark}/{one['id']}"
        if one["id"] != self.absent:
            if found := marked(self.c8y, mark):
                return found.id or ""
            if exists(self.c8y, one["id"]):
                return str(one["id"])
        if self.unanswered:
            raise InDoubt
        self.sent = True
        content = {**one["object"], MARK: {"of": mark}}
        try:
            return self._made(content)
        except Invalid:
            if "owner" not in content:
                raise
        return self._made({name: value for name, value in content.items() if name != "owner"})

    def _made(self, content: Json) -> str:
        return ManagedObject.from_json(content, self.c8y).create().id or ""

    def _bind(self, one: Json) -> None:
        id = self.ids[one["id"]]
        for kind, external_id in one["external_ids"]:
            try:
                ExternalId(
                    self.c8y, external_id=external_id, external_type=kind, managed_object_id=id
                ).create()
            except Conflict:
                if self.c8y.identity.get_id(external_id, kind) != id:
                    raise

    def _link(self, one: Json) -> None:
        id = self.ids[one["id"]]
        for kind, children in one["children"].items():
            for child in children:
                self._assign(kind, id, self.ids.get(child, child))
        for kind, parents in one["parents"].items():
            for parent in parents:
                self._assign(kind, self.ids.get(parent, parent), id)

    def _assign(self, kind: str, parent: str, child: str) -> None:
        assign = {
            "childDevices": self.c8y.inventory.assign_child_devices,
            "childAssets": self.c8y.inventory.assign_child_assets,
            "childAdditions": self.c8y.inventory.assign_child_additions,
        }[kind]
        with suppress(NotFound, Conflict):  # one of them is gone as well, or they are linked by now
            assign(parent, child)


def all_below(snapshot: Json) -> Iterator[Json]:
    """The snapshots below one, and below them."""
    for one in snapshot["below"]:
        yield one
        yield from all_below(one)


def prints(document: Json) -> dict[str, str]:
    """A short print of each fragment, to tell later which ones have changed."""
    return {
        name: f"{zlib.crc32(json.dumps(value, sort_keys=True).encode()):08x}"
        for name, value in editable(document).items()
        if name != MARK
    }
