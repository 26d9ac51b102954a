"""What the list of alarms can be narrowed to; the same filter is the scope of a job over all that matches."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils import timezone

from c8yadmin.core.listing import ListForm
from sdk import Alarm, AlarmSeverity, AlarmStatus, CumulocityClient, Query

# A browser's datetime-local writes and reads this; the console's times are UTC.
MOMENT = "%Y-%m-%dT%H:%M:%S"

DAY = timedelta(days=1)
WITHIN = {"1h": timedelta(hours=1), "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
OLDER = {"over-7d": 7 * DAY, "over-30d": 30 * DAY, "over-90d": 90 * DAY}
AGES = [
    ("", "Any time"),
    ("1h", "In the last hour"),
    ("24h", "In the last 24 hours"),
    ("7d", "In the last 7 days"),
    ("30d", "In the last 30 days"),
    ("over-7d", "More than 7 days ago"),
    ("over-30d", "More than 30 days ago"),
    ("over-90d", "More than 90 days ago"),
]


def moment(label: str) -> forms.DateTimeField:
    """An optional point in time in UTC, typed with the browser's own picker."""
    widget = forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local", "step": "1"})
    return forms.DateTimeField(label=label, required=False, widget=widget)


class AlarmFilter(ListForm):
    """Filters of alarms by severity, status, type, source and the device's time of the alarm."""

    severity = forms.MultipleChoiceField(
        choices=[(s.value, s.value.capitalize()) for s in AlarmSeverity],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    status = forms.MultipleChoiceField(
        choices=[(s.value, s.value.capitalize()) for s in AlarmStatus],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    type = forms.CharField(
        required=False, max_length=1000, help_text="The exact type; several are separated by commas."
    )
    source = forms.CharField(
        label="Device id",
        required=False,
        validators=[RegexValidator(r"\A[0-9]{1,20}\Z", "A device id has up to 20 digits and nothing else.")],
    )
    age = forms.ChoiceField(label="Occurred", choices=AGES, required=False)
    since = moment("From (UTC)")
    until = moment("To (UTC)")

    sortable: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = timezone.now().replace(microsecond=0)

    def clean_type(self) -> str:
        types = [part.strip() for part in self.cleaned_data["type"].split(",")]
        return ",".join(part for part in types if part)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if cleaned.get("age") and (since or until):
            self.add_error("age", "Choose either how long ago, or a time span.")
        if since and until and since > until:
            self.add_error("until", "The span ends before it begins.")
        return cleaned

    def span(self) -> tuple[datetime | None, datetime | None]:
        """The earliest and the latest time; a relative age counts from when this form was made."""
        age = self.cleaned_data.get("age")
        if age in WITHIN:
            return self.now - WITHIN[age], None
        if age in OLDER:
            return None, self.now - OLDER[age]
        return self.cleaned_data.get("since"), self.cleaned_data.get("until")

    def query(self, c8y: CumulocityClient) -> Query[Alarm]:
        """The alarms that match, newest first (GET /alarm/alarms), unsent."""
        chosen = self.cleaned_data
        since, until = self.span()
        return c8y.alarms.where(
            severity=chosen["severity"] or None,
            status=chosen["status"] or None,
            type=chosen["type"].split(",") if chosen["type"] else None,
            source=chosen["source"] or None,
            date_from=since,
            date_to=until,
        )

    def scope(self) -> str:
        """The filters as a canonical query string, a relative age as the absolute time that the page used.

        A job that is prepared later would otherwise let "the last 24 hours" slide on, and change other alarms
        than the administrator saw.
        """
        scope = QueryDict(super().scope(), mutable=True)
        if scope.pop("age", None):
            for name, when in zip(("since", "until"), self.span(), strict=True):
                if when:
                    scope[name] = when.strftime(MOMENT)
        canonical = QueryDict(mutable=True)
        for name in sorted(scope):
            canonical.setlist(name, scope.getlist(name))
        return canonical.urlencode()
