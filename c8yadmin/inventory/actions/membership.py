"""What jobs do to the groups that devices are in."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from c8yadmin.core.jsontext import Json
from c8yadmin.inventory.actions.devices import Difference, RestorableDevices
from c8yadmin.inventory.groups import one_group
from c8yadmin.jobs.registry import Image, Occasion, Outcome, Params, ParamsForm, action
from sdk import CumulocityClient, ManagedObject, NotFound


class GroupForm(ParamsForm):
    """One group."""

    suggestions: ClassVar[dict[str, str]] = {"group": "inventory:groups"}

    group = forms.CharField(
        max_length=300,
        help_text="The name or the id of a group.",
        widget=forms.TextInput(attrs={"list": "group_names", "autocomplete": "off"}),
    )


class GroupAction(RestorableDevices):
    """A change of one group's members; the group is looked up when the job is made."""

    form = GroupForm
    reading: ClassVar[dict[str, Any]] = {"with_parents": True}
    verb: ClassVar[str]
    already: ClassVar[str]
    joins: ClassVar[bool]

    def describe(self, params: Params) -> str:
        return f"{self.verb} “{params['name']}”"

    def settle(self, c8y: CumulocityClient, params: Params) -> Params:
        group = one_group(c8y, params["group"])
        return {"group": group.id, "name": group.name or group.id}

    def difference(self, c8y: CumulocityClient, device: ManagedObject, params: Params) -> Difference:
        member = _membership(params)
        return member if _is_in(device, params) else {}, member if self.joins else {}

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        device = self.read(c8y, id)
        if self.took_effect(device, params, occasion):
            return Outcome.ok()
        if _is_in(device, params) is self.joins:
            return Outcome.already_so(self.already)
        occasion.keep(*self.difference(c8y, device, params))
        return _let(c8y, id, params, in_it=self.joins)

    def state(self, found: ManagedObject, image: Image, params: Params) -> Json:
        return _membership(params) if _is_in(found, params) else {}

    def bring_back(
        self, c8y: CumulocityClient, found: ManagedObject, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        return _let(c8y, found.id or "", params, in_it=bool(image.before))


@action
class AssignToGroup(GroupAction):
    """`inventory.group.add`: assign devices to a group (POST …/childAssets)."""

    name = "inventory.group.add"
    label = "Assign to group"
    place = 3
    verb = "Assign to the group"
    already = "It is in this group already."
    joins = True


@action
class RemoveFromGroup(GroupAction):
    """`inventory.group.remove`: take devices out of a group (DELETE …/childAssets/{id}); they stay."""

    name = "inventory.group.remove"
    label = "Remove from group"
    place = 6
    verb = "Remove from the group"
    already = "It is not in this group."
    joins = False


def _let(c8y: CumulocityClient, id: str, params: Params, *, in_it: bool) -> Outcome:
    """Let the device into the group, or out of it."""
    change = c8y.group_inventory.assign_children if in_it else c8y.group_inventory.unassign_children
    try:
        change(params["group"], id)
    except NotFound:  # the device was there a moment ago
        if not in_it:
            return Outcome.already_so(RemoveFromGroup.already)
        return Outcome.failed("The group is gone.", "gone")
    return Outcome.ok()


def _membership(params: Params) -> Json:
    return {f"group “{params['name']}”": "member"}


def _is_in(device: ManagedObject, params: Params) -> bool:
    return any(group.id == params["group"] for group in device.parent_assets)
