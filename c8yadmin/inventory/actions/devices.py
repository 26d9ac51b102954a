"""Devices as the targets of jobs, and what all actions on them share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from c8yadmin.core.jsontext import Json
from c8yadmin.core.request import AppRequest
from c8yadmin.inventory.actions.export import SHEET
from c8yadmin.inventory.forms import DeviceFilter
from c8yadmin.inventory.fragments import editable, same
from c8yadmin.inventory.rights import why_not_change
from c8yadmin.jobs.orders.previews import foreseen
from c8yadmin.jobs.registry import (
    Action,
    Effect,
    Image,
    Occasion,
    Outcome,
    Params,
    Preview,
    TargetKind,
    register_target,
)
from c8yadmin.jobs.undoing.undo import StateAction
from sdk import CumulocityClient, ManagedObject

Difference = tuple[Json, Json]


def _names(c8y: CumulocityClient, ids: Sequence[str]) -> dict[str, str]:
    found = c8y.inventory.where(ids=list(ids)).values("id", "name")
    return {str(id): str(name) for id, name in found if name}


register_target(
    TargetKind(
        name="devices",
        label=("device", "devices"),
        form=DeviceFilter,
        query=lambda c8y, text: c8y.inventory.where(query=text),
        names=_names,
        page="inventory:detail",
        listing="inventory:browse",
        sheet=SHEET,
    )
)


class DeviceAction(Action):
    """An action on devices; `reading` is what its preview asks for besides their fragments, `effect` what
    becomes of them as a whole."""

    target: ClassVar[str] = "devices"
    needs: ClassVar[tuple[str, ...]] = ("ROLE_INVENTORY_ADMIN", "ROLE_MANAGED_OBJECT_ADMIN")
    calls: ClassVar[int] = 2
    reading: ClassVar[Mapping[str, Any]] = {}
    effect: ClassVar[Effect] = ""

    def blocked(self, request: AppRequest) -> str:
        return why_not_change(request)

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        if not ids:
            return []
        found = {device.id: device for device in c8y.inventory.where(ids=list(ids), **self.reading)}
        return [
            foreseen(id, found[id].name or "", partial(self.difference, c8y, found[id], params), self.effect)
            for id in ids
            if id in found
        ]

    @abstractmethod
    def difference(self, c8y: CumulocityClient, device: ManagedObject, params: Params) -> Difference:
        """What it would change of `device`, before and after. Raises Unfit."""


class RestorableDevices(DeviceAction, StateAction[ManagedObject]):
    """An action on a part of devices that can be read, and brought back."""

    def read(self, c8y: CumulocityClient, id: str) -> ManagedObject:
        return c8y.inventory.get(id, **self.reading)

    def label_of(self, found: ManagedObject) -> str:
        return found.name or ""


class FragmentAction(RestorableDevices):
    """A change of top-level fragments: a GET, and a PUT of those that are not yet as wanted.

    Its images show the fragments that it changes.
    """

    already: ClassVar[str]
    in_one_call = True

    @abstractmethod
    def wanted(self, device: ManagedObject, params: Params) -> Mapping[str, Any]:
        """The fragments to change, by name, with their new value; None removes one. Raises Unfit."""

    def difference(self, c8y: CumulocityClient, device: ManagedObject, params: Params) -> Difference:
        document, wanted = editable(device.to_json()), self.wanted(device, params)
        before = {name: document[name] for name in wanted if name in document}
        return before, {name: value for name, value in wanted.items() if value is not None}

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        device = c8y.inventory.get(id)
        if self.took_effect(device, params, occasion):
            return Outcome.ok()
        document: Json = device.to_json()
        wanted = self.wanted(device, params)
        changes = {name: new for name, new in wanted.items() if not same(document.get(name), new)}
        if not changes:
            return Outcome.already_so(self.already, device.last_updated_datetime)
        image = self.image(document, changes, params)
        occasion.keep(image.before, image.after)
        device.apply(changes)
        return Outcome.ok()

    def image(self, document: Json, changes: Json, params: Params) -> Image:
        """What `changes` make of `document`, and what stands there now."""
        before = {name: document[name] for name in changes if name in document}
        return Image(before, {name: new for name, new in changes.items() if new is not None})

    def state(self, found: ManagedObject, image: Image, params: Params) -> Json:
        document: Json = found.to_json()
        return {name: document[name] for name in {**image.before, **image.after} if name in document}

    def bring_back(
        self, c8y: CumulocityClient, found: ManagedObject, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        found.apply({name: image.before.get(name) for name in {**image.before, **image.after}})
        return Outcome.ok()
