"""What jobs do to fragments of devices: set them, merge into them, remove them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from django import forms
from django.core.exceptions import ValidationError

from c8yadmin.core.jsontext import Json, Unreadable, loaded, readable
from c8yadmin.inventory.actions.devices import FragmentAction
from c8yadmin.inventory.fragments import SERVER_ONLY
from c8yadmin.jobs.registry import Image, Occasion, Outcome, Params, ParamsForm, Unfit, action
from sdk import CumulocityClient, ManagedObject

TEXTS = ("name", "type")
LONGEST_NAME = 200
UNWRITABLE = re.compile(r"[\s.,*\[\]()@$]")  # what the platform takes in no name of a fragment
# What makes an object a device, a group or an agent: without it the object is lost from its list.
MARKERS = frozenset({"c8y_IsDevice", "c8y_IsDeviceGroup", "c8y_IsDynamicGroup", "com_cumulocity_model_Agent"})


def fragment_name(name: str) -> str:
    """`name`, if a job may touch the fragment of this name. Raises ValidationError."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValidationError("A fragment has a name of up to 200 visible characters, such as c8y_Note.")
    if UNWRITABLE.search(name):
        raise ValidationError("The name of a fragment holds no blank and none of . , * [ ] ( ) @ $")
    if name in SERVER_ONLY:
        raise ValidationError(f"“{name}” is kept by the tenant itself and cannot be changed.")
    if name == "owner":
        raise ValidationError("The owner decides who may use a device: change it on the device's own page.")
    return name


def one_line(text: str) -> str:
    """`text` without its line breaks and indents."""
    return " ".join(text.split())


def fragment_value(text: str) -> Any:
    """The JSON value that `text` spells; null is none. Raises ValidationError with line and column."""
    try:
        value = loaded(text)
    except Unreadable as error:
        raise ValidationError(str(error)) from error
    if value is None:
        raise ValidationError("null would remove the fragment: use “Remove fragment” for that.")
    return value


class FragmentForm(ParamsForm):
    """Which fragment."""

    fragment = forms.CharField(
        max_length=LONGEST_NAME,
        help_text="The name of a fragment, such as c8y_Note.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_fragment(self) -> str:
        return fragment_name(self.cleaned_data["fragment"])


class ValueForm(FragmentForm):
    """A fragment and a value for it."""

    value = forms.CharField(
        strip=False,
        label="Value (JSON)",
        help_text='Any JSON value: {"text": "hi"}, 42, "words", [1, 2]. It replaces the whole fragment.',
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "editor", "wrap": "off"}),
    )

    def clean_value(self) -> Any:
        return fragment_value(self.cleaned_data["value"])

    @classmethod
    def typed(cls, params: Params) -> dict[str, Any]:
        return {"fragment": params["fragment"], "value": readable(params["value"])}


class SetForm(ValueForm):
    """One fragment and its new value."""

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("fragment") in TEXTS and not isinstance(given.get("value"), str):
            self.add_error(
                "value", f"The {given['fragment']} of a device is a text: write it in double quotes."
            )
        return given

    def params(self) -> Params:
        return {"fragments": {self.cleaned_data["fragment"]: self.cleaned_data["value"]}}

    @classmethod
    def typed(cls, params: Params) -> dict[str, Any]:
        given = list(params["fragments"].items())  # the command line gives several
        return super().typed({"fragment": given[0][0], "value": given[0][1]}) if len(given) == 1 else {}


class MergeForm(ValueForm):
    """One fragment and some of its keys, with their new values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].label = "Keys and values (JSON)"
        self.fields["value"].help_text = (
            'A JSON object: {"model": "X2", "revision": null}. Other keys of the fragment stay as they are; '
            "null takes a key out."
        )

    def clean_fragment(self) -> str:
        name = super().clean_fragment()
        if name in TEXTS:
            raise ValidationError(f"The {name} of a device is a text, into which nothing can be merged.")
        return name

    def clean_value(self) -> Json:
        value = super().clean_value()
        if not isinstance(value, dict) or not value:
            raise ValidationError('To merge takes a JSON object with at least one key: {"model": "X2"}.')
        return value


class RemoveForm(FragmentForm):
    """One fragment, whose content is lost."""

    def clean_fragment(self) -> str:
        name = super().clean_fragment()
        if name in TEXTS:
            raise ValidationError(f"The {name} of a device cannot be removed.")
        if name in MARKERS:
            raise ValidationError(f"Without {name} the objects would be lost from their list.")
        return name


@action
class SetFragments(FragmentAction):
    """`inventory.set`: give fragments a value, whatever they held before."""

    name = "inventory.set"
    label = "Set fragment"
    place = 1
    form = SetForm
    already = "It has this value already."

    def describe(self, params: Params) -> str:
        parts = [f"{name} = {one_line(readable(value))}" for name, value in params["fragments"].items()]
        return f"Set {', '.join(parts)}"

    def wanted(self, device: ManagedObject, params: Params) -> Mapping[str, Any]:
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
class MergeFragment(FragmentAction):
    """`inventory.merge`: change some keys of a fragment, or add it; its other keys stay.

    The platform replaces a fragment as a whole, so the present one is read first and sent with the changes.
    """

    name = "inventory.merge"
    label = "Merge into fragment"
    place = 5
    form = MergeForm
    already = "It holds these values already."

    def describe(self, params: Params) -> str:
        return f"Merge {one_line(readable(params['value']))} into {params['fragment']}"

    def wanted(self, device: ManagedObject, params: Params) -> Mapping[str, Any]:
        name, present = params["fragment"], device.get(params["fragment"])
        if present is not None and not isinstance(present, dict):
            raise Unfit(f"Its {name} is no JSON object, so nothing can be merged into it.")
        both = {**(present or {}), **params["value"]}
        merged = {key: value for key, value in both.items() if value is not None}
        return {name: merged} if merged or present is not None else {}

    def image(self, document: Json, changes: Json, params: Params) -> Image:
        """Only the keys that it changes: the others are not its own to restore."""
        return Image(_part(document, params), _part({**document, **changes}, params))

    def state(self, found: ManagedObject, image: Image, params: Params) -> Json:
        return _part(found.to_json(), params)

    def left(self, found: ManagedObject, image: Image, params: Params) -> Json:
        return _part({params["fragment"]: self._brought_back(found, image, params)}, params)

    def bring_back(
        self, c8y: CumulocityClient, found: ManagedObject, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        found.apply({params["fragment"]: self._brought_back(found, image, params)})
        return Outcome.ok()

    def _brought_back(self, found: ManagedObject, image: Image, params: Params) -> Json | None:
        """The whole fragment then; None where it was not there before, and holds nothing of others."""
        name = params["fragment"]
        present: Json = found.to_json().get(name) or {}
        others = {key: value for key, value in present.items() if key not in params["value"]}
        return {**others, **image.before.get(name, {})} if others or name in image.before else None


@action
class RemoveFragment(FragmentAction):
    """`inventory.remove`: remove a fragment with all it holds."""

    name = "inventory.remove"
    label = "Remove fragment"
    place = 8
    form = RemoveForm
    destructive = True
    tone: ClassVar[Literal["secondary", "danger"]] = "danger"
    already = "It does not have this fragment."

    def describe(self, params: Params) -> str:
        return f"Remove {params['fragment']}"

    def wanted(self, device: ManagedObject, params: Params) -> Mapping[str, Any]:
        return {params["fragment"]: None}


def _part(document: Json, params: Params) -> Json:
    """Of the fragment that is merged into, if there is one, the keys that are."""
    name, fragment = params["fragment"], document.get(params["fragment"])
    if not isinstance(fragment, dict):
        return {} if fragment is None else {name: fragment}
    return {name: {key: fragment[key] for key in params["value"] if key in fragment}}
