"""What the list of alarms can be narrowed to; the same filter is the scope of a job over all that matches."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils import timezone

from c8yadmin.core.fields import MOMENT, Moment, ObjectId, check_span
from c8yadmin.core.listing import ListForm
from sdk import Alarm, AlarmSeverity, AlarmStatus, CumulocityClient, Query

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
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"placeholder": "c8y_A, c8y_B"}),
    )
    source = ObjectId(label="Device id", required=False)
    age = forms.ChoiceField(label="Occurred", choices=AGES, required=False)
    since = Moment("From (UTC)")
    until = Moment("To (UTC)")

    sortable: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = timezone.now().replace(microsecond=0)

    @classmethod
    def of_status(cls, scope: str, status: AlarmStatus) -> AlarmFilter | None:
        """The valid form of those alarms in `scope` (see there) that have one `status`; None if it leaves
        them out."""
        data = QueryDict(scope, mutable=True)
        if data.getlist("status") and status not in data.getlist("status"):
            return None
        data.setlist("status", [status.value])
        form = cls(data)
        return form if form.is_valid() else None

    def clean_type(self) -> str:
        types = [part.strip() for part in self.cleaned_data["type"].split(",")]
        return ",".join(part for part in types if part)

    def clean(self) -> dict[str, Any]:
        super().clean()
        check_span(self)
        chosen = self.cleaned_data
        if chosen.get("age") and (chosen.get("since") or chosen.get("until")):
            self.add_error("age", "Choose either how long ago, or a time span.")
        return self.cleaned_data

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
        filters = {
            "severity": chosen["severity"],
            "status": chosen["status"],
            "type": chosen["type"].split(",") if chosen["type"] else None,
            "source": chosen["source"],
            "date_from": since,
            "date_to": until,
        }
        return c8y.alarms.where(**{name: value for name, value in filters.items() if value})

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


class StatusForm(forms.Form):
    """A change of one alarm: the status that the user saw, and the one that it shall have."""

    seen = forms.CharField(max_length=50)
    status = forms.ChoiceField(choices=[(s.value, s.value) for s in AlarmStatus])
