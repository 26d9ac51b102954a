"""How fast, in which stages and when a job shall work, as pages and the command line ask for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from c8yadmin.jobs.execution import stages
from c8yadmin.jobs.execution.window import MOST_THREADS
from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.orders.limits import FASTEST, SLOWEST, RateField, limit_of
from c8yadmin.jobs.orders.schedules import ScheduleForm, present, understood
from c8yadmin.jobs.states import NEVER

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
LONGEST_WAIT = 30 * 86400
TOGETHER, AS_FAST = "At most so many, by all workers together", "Empty: as fast as the tenant answers."
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
        return span(value)


def span(seconds: int) -> str:
    """A length of time as it is typed: `90 s`, `5 min`, `2 h`."""
    sizes = ((3600, "h"), (60, "min"))
    return next(
        (f"{seconds // size} {unit}" for size, unit in sizes if seconds and not seconds % size),
        f"{seconds} s",
    )


def _number(label: str, help_text: str, least: float, most: float, **more: Any) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "any"})
    return forms.FloatField(
        label=label, help_text=help_text, min_value=least, max_value=most, widget=widget, **more
    )


class SpeedForm(forms.Form):
    """How fast a job may go; also while it runs."""

    rate_per_s = RateField(help_text=f"{TOGETHER}. {AS_FAST}")
    parallel = forms.IntegerField(
        label="At the same time",
        min_value=1,
        max_value=MOST_THREADS,
        initial=8,
        help_text="Requests under way in each slot, which is where a chunk of 500 targets is worked.",
    )

    def __init__(self, data: Any = None, *, ramped: bool = False, **more: Any) -> None:
        self.ramped = ramped
        super().__init__(data, **more)

    @classmethod
    def under_way(cls, job: Job, data: Any = None) -> SpeedForm:
        """The form of a confirmed job, with its present speed unless `data` is new."""
        initial = {"rate_per_s": job.rate_per_s, "parallel": job.parallel}
        form = SpeedForm(data, initial=initial, ramped=job.pace is not None)
        form.tell_calls(job)
        return form

    def tell_calls(self, job: Job) -> None:
        """Say how many requests a target of the job takes: the rate is not that of targets."""
        if (calls := job.preview.get("calls", 1)) > 1:
            self.fields["rate_per_s"].help_text = f"{TOGETHER}; each target takes {calls}. {AS_FAST}"

    def clean_rate_per_s(self) -> float | None:
        rate: float | None = self.cleaned_data["rate_per_s"]
        if self.ramped and not rate:
            raise ValidationError("The job has a ramp, which needs a rate to grow to.")
        return rate


class OptionsForm(SpeedForm, ScheduleForm):
    """All that is asked about how a job works; `columns` is what the job keeps of it."""

    ramp_from = _number(
        "Begin with",
        "Requests per second at the start; halved whenever the tenant is in trouble. Empty: no ramp.",
        SLOWEST,
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
        label="But not before",
        help_text="So many targets are done. A job with fewer never ends itself.",
        min_value=1,
        max_value=1_000_000,
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
    checked = ("ramp_from", *ScheduleForm.checked)

    @classmethod
    def of(cls, job: Job, limit: TenantLimit, data: Any = None) -> OptionsForm:
        """The form of a job that is not yet confirmed, with what is asked for so far unless `data` is new."""
        initial = {name: _plain(getattr(job, name)) for name in cls.base_fields} | present(job)
        initial |= {"stages": ", ".join(job.stages), "abort_percent": _percent(job.abort_percent)}
        form = cls(data, limit=limit, initial=initial, prefix=PREFIX)
        form.stored = job
        form.tell_calls(job)
        return form

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
        found = super().columns()
        return found | {"abort_percent": NEVER if found["abort_percent"] is None else found["abort_percent"]}

    def clean_stages(self) -> list[str]:
        return understood(lambda: stages.parse(self.cleaned_data["stages"]))

    def clean_ramp_seconds(self) -> int:
        seconds: int = self.cleaned_data["ramp_seconds"] or 60
        if seconds < 1:
            raise ValidationError("An interval takes at least a second.")
        return seconds

    def _ramp_from(self) -> float | None:
        start: float | None = self.cleaned_data.get("ramp_from")
        limit = self.cleaned_data.get("rate_per_s")
        if start is not None and "rate_per_s" not in self.errors:
            if not limit:
                raise ValidationError("A ramp needs a rate to grow to: give the requests per second.")
            if start >= limit:
                raise ValidationError(f"A ramp begins with less than the {limit:g} that it grows to.")
        return start


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
    kept = {name: getattr(job, name) for name in KEPT}
    return kept if job.hours else kept | {"hours_zone": ""}


def defaults() -> dict[str, Any]:
    """What the settings say about jobs of which nobody says anything else."""
    return {"abort_percent": settings.JOBS_ABORT_PERCENT, "abort_minimum": settings.JOBS_ABORT_MINIMUM}
