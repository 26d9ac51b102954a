"""What jobs do to devices: set fragments, remove them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from django import forms
from django.core.exceptions import ValidationError

from c8yadmin.core.jsontext import Json, Unreadable, loaded, readable
from c8yadmin.core.request import AppRequest
from c8yadmin.inventory.forms import DeviceFilter
from c8yadmin.inventory.fragments import SERVER_ONLY, editable, same
from c8yadmin.inventory.rights import why_not_change
from c8yadmin.jobs.registry import (
    Action,
    Occasion,
    Outcome,
    Params,
    ParamsForm,
    Preview,
    TargetKind,
    action,
    register_target,
)
from sdk import CumulocityClient, ManagedObject

LONGEST_NAME = 200
# What makes an object a device, a group or an agent: without it the object is lost from its list.
MARKERS = frozenset({"c8y_IsDevice", "c8y_IsDeviceGroup", "c8y_IsDynamicGroup", "com_cumulocity_model_Agent"})


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
    )
)


def fragment_name(name: str) -> str:
    """`name`, if a job may touch the fragment of this name. Raises ValidationError."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValidationError("A fragment has a name of up to 200 visible characters, such as c8y_Note.")
    if name in SERVER_ONLY:
        raise ValidationError(f"“{name}” is kept by the tenant itself and cannot be changed.")
    if name == "owner":
        raise ValidationError("The owner decides who may use a device: change it on the device's own page.")
    return name


def fragment_value(text: str) -> Any:
    """The JSON value that `text` spells; null is none. Raises ValidationError with line and column."""
    try:
        value = loaded(text)
    except Unreadable as error:
        raise ValidationError(str(error)) from error
    if value is None:
        raise ValidationError("null would remove the fragment: use “Remove fragment” for that.")
    return value


class SetForm(ParamsForm):
    """One fragment and its new value."""

    fragment = forms.CharField(
        max_length=LONGEST_NAME,
        help_text="Such as c8y_Note. It replaces the whole fragment of this name, or adds it.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    value = forms.CharField(
        strip=False,
        label="Value (JSON)",
        help_text='Any JSON value: {"text": "hi"}, 42, "words", [1, 2].',
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "editor", "wrap": "off"}),
    )

    def clean_fragment(self) -> str:
        return fragment_name(self.cleaned_data["fragment"])

    def clean_value(self) -> Any:
        return fragment_value(self.cleaned_data["value"])

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("fragment") in ("name", "type") and not isinstance(given.get("value"), str):
            self.add_error(
                "value", f"The {given['fragment']} of a device is a text: write it in double quotes."
            )
        return given

    def params(self) -> Params:
        return {"fragments": {self.cleaned_data["fragment"]: self.cleaned_data["value"]}}


class RemoveForm(ParamsForm):
    """One fragment."""

    fragment = forms.CharField(
        max_length=LONGEST_NAME,
        help_text="Such as c8y_Note. Its content is lost.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_fragment(self) -> str:
        name = fragment_name(self.cleaned_data["fragment"])
        if name in ("name", "type"):
            raise ValidationError(f"The {name} of a device cannot be removed.")
        if name in MARKERS:
            raise ValidationError(f"Without {name} the objects would be lost from their list.")
        return name


class FragmentAction(Action):
    """A change of top-level fragments; one that is None in `wanted` is removed."""

    target: ClassVar[str] = "devices"
    needs: ClassVar[tuple[str, ...]] = ("ROLE_INVENTORY_ADMIN", "ROLE_MANAGED_OBJECT_ADMIN")
    calls: ClassVar[int] = 2
    already: ClassVar[str]

    def wanted(self, params: Params) -> Mapping[str, Any]:
        """The fragments to change, by name, with their new value."""
        raise NotImplementedError

    def blocked(self, request: AppRequest) -> str:
        return why_not_change(request)

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        if not ids:
            return []
        found = {device.id: device for device in c8y.inventory.where(ids=list(ids))}
        return [self._preview(found[id], id, params) for id in ids if id in found]

    def _preview(self, device: ManagedObject, id: str, params: Params) -> Preview:
        document, wanted = editable(device.to_json()), self.wanted(params)
        before = {name: document[name] for name in wanted if name in document}
        after = {name: value for name, value in wanted.items() if value is not None}
        return Preview(id, device.name or "", before, after)

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        device = c8y.inventory.get(id)
        document: Json = device.to_json()
        changes = {
            name: new for name, new in self.wanted(params).items() if not same(document.get(name), new)
        }
        if not changes:
            return Outcome.already_so(self.already, device.last_updated_datetime)
        device.apply(changes)
        return Outcome.ok()


@action
class SetFragments(FragmentAction):
    """`inventory.set`: give fragments a value, whatever they held before."""

    name = "inventory.set"
    label = "Set fragment"
    form = SetForm
    already = "It has this value already."

    def describe(self, params: Params) -> str:
        parts = [f"{name} = {readable(value)}" for name, value in params["fragments"].items()]
        return f"Set {', '.join(' '.join(part.split()) for part in parts)}"

    def wanted(self, params: Params) -> Mapping[str, Any]:
        fragments: Json = params["fragments"]
        return fragments

    def parse(self, pairs: Sequence[tuple[str, str]]) -> Params:
        """`fragment=…` and `value=…` as in the form, or any number of `<fragment>=<JSON value>`."""
        if {name for name, _ in pairs} == {"fragment", "value"}:
            return super().parse(pairs)
        fragments: Json = {}
        for name, text in pairs:
            form = SetForm({"fragment": name, "value": text})
            if not form.is_valid():
                raise ValueError(f"{name}: {next(iter(form.errors.values()))[0]}")
            fragments |= form.params()["fragments"]
        if not fragments:
            raise ValueError("inventory.set needs at least one --param <fragment>=<JSON value>.")
        return {"fragments": fragments}


@action
class RemoveFragment(FragmentAction):
    """`inventory.remove`: remove a fragment with all it holds."""

    name = "inventory.remove"
    label = "Remove fragment"
    form = RemoveForm
    destructive = True
    tone: ClassVar[Literal["secondary", "danger"]] = "danger"
    already = "It does not have this fragment."

    def describe(self, params: Params) -> str:
        return f"Remove {params['fragment']}"

    def wanted(self, params: Params) -> Mapping[str, Any]:
        return {params["fragment"]: None}
