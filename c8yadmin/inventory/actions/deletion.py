"""What jobs do to devices that are no longer wanted."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, ClassVar, Literal

from django import forms

from c8yadmin.core.jsontext import Json
from c8yadmin.inventory.actions.devices import DeviceAction, Difference
from c8yadmin.inventory.actions.export import AT_ONCE
from c8yadmin.inventory.impact import SHOWN, impact, names, some
from c8yadmin.inventory.snapshots import (
    InDoubt,
    Restoration,
    all_below,
    exists,
    joined,
    marked,
    prints,
    require_free,
    take,
)
from c8yadmin.jobs.orders.previews import foreseen
from c8yadmin.jobs.registry import (
    Effect,
    Image,
    Nature,
    Occasion,
    Outcome,
    Params,
    ParamsForm,
    Preview,
    Unfit,
    action,
)
from c8yadmin.jobs.undoing.reversal import GONE_ALREADY, Undoable
from sdk import CumulocityClient, ManagedObject, NotFound, Timeout

LINKS = {
    "groups": ("parents", "childAssets"),
    "parent devices": ("parents", "childDevices"),
    "parents of additions": ("parents", "childAdditions"),
    "child devices": ("children", "childDevices"),
    "child assets": ("children", "childAssets"),
    "child additions": ("children", "childAdditions"),
}
STAY = "stay in the inventory, below nothing"


class DeleteForm(ParamsForm):
    """What goes with a device."""

    cascade = forms.BooleanField(
        required=False,
        label="Also delete their child devices and child assets",
        help_text="Without this, the tenant refuses to delete a device that has child devices.",
    )
    device_user = forms.BooleanField(
        required=False,
        label="Also delete the users that they sign in with",
        help_text="Without its user a device cannot come back on its own: it has to be registered again.",
    )


@action
class Delete(DeviceAction, Undoable):
    """`inventory.delete`: delete devices with their identities, measurements, events and alarms (DELETE).

    To undo it makes them anew from what was kept: with new ids, and without their measurements, events and
    alarms, which are lost.
    """

    name = "inventory.delete"
    label = "Delete"
    title = "Delete devices"
    terse = True
    place = 9
    form = DeleteForm
    destructive = True
    tone: ClassVar[Literal["secondary", "danger"]] = "danger"
    calls = 3
    restorable_twice = False
    in_one_call = True
    undo_calls = 7  # with one external id, and in one group
    loses = "What it deletes then comes back under a new id; measurements, events and alarms do not."
    reading: ClassVar[dict[str, Any]] = {"with_children": True, "with_parents": True}
    effect: ClassVar[Effect] = "deleted"
    nature: ClassVar[Nature] = "deletion"

    def describe(self, params: Params) -> str:
        more = {"cascade": "all that is below", "device_user": "their users"}
        given = " and ".join(words for name, words in more.items() if params[name])
        return f"Delete with {given}" if given else "Delete"

    def difference(self, c8y: CumulocityClient, device: ManagedObject, params: Params) -> Difference:
        if (devices := some(device.child_devices)) and not params["cascade"]:
            raise Unfit(f"The tenant refuses to delete it while it has child devices: {', '.join(devices)}.")
        hanging = impact(c8y, device, with_user=params["device_user"])
        children = hanging.keys() & {"child devices", "child assets"}
        after = {} if params["cascade"] else dict.fromkeys(children, STAY)
        return {"name": device.name, "type": device.type, **hanging}, after

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        try:
            snapshot = take(c8y, id, below=params["cascade"])
        except NotFound:
            return Outcome.ok() if occasion.earlier else Outcome.already_so(GONE_ALREADY)
        if occasion.earlier and occasion.earlier.before:
            snapshot = joined(snapshot, occasion.earlier.before)
        occasion.keep({**snapshot, "mark": occasion.job}, {})
        return _delete(c8y, id, params)

    def restore(
        self, c8y: CumulocityClient, id: str, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        if image.before:
            return _make_anew(c8y, image.before, occasion)
        found = marked(c8y, image.after["mark"])
        if found is None:
            return Outcome.ok() if occasion.earlier else Outcome.already_so(GONE_ALREADY)
        _require_unchanged(found, image)
        return self.perform(c8y, found.id or "", params, occasion)

    def became(self, image: Image) -> str:
        return str(image.after.get("id", ""))

    def foresee(self, c8y: CumulocityClient, images: Mapping[str, Image], params: Params) -> list[Preview]:
        return [
            foreseen(id, _name(id, image), partial(_coming_back, c8y, image), "created")
            if image.before
            else foreseen(id, id, partial(self._going_again, c8y, image, params), "deleted")
            for id, image in images.items()
        ]

    def _going_again(self, c8y: CumulocityClient, image: Image, params: Params) -> Difference:
        found = marked(c8y, image.after["mark"])
        if found is None:
            raise Unfit(GONE_ALREADY)
        _require_unchanged(found, image)
        before, after = self.difference(c8y, c8y.inventory.get(found.id or "", **self.reading), params)
        return {"id": found.id, **before}, after


def _delete(c8y: CumulocityClient, id: str, params: Params) -> Outcome:
    try:
        c8y.inventory.delete(
            id, cascade=params["cascade"] or None, with_device_user=params["device_user"] or None
        )
    except NotFound:
        return Outcome.already_so(GONE_ALREADY)
    return Outcome.ok()


def _make_anew(c8y: CumulocityClient, snapshot: Json, occasion: Occasion) -> Outcome:
    mark = f"{snapshot['mark']}/{snapshot['id']}"
    restoration = Restoration(c8y, snapshot["mark"], occasion.unanswered)
    known = marked(c8y, mark)
    if known is None:
        _require_gone(c8y, snapshot)
        restoration.absent = snapshot["id"]
    elif occasion.earlier is None:
        return Outcome.already_so("It was restored before.")
    else:
        restoration.ids[snapshot["id"]] = known.id or ""
    occasion.keep({}, {"mark": mark})
    try:
        made = restoration.make(snapshot)
    except InDoubt:
        return Outcome.unknown("The tenant did not answer in time; the object may still appear.", "timeout")
    except Timeout as error:
        occasion.unanswered |= restoration.sent and not error.safe_to_repeat
        raise
    occasion.keep({}, {"mark": mark, "id": made, "prints": prints(c8y.inventory.get(made).to_json())})
    return Outcome.ok()


def _require_gone(c8y: CumulocityClient, snapshot: Json) -> None:
    if exists(c8y, snapshot["id"]):
        raise Unfit("It was not deleted.")
    require_free(c8y, snapshot)


def _require_unchanged(found: ManagedObject, image: Image) -> None:
    """Raise Unfit when others have changed the object since it was made anew."""
    before, now = image.after.get("prints"), prints(found.to_json())
    if before is not None and before != now:
        names = sorted(name for name in {**before, **now} if before.get(name) != now.get(name))
        raise Unfit(f"Changed since: {', '.join(names)}.")


def _name(id: str, image: Image) -> str:
    return image.before.get("object", {}).get("name") or id


def _coming_back(c8y: CumulocityClient, image: Image) -> Difference:
    if marked(c8y, f"{image.before['mark']}/{image.before['id']}"):
        raise Unfit("It was restored before.")
    _require_gone(c8y, image.before)
    return {"id": image.before["id"]}, {"id": "a new one", **_content(c8y, image.before)}


def _content(c8y: CumulocityClient, snapshot: Json) -> Json:
    """The most telling parts of a snapshot."""
    shown = {name: snapshot["object"].get(name) for name in ("name", "type")}
    if snapshot["external_ids"]:
        shown["external ids"] = ", ".join(f"{id} ({kind})" for kind, id in snapshot["external_ids"])
    if snapshot["below"]:
        shown["objects below"] = sum(1 for _ in all_below(snapshot))
    back = {one["id"] for one in snapshot["below"]}
    for words, (side, kind) in LINKS.items():
        shown[words] = ", ".join(_linked(c8y, sorted(snapshot[side][kind], key=back.__contains__), back))
    return {name: value for name, value in shown.items() if value}


def _linked(c8y: CumulocityClient, ids: list[str], back: AbstractSet[str]) -> list[str]:
    """The names of the first few of those that are still there, and how many more there are: with others,
    nothing can be linked.

    One call, about a hundred of them; beyond these, those count that do not come `back` as well.
    """
    if not ids:
        return []
    found = c8y.inventory.where(ids=ids[:AT_ONCE]).page(1, SHOWN)
    unseen = sum(id not in back for id in ids[AT_ONCE:])
    more = (found.total or len(found.items)) - len(found.items) + unseen
    words = f"up to {more:,} more" if unseen else f"{more:,} more"
    named = names(found.items)
    return [*named, f"and {words}" if named else words] if more > 0 else named
