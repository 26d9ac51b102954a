"""The filter of the device requests, and the form that announces devices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from c8yadmin.core.listing import ListForm
from c8yadmin.onboarding import ids
from c8yadmin.onboarding.requests import created
from c8yadmin.ui.text import visible
from sdk import DeviceGroup, DeviceRequestStatus, NewDeviceRequest

MOST = 500  # devices announced at once: as many calls, while somebody waits
AGES = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}


class StateField(forms.CharField):
    """The state of a request: also one that the platform invents later is a state."""

    choices = [(status.value, status.value.replace("_", " ").capitalize()) for status in DeviceRequestStatus]


class RequestFilter(ListForm):
    """Filters of device requests; all of them are ours, the tenant has none."""

    text = forms.CharField(label="Id contains", max_length=1000, required=False)
    status = StateField(label="State", max_length=100, required=False)
    age = forms.ChoiceField(
        label="Requested",
        choices=[
            ("", "Any time"),
            ("1h", "In the last hour"),
            ("24h", "In the last 24 hours"),
            ("7d", "In the last 7 days"),
            ("over-7d", "More than 7 days ago"),
        ],
        required=False,
    )

    sortable: ClassVar[dict[str, str]] = {
        "id": "id",
        "type": "type",
        "created": "created",
        "status": "status",
    }

    def select(self, requests: Iterable[NewDeviceRequest]) -> list[NewDeviceRequest]:
        """Those of `requests` that match, in the wanted order; newest first without one."""
        column, descending = self.order or ("created", True)
        matching = [request for request in requests if self._matches(request)]
        return sorted(matching, key=lambda request: _key(request, column), reverse=descending)

    def _matches(self, request: NewDeviceRequest) -> bool:
        chosen = self.cleaned_data
        return (
            chosen["text"].casefold() in str(request.id).casefold()
            and chosen["status"] in ("", str(request.status))
            and self._aged(request, chosen["age"])
        )

    def _aged(self, request: NewDeviceRequest, age: str) -> bool:
        if not age:
            return True
        since = timezone.now() - AGES[age.removeprefix("over-")]
        return (created(request) < since) == age.startswith("over-")


def _key(request: NewDeviceRequest, column: str) -> Any:
    return created(request) if column == "created" else str(getattr(request, column) or "").casefold()


class RegistrationForm(forms.Form):
    """Devices to announce: `ids` is validated into a list without blank lines."""

    ids = forms.CharField(
        label="Device ids",
        help_text=f"One per line, exactly as the devices send them. At most {MOST} at once.",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "font-monospace"}),
        strip=False,
    )
    group = forms.ChoiceField(label="Group", required=False, help_text="The devices become members of it.")
    type = forms.CharField(label="Device type", max_length=1000, required=False)

    def __init__(self, groups: Sequence[DeviceGroup], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [  # type: ignore[attr-defined]
            ("", "None"),
            *((group.id, f"{group.name} ({group.id})") for group in groups),
        ]

    def clean_ids(self) -> list[str]:
        lines = self.cleaned_data["ids"].splitlines()
        numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        if not numbered:
            raise ValidationError("Name one device at least.")
        if len(numbered) > MOST:
            raise ValidationError(f"These are {len(numbered)} devices; at most {MOST} go at once.")
        if problems := list(_problems(numbered)):
            raise ValidationError(problems)
        return [line for _, line in numbered]


def _problems(numbered: Sequence[tuple[int, str]]) -> Iterable[str]:
    first: dict[str, int] = {}
    for number, line in numbered:
        if fault := ids.fault(line):
            yield f"Line {number}: “{visible(line, 60)}” {fault}"
        elif line in first:
            yield f"Line {number}: “{visible(line, 60)}” is the same as line {first[line]}."
        first.setdefault(line, number)
