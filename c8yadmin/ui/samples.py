"""What the pattern page shows: made-up rows, forms and texts, hostile ones among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib.messages import ERROR, SUCCESS
from django.contrib.messages.storage.base import Message
from django.http import QueryDict
from django.utils import timezone

from c8yadmin.core.listing import ListForm, Listing

TOTAL = 412
FILTERED = "text=pump&severity=MAJOR&severity=CRITICAL&sort=name"
HOSTILE = "pump\u202egnp.exe\u200b <script>alert(1)</script>"
DOCUMENT = {
    "id": "4711",
    "name": HOSTILE,
    "c8y_Hardware": {"model": "BCM2708", "serialNumber": "000000003cd74f85", "revision": 3},
    "c8y_SupportedOperations": ["c8y_Restart", "c8y_Command"],
    "c8y_IsDevice": {},
    "temperature": -4.5,
    "online": True,
    "owner": None,
}


class SampleFilter(ListForm):
    text = forms.CharField(label="Name contains", required=False)
    severity = forms.MultipleChoiceField(
        label="Severity", choices=[("CRITICAL", "Critical"), ("MAJOR", "Major")], required=False
    )
    sortable: ClassVar[dict[str, str]] = {"name": "name", "seen": "lastUpdated"}


class SampleForm(forms.Form):
    """One field of each kind of control."""

    name = forms.CharField(label="Name", help_text="As operators know it.", max_length=60)
    model = forms.ChoiceField(label="Model", choices=[("", "Choose"), ("a", "PLC 100"), ("b", "PLC 200")])
    note = forms.CharField(label="Note", widget=forms.Textarea({"rows": 3}), required=False)
    notify = forms.BooleanField(label="Notify the owner", required=False)
    speed = forms.ChoiceField(
        label="Speed", choices=[("slow", "Slow"), ("fast", "Fast")], widget=forms.RadioSelect, required=False
    )
    limit = forms.IntegerField(label="Limit", min_value=1, required=False)
    version = forms.CharField(widget=forms.HiddenInput, initial="7", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("model"):
            raise forms.ValidationError("Name and model do not fit together.")
        return cleaned


@dataclass(frozen=True, slots=True)
class SampleAction:
    """What `ui.bulk_bar` wants to know of an action."""

    name: str
    label: str
    tone: str = "secondary"
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class SampleChange:
    path: str
    before: Any
    after: Any


def context(query: QueryDict) -> dict[str, Any]:
    """Everything the pattern page draws; `query` filters, sorts and pages its list."""
    now = timezone.now()
    return {
        "listing": listing(query),
        "beyond": listing(QueryDict("page=18")),
        "unmatched": listing(QueryDict("text=nothing"), 0),
        "notes": [Message(SUCCESS, "3 devices were changed."), Message(ERROR, "1 was refused.")],
        "empty_form": SampleForm(),
        "wrong_form": SampleForm(QueryDict("name=&limit=0&speed=slow")),
        "moments": [now, now - timedelta(minutes=4), now - timedelta(hours=30), now - timedelta(days=90)],
        "hostile": HOSTILE,
        "document": DOCUMENT,
        "changes": [
            SampleChange("c8y_Hardware.model", "BCM2708", "BCM2711"),
            SampleChange("c8y_Notes", None, {"text": "replaced"}),
            SampleChange("c8y_Obsolete", {"since": 2019}, None),
            SampleChange("name", "Pump 7", HOSTILE),
        ],
        "actions": [
            SampleAction("sample.set", "Set a fragment"),
            SampleAction("sample.remove", "Remove a fragment"),
            SampleAction(
                "sample.delete", "Delete", "danger", "Needs ROLE_INVENTORY_ADMIN, which reader does not have."
            ),
        ],
    }


def listing(query: QueryDict, total: int = TOTAL) -> Listing[dict[str, Any]]:
    """A page of made-up devices, `total` in all."""
    asked = query if set(query) & set(SampleFilter.base_fields) else QueryDict(FILTERED)
    form = SampleFilter(asked)
    if not form.is_valid():
        return Listing(form, [])
    first = (form.page_number - 1) * form.page_size
    rows = [row(number) for number in range(first, min(first + 6, total))]
    return Listing(form, rows, total, has_next=first + form.page_size < total)


def row(number: int) -> dict[str, Any]:
    states = ["AVAILABLE", "UNAVAILABLE", "MAINTENANCE"]
    severities = ["CRITICAL", "MAJOR", "MINOR", "WARNING"]
    return {
        "id": str(4711 + number),
        "name": HOSTILE if number % 6 == 4 else f"Pump station {number + 1}",
        "model": "Siemens LOGO! 8.3" if number % 2 else "Raspberry Pi 4B",
        "state": states[number % 3],
        "severity": severities[number % 4],
        "alarms": number % 4,
        "seen": timezone.now() - timedelta(minutes=17 * (number + 1)),
    }
