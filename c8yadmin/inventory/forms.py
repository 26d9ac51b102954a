"""What the device list's URL may say, and the query that it means."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from c8yadmin.core.jsontext import Json, Unreadable, parse, readable
from c8yadmin.core.listing import ListForm
from c8yadmin.inventory import conditions
from c8yadmin.inventory.fragments import PLAIN, SERVER_ONLY, Change, differences, editable
from c8yadmin.inventory.groups import group_ids
from sdk import CumulocityClient, Device, Query
from sdk import query_language as ql

NAMES = ("type", "owner")
# What a browser takes out of a text of one line.
_LINE_BREAKS = re.compile(r"[\r\n]")


class DeviceFilter(ListForm):
    """The filters of the device list; `query` tells what they select.

    A group is named by its id, by its name, or as `Name #id`, which the suggestions write.
    """

    text = forms.CharField(
        required=False,
        max_length=200,
        label="Search",
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "placeholder": "Name, type, owner, serial no., id",
                "autocomplete": "off",
            }
        ),
    )
    type = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "c8y_Linux, c8y_*", "autocomplete": "off"}),
    )
    group = forms.CharField(
        required=False,
        max_length=300,
        widget=forms.TextInput(
            attrs={"list": "group_names", "placeholder": "Name or id", "autocomplete": "off"}
        ),
    )
    owner = forms.CharField(required=False, max_length=200)
    availability = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Any"),
            ("available", "Available"),
            ("unavailable", "Unavailable"),
            ("maintenance", "In maintenance"),
            ("unmonitored", "Not monitored"),
        ],
    )
    alarms = forms.ChoiceField(
        required=False,
        label="Active alarms",
        choices=[
            ("", "Any"),
            ("critical", "Critical"),
            ("major", "Major or worse"),
            ("minor", "Minor or worse"),
            ("warning", "Warning or worse"),
        ],
    )
    q = forms.CharField(
        required=False,
        max_length=5000,
        label="Raw query",
        widget=forms.TextInput(
            attrs={
                "placeholder": "has(c8y_Position) and c8y_Firmware.version eq '1.*'",
                "spellcheck": "false",
                "autocomplete": "off",
            }
        ),
    )

    sortable: ClassVar[dict[str, str]] = {
        "name": "name",
        "type": "type",
        "owner": "owner",
        "availability": "c8y_Availability.status",
        "alarms": ",".join(f"c8y_ActiveAlarmsStatus.{severity}" for severity in conditions.SEVERITIES),
        "updated": "lastUpdated",
        "created": "creationTime",
    }

    def clean_q(self) -> str:
        query: str = self.cleaned_data["q"]
        try:
            ql.order(ql.split(query)[1])
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return query

    def query(self, c8y: CumulocityClient, with_groups: bool = False) -> Query[Device]:
        """The devices that the set filters select, unsent; `with_groups` adds the groups of each.

        A group given by its name alone is looked up first (GET /inventory/managedObjects). Raises
        ValidationError for the field `group` when there is none of that name.
        """
        wanted = self.filters()
        # Without a wildcard they can be parameters of their own, which the tenant answers fastest.
        exact = {name: value for name, value in wanted.items() if name in NAMES and "*" not in value}
        selected: dict[str, Any] = {**exact, "with_groups": True} if with_groups else exact
        if "group" in wanted:
            selected["group"] = group_ids(c8y, wanted["group"])
        return c8y.device_inventory.where(**selected, query=self._condition(), order_by=self._order())

    def _condition(self) -> str:
        wanted = self.filters()
        return ql.all_of(
            conditions.containing(wanted["text"]) if "text" in wanted else "",
            *(ql.eq(name, wanted[name]) for name in NAMES if "*" in wanted.get(name, "")),
            conditions.AVAILABILITY.get(wanted.get("availability", ""), ""),
            conditions.alarmed(wanted["alarms"]) if "alarms" in wanted else "",
            ql.split(wanted.get("q", ""))[0],
        )

    def _order(self) -> str:
        """The column's order; without one, the order that the raw query asks for."""
        if self.order is None:
            return ql.split(self.filters().get("q", ""))[1]
        paths, descending = self.order
        return ",".join(f"{path} desc" if descending else path for path in paths.split(","))


class EditForm(forms.Form):
    """A managed object as an administrator edits it: three properties, and all other fragments as JSON.

    `original` carries the object as the editor showed it first: what differs from it was changed by the
    administrator, or meanwhile by somebody else.
    """

    name = forms.CharField(required=False, strip=False, widget=forms.TextInput(attrs={"dir": "auto"}))
    type = forms.CharField(required=False, strip=False)
    owner = forms.CharField(required=False, strip=False)
    fragments = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "editor", "wrap": "off"}),
        label="Fragments (JSON)",
        help_text="All other fragments, as one JSON object. Take a key out to remove its fragment.",
    )
    original = forms.CharField(strip=False, widget=forms.HiddenInput)
    confirm = forms.CharField(
        required=False, label="The tenant’s name", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    @classmethod
    def showing(cls, yours: Json, original: Json | None = None) -> EditForm:
        """The form that shows `yours`, to be compared with `original` (with `yours` itself at first)."""
        plain = {key: yours.get(key, "") for key in PLAIN}
        fragments = readable({key: value for key, value in yours.items() if key not in PLAIN})
        compared = json.dumps(yours if original is None else original)
        return cls(initial={**plain, "fragments": fragments, "original": compared})

    def clean_fragments(self) -> Json:
        try:
            fragments = parse(self.cleaned_data["fragments"] or "{}")
        except Unreadable as error:
            raise ValidationError(str(error)) from error
        for key in fragments:
            if key in SERVER_ONLY:
                raise ValidationError(f"“{key}” is kept by the tenant and cannot be changed here.")
            if key in PLAIN:
                raise ValidationError(f"“{key}” has its own field above.")
        return fragments

    def clean_original(self) -> Json:
        try:
            return editable(parse(self.cleaned_data["original"]))
        except Unreadable as error:
            raise ValidationError("This form was damaged on its way. Open it anew.") from error

    @property
    def base(self) -> Json:
        """The object as the editor showed it first."""
        original: Json = self.cleaned_data["original"]
        return original

    def yours(self) -> Json:
        """The object as the administrator wants it."""
        given = {key: value for key in PLAIN if (value := self._plain(key)) is not None}
        fragments: Json = self.cleaned_data["fragments"]
        return given | fragments

    def changes(self) -> list[Change]:
        """What the administrator changed."""
        return differences(self.base, self.yours())

    def _plain(self, key: str) -> Any:
        """What was typed; what was there where nothing was, though an input cannot show it as it is."""
        original, typed = self.base.get(key), self.cleaned_data[key]
        if typed == _LINE_BREAKS.sub("", str(original or "")):
            return original
        return typed or None


class ChildrenForm(ListForm):
    """Which children of an object are listed, besides the tab that lists them."""

    tab = forms.CharField(required=False)
    kind = forms.ChoiceField(
        required=False,
        choices=[("", ""), ("devices", "Devices"), ("assets", "Assets"), ("additions", "Additions")],
    )

    def filters(self) -> dict[str, Any]:
        """None: tab and kind say where the list is, and cannot be taken off it."""
        return {}
