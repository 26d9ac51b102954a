"""How fast, in which stages and when a job shall work, as pages and the command line ask for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from c8yadmin.jobs.execution import hours, stages
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.states import NEVER

T = TypeVar("T")
KEPT = (
    "rate_per_s",
    "parallel",
    "ramp_from",
    "ramp_factor",
    "ramp_seconds",
    "abort_percent",
    "abort_minimum",
    "hours",
    "hours_zone",
)
PREFIX = "work"  # of its fields on a page that has other forms as well
MOST_THREADS = 32
SLOWEST, FASTEST = 0.01, 10_000
LONGEST_WAIT = 30 * 86400
SLACK = timedelta(minutes=1)  # by which a start may be in the past: typing takes a moment
_UNITS = {"": 60, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,7})\s*([a-z]{0,3})")


class DurationField(forms.CharField):
    """A length of time, in seconds: `90 s`, `15 min` (or only `15`), `2 h`."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip().lower()
        if not text:
            return None
        found = _DURATION.fullmatch(text)
        if found is None or found[2] not in _UNITS:
            raise ValidationError(f"“{text[:20]}” is no length of time: write 90 s, 15 min or 2 h.")
        seconds = int(found[1]) * _UNITS[found[2]]
        if seconds > LONGEST_WAIT:
            raise ValidationError("That is longer than 30 days.")
        return seconds

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        return f"{value // 60} min" if value % 60 == 0 else f"{value} s"


def _moment(label: str, help_text: str) -> forms.CharField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.CharField(required=False, max_length=40, label=label, help_text=help_text, widget=widget)


def _number(label: str, help_text: str, least: float, most: float, **more: Any) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "any"})
    return forms.FloatField(
        label=label, help_text=help_text, min_value=least, max_value=most, widget=widget, **more
    )


class SpeedForm(forms.Form):
    """How fast a job may go; also while it runs."""

    rate_per_s = _number(
        "Requests per second",
        "At most so many, by all workers together. Empty: as fast as the tenant answers.",
        0,
        FASTEST,
        required=False,
    )
    parallel = forms.IntegerField(
        label="At the same time",
        min_value=1,
        max_value=MOST_THREADS,
        initial=8,
        help_text="Requests under way in each of the tenant's slots.",
    )

    def __init__(self, data: Any = None, *, ramped: bool = False, **more: Any) -> None:
        self.ramped = ramped
        super().__init__(data, **more)

    def clean_rate_per_s(self) -> float | None:
        rate: float | None = self.cleaned_data["rate_per_s"] or None
        if rate and rate < SLOWEST:
            raise ValidationError(f"Less than {SLOWEST:g} per second would hardly ever end.")
        if self.ramped and not rate:
            raise ValidationError("The job has a ramp, which needs a rate to grow to.")
        return rate


class OptionsForm(SpeedForm):
    """All that is asked about how a job works; `columns` is what the job keeps of it."""

    ramp_from = _number(
        "Begin with",
        "Requests per second at the start; halved whenever the tenant is in trouble. Empty: no ramp.",
        0.01,
        FASTEST,
        required=False,
    )
    ramp_factor = _number("Then times", "So many times faster after each interval.", 1.1, 100, initial=2)
    ramp_seconds = DurationField(
        label="Every", help_text="How long an interval is.", initial="1 min", required=False
    )
    abort_percent = _number(
        "Stop at failures of", "Percent of what is done. Empty: never.", 0.1, 100, required=False
    )
    abort_minimum = forms.IntegerField(
        label="But not before", help_text="So many targets are done.", min_value=1, max_value=1_000_000
    )
    stages = forms.CharField(
        required=False,
        max_length=200,
        label="Stages",
        help_text="Up to which target each goes, such as 10, 10%, 100%. Empty: all at once.",
    )
    stage_wait = DurationField(
        required=False,
        label="Wait between stages",
        help_text="Such as 15 min or 2 h. Empty: until you let it go on.",
    )
    scheduled_at = _moment("Start at", "Empty: as soon as it is confirmed.")
    not_after = _moment("At the latest", "Not begun by then, it does nothing and says so.")
    hours = forms.CharField(
        required=False,
        max_length=20,
        label="Only between",
        help_text="Hours of the day, such as 22:00-05:00. Empty: at any time.",
    )
    hours_zone = forms.CharField(
        max_length=64,
        label="Time zone",
        initial="UTC",
        help_text="For all times here, such as Europe/Berlin.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, data: Any = None, *, limit: TenantLimit, initial: Mapping[str, Any], prefix: str | None = None
    ) -> None:
        self.limit = limit
        super().__init__(data, initial=dict(initial), prefix=prefix)
        if self.is_usual:  # nobody has named a time yet: the browser may say where it is
            self.fields["hours_zone"].widget.attrs["data-time-zone"] = ""

    @classmethod
    def of(cls, job: Job, limit: TenantLimit, data: Any = None) -> OptionsForm:
        """The form of a job that is not yet confirmed, with what is asked for so far unless `data` is new."""
        initial = {name: _plain(getattr(job, name)) for name in cls.base_fields}
        zone = job.hours_zone or "UTC"
        for name in ("scheduled_at", "not_after"):
            if initial[name]:
                local = initial[name].astimezone(hours.time_zone(zone))
                initial[name] = local.strftime("%Y-%m-%dT%H:%M")
        initial |= {"stages": ", ".join(job.stages), "hours_zone": zone}
        initial["abort_percent"] = _percent(job.abort_percent)
        return cls(data, limit=limit, initial=initial, prefix=PREFIX)

    @classmethod
    def sent(cls, job: Job, data: Any) -> OptionsForm | None:
        """The form of a job's page; None where what was sent has none of its fields."""
        return cls.of(job, limit_of(job.tenant), data) if f"{PREFIX}-parallel" in data else None

    @classmethod
    def typed(cls, given: Mapping[str, Any], limit: TenantLimit) -> OptionsForm:
        """The form filled with `given`, and for the rest with the defaults."""
        data = {name: value for name, value in (_usual() | dict(given)).items() if value is not None}
        return cls(data, limit=limit, initial={})

    @property
    def is_usual(self) -> bool:
        """Whether nothing is asked for that would have to be shown at once."""
        usual = _usual()
        asked = {name: self.fields[name].prepare_value(value) for name, value in self.initial.items()}
        same = (
            value == usual[name] or (value in (None, "") and not usual[name]) for name, value in asked.items()
        )
        return not self.is_bound and all(same)

    def columns(self) -> dict[str, Any]:
        """The job's columns, once the form is valid."""
        found = dict(self.cleaned_data)
        percent = NEVER if found["abort_percent"] is None else found["abort_percent"]
        return found | {"hours_zone": found["hours_zone"] if found["hours"] else "", "abort_percent": percent}

    def clean_stages(self) -> list[str]:
        return _understood(lambda: stages.parse(self.cleaned_data["stages"]))

    def clean_ramp_seconds(self) -> int:
        seconds: int = self.cleaned_data["ramp_seconds"] or 60
        if seconds < 1:
            raise ValidationError("An interval takes at least a second.")
        return seconds

    def clean_hours_zone(self) -> str:
        return _understood(lambda: hours.time_zone(self.cleaned_data["hours_zone"])).key

    def clean(self) -> dict[str, Any]:
        for name in ("ramp_from", "hours", "scheduled_at", "not_after"):
            try:
                self.cleaned_data[name] = getattr(self, f"_{name}")()
            except ValidationError as error:
                self.add_error(name, error)
        return self.cleaned_data

    def _ramp_from(self) -> float | None:
        start: float | None = self.cleaned_data.get("ramp_from")
        limit = self.cleaned_data.get("rate_per_s")
        if start is not None and "rate_per_s" not in self.errors:
            if not limit:
                raise ValidationError("A ramp needs a rate to grow to: give the requests per second.")
            if start >= limit:
                raise ValidationError(f"A ramp begins with less than the {limit:g} that it grows to.")
        return start

    def _hours(self) -> str:
        text, zone = self.cleaned_data.get("hours"), self.cleaned_data.get("hours_zone")
        if not text or not zone:
            return ""
        its = _understood(lambda: hours.Hours.parse(text, zone))
        row = TenantLimit(hours=str(its), hours_zone=zone)
        if hours.opening(hours.of(row, self.limit), clock()) is None:
            words = hours.of(self.limit)[0].words
            raise ValidationError(f"Jobs of this tenant work only {words}: the two never meet.")
        return str(its)

    def _scheduled_at(self) -> datetime | None:
        at = self._at("scheduled_at")
        if at is not None and at < clock() - SLACK:
            raise ValidationError("That time has passed. Leave it empty to start as soon as it is confirmed.")
        return at

    def _not_after(self) -> datetime | None:
        at = self._at("not_after")
        start = self.cleaned_data.get("scheduled_at")
        if at is not None and at < clock():
            raise ValidationError("That time has passed.")
        if at is not None and isinstance(start, datetime) and at < start:
            raise ValidationError("That is before the start.")
        return at

    def _at(self, name: str) -> datetime | None:
        text, zone = self.cleaned_data.get(name), self.cleaned_data.get("hours_zone")
        if not text or not zone:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValidationError("This is no moment: write it as 2026-11-20T22:00.") from error
        return (at if at.tzinfo else at.replace(tzinfo=hours.time_zone(zone))).astimezone(UTC)


def _plain(value: Any) -> Any:
    """`value` as people type it: 20 instead of 20.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _percent(stored: float) -> Any:
    """At how many percent of failures a job ends itself, as people type it; None for never."""
    return _plain(stored) if stored < NEVER else None


def _usual() -> dict[str, Any]:
    """What the fields of the options say where nobody has said anything."""
    usual = {name: field.initial for name, field in OptionsForm.base_fields.items()} | defaults()
    return usual | {"abort_percent": _percent(usual["abort_percent"])}


def inherited(job: Job) -> dict[str, Any]:
    """What a job that continues the work of `job` keeps of it: its speed and its hours, not its time."""
    return {name: getattr(job, name) for name in KEPT}


def defaults() -> dict[str, Any]:
    """What the settings say about jobs of which nobody says anything else."""
    return {"abort_percent": settings.JOBS_ABORT_PERCENT, "abort_minimum": settings.JOBS_ABORT_MINIMUM}


def _understood(parse: Callable[[], T]) -> T:
    try:
        return parse()
    except ValueError as error:
        raise ValidationError(str(error)) from error
