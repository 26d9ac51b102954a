"""What jobs do to devices that are no longer wanted."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from django import forms

from c8yadmin.core.jsontext import Json
from c8yadmin.inventory.actions.devices import DeviceAction, Difference
from c8yadmin.jobs.registry import Occasion, Outcome, Params, ParamsForm, Unfit, action
from sdk import CumulocityClient, Forbidden, ManagedObject, NotFound

SHOWN = 10
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
class Delete(DeviceAction):
    """`inventory.delete`: delete devices with their identities, measurements, events and alarms (DELETE)."""

    name = "inventory.delete"
    label = "Delete"
    place = 9
    form = DeleteForm
    destructive = True
    tone: ClassVar[Literal["secondary", "danger"]] = "danger"
    calls = 1
    reading: ClassVar[dict[str, Any]] = {"with_children": True}

    def describe(self, params: Params) -> str:
        more = {"cascade": "all that is below", "device_user": "their users"}
        given = " and ".join(words for name, words in more.items() if params[name])
        return f"Delete with {given}" if given else "Delete"

    def difference(self, c8y: CumulocityClient, device: ManagedObject, params: Params) -> Difference:
        devices, assets = _some(device.child_devices), _some(device.child_assets)
        if devices and not params["cascade"]:
            raise Unfit(f"The tenant refuses to delete it while it has child devices: {', '.join(devices)}.")
        children = {
            name: below for name, below in (("child devices", devices), ("child assets", assets)) if below
        }
        before: Json = {"name": device.name, "type": device.type, **children}
        if identities := c8y.identity.get_all(device.id or ""):
            before["external ids"] = ", ".join(
                f"{one.external_id} ({one.external_type})" for one in identities
            )
        if params["device_user"] and (user := _user(c8y, device)):
            before["user"] = user
        return before, {} if params["cascade"] else dict.fromkeys(children, STAY)

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        try:
            c8y.inventory.delete(
                id, cascade=params["cascade"] or None, with_device_user=params["device_user"] or None
            )
        except NotFound:
            return Outcome.already_so("It is gone already.")
        return Outcome.ok()


def _some(children: list[ManagedObject]) -> list[str]:
    """The names of the first few."""
    more = [f"and {len(children) - SHOWN:,} more"] if len(children) > SHOWN else []
    return [*(child.name or child.id or "" for child in children[:SHOWN]), *more]


def _user(c8y: CumulocityClient, device: ManagedObject) -> str:
    try:
        return c8y.inventory.get_device_user(device.id or "").username
    except (NotFound, Forbidden):
        return ""
