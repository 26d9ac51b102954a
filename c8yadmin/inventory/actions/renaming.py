"""What jobs do to the names of devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from c8yadmin.inventory.actions.devices import FragmentAction
from c8yadmin.jobs.orders.placeholders import Placeholders
from c8yadmin.jobs.registry import Params, ParamsForm, Unfit, action
from sdk import CumulocityClient, ManagedObject

LONGEST = 254  # what the platform takes
UNCHANGED = "{name}"
NAMES = Placeholders("{", "}")


class RenameForm(ParamsForm):
    """A pattern for the new names, and a text to replace in them."""

    pattern = forms.CharField(
        label="New name",
        max_length=500,
        required=False,
        initial=UNCHANGED,
        help_text=f"Text with placeholders: {NAMES.known}.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off", "dir": "auto"}),
    )
    find = forms.CharField(
        max_length=200,
        required=False,
        strip=False,
        help_text="A text to replace in the name, wherever it stands; upper and lower case differ.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    replace = forms.CharField(
        label="Replace by",
        max_length=200,
        required=False,
        strip=False,
        help_text="Nothing takes the text out.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_pattern(self) -> str:
        pattern: str = self.cleaned_data["pattern"] or UNCHANGED
        if not pattern.isprintable():
            raise ValidationError("A name has visible characters only.")
        if unknown := NAMES.unknown(pattern):
            raise ValidationError(f"There is no placeholder {unknown[0]}. Write {NAMES.known}.")
        if stray := NAMES.stray(pattern):
            raise ValidationError(
                f"There is a {stray} too many, or its other brace is missing: write {{serial}}."
            )
        return pattern

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("replace") and not given.get("find"):
            self.add_error("find", "Say which text shall be replaced.")
        elif given.get("pattern") == UNCHANGED and not given.get("find"):
            self.add_error("pattern", "All names would stay: write another pattern, or a text to find.")
        return given


@action
class Rename(FragmentAction):
    """`inventory.rename`: names by a pattern, or with a text of theirs replaced."""

    name = "inventory.rename"
    label = "Rename"
    title = "Rename devices"
    place = 4
    form = RenameForm
    already = "It has this name already."

    def describe(self, params: Params) -> str:
        replaced = f"with “{params['find']}” replaced by “{params['replace']}”" if params["find"] else ""
        if params["pattern"] == UNCHANGED:
            return f"Rename {replaced}"
        return f"Rename to “{params['pattern']}” {replaced}".strip()

    def outlook(self, c8y: CumulocityClient, spec: Mapping[str, Any], params: Params, total: int) -> str:
        if total < 2 or NAMES.any_in(params["pattern"]):
            return ""
        name = _replaced(params["pattern"], params)
        return f"All {total:,} get the same name, “{name}”: the pattern has no placeholder."

    def wanted(self, device: ManagedObject, params: Params) -> Mapping[str, Any]:
        name = _replaced(NAMES.fill(params["pattern"], device), params)
        if not name:
            raise Unfit("Its new name would be empty.")
        if len(name) > LONGEST:
            raise Unfit(f"Its new name would have {len(name)} characters; {LONGEST} are allowed.")
        return {"name": name}


def _replaced(name: str, params: Params) -> str:
    return (name.replace(params["find"], params["replace"]) if params["find"] else name).strip()
