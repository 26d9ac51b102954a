"""Form fields that several features' filters share."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator

# A browser's datetime-local writes and reads this; the console's times are UTC.
MOMENT = "%Y-%m-%dT%H:%M:%S"


_ID = re.compile(r"(?:.*\s#)?([0-9]{1,20})", re.DOTALL)


def id_in(text: str) -> str | None:
    """The id in `text`, which is one itself or, as suggestions write them, `Name #id`; none for a name."""
    found = _ID.fullmatch(text)
    return found[1] if found else None


class Moment(forms.DateTimeField):
    """An optional point in time in UTC, typed with the browser's own picker."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local", "step": "1"})
        super().__init__(label=label, required=False, widget=widget, **kwargs)


class ObjectId(forms.CharField):
    """The id of an object in the inventory."""

    default_validators = [RegexValidator(r"\A[0-9]{1,20}\Z", "An id has up to 20 digits and nothing else.")]


def check_span(form: forms.Form) -> None:
    """Refuse a form whose moment `until` lies before its moment `since`."""
    since, until = form.cleaned_data.get("since"), form.cleaned_data.get("until")
    if since and until and since > until:
        form.add_error("until", "The span ends before it begins.")
