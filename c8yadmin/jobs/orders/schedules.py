"""When a job shall work, as pages and the command line ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from c8yadmin.jobs.execution import hours
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Approval, Job, TenantLimit
from c8yadmin.jobs.orders.limits import hours_field
from c8yadmin.jobs.states import State
from c8yadmin.ui import times

T = TypeVar("T")
MOMENTS = ("scheduled_at", "not_after")
FARTHEST = timedelta(days=3653)  # by which a moment may be ahead: a mistyped year is told
SLACK = timedelta(minutes=1)  # by which a start may be in the past: typing takes a moment


def _moment(label: str, help_text: str) -> forms.CharField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.CharField(required=False, max_length=40, label=label, help_text=help_text, widget=widget)


class ScheduleForm(forms.Form):
    """When a job begins, and at what time of day it works; `columns` is what the job keeps of it."""

    scheduled_at = _moment("Start at", "Empty: as soon as it is confirmed.")
    not_after = _moment("At the latest", "Not begun by then, it does nothing and says so.")
    hours = hours_field()
    hours_zone = forms.CharField(
        max_length=64,
        label="Time zone",
        initial="UTC",
        help_text="For all times here, such as Europe/Berlin.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    job: Job | None = None  # the confirmed one whose schedule it is
    stored: Job | None = None  # the one whose times it has shown
    checked: ClassVar[tuple[str, ...]] = ("hours", *MOMENTS)  # one after the other: each may need the former

    def __init__(
        self, data: Any = None, *, limit: TenantLimit, initial: Mapping[str, Any], **more: Any
    ) -> None:
        self.limit = limit
        super().__init__(data, initial=dict(initial), **more)
        self._warn_of_unknown_zone()
        if self.is_usual:  # nobody has named a time yet: the browser may say where it is
            self.fields["hours_zone"].widget.attrs["data-time-zone"] = ""

    def _warn_of_unknown_zone(self) -> None:
        zone = self.initial.get("hours_zone") or "UTC"
        if not _is_known(zone):
            words = f"This machine does not know {zone}: all times here are on the clocks of UTC."
            self.fields["hours_zone"].help_text = words

    @classmethod
    def of(cls, job: Job, limit: TenantLimit, data: Any = None) -> ScheduleForm:
        """The form of a confirmed job, with its present schedule unless `data` is new.

        What has passed is not offered again; a job that has begun cannot begin at another time.
        """
        passed = set(MOMENTS) - set(ahead(job))
        initial = {name: value for name, value in present(job).items() if name not in passed}
        form = cls(data, limit=limit, initial=initial)
        form.job = form.stored = job
        form.fields["scheduled_at"].help_text = "Empty: as soon as it may."
        for name in MOMENTS if job.started_at else ():
            del form.fields[name]
        return form

    @property
    def is_usual(self) -> bool:
        """Whether nothing is asked for that would have to be shown at once."""
        return not self.is_bound and not any(self.initial.get(name) for name in self.checked)

    def columns(self) -> dict[str, Any]:
        """The job's columns, once the form is valid."""
        found = dict(self.cleaned_data)
        is_timed = any(found.get(name) for name in ("hours", *MOMENTS))
        return found | {"hours_zone": found["hours_zone"] if is_timed else ""}

    def clean_hours_zone(self) -> str:
        return understood(lambda: hours.time_zone(self.cleaned_data["hours_zone"])).key

    def clean(self) -> dict[str, Any]:
        for name in self.checked:
            try:
                if name in self.fields:
                    self.cleaned_data[name] = getattr(self, f"_{name}")()
            except ValidationError as error:
                self.add_error(name, error)
        return self.cleaned_data

    def _hours(self) -> str:
        text, zone = self.cleaned_data.get("hours"), self.cleaned_data.get("hours_zone")
        if not text or not zone:
            return ""
        its = understood(lambda: hours.Hours.parse(text, zone))
        row = TenantLimit(hours=str(its), hours_zone=zone)
        if why := hours.unclear(row, self.limit):
            raise ValidationError(why)
        if hours.opening(hours.of(row, self.limit), clock()) is None:
            words = hours.of(self.limit)[0].words
            raise ValidationError(f"Jobs of this tenant work only {words}: the two never meet.")
        return str(its)

    def _scheduled_at(self) -> datetime | None:
        at = self._at("scheduled_at")
        if at is not None and at < clock() - SLACK:
            raise ValidationError(f"That time has passed. Leave it empty to start {self._start_if_empty()}.")
        return at

    def _start_if_empty(self) -> str:
        """When the job begins that gets no time."""
        if self.job is None:
            return "as soon as it is confirmed"
        if Approval.objects.filter(job=self.job).exists():  # another schedule needs approval again
            return "as soon as it is approved"
        return "now" if self.job.standing is State.SCHEDULED else "as soon as it may"

    def _not_after(self) -> datetime | None:
        at = self._at("not_after")
        start = self.cleaned_data.get("scheduled_at")
        if at is not None and at < clock():
            raise ValidationError("That time has passed.")
        if at is not None and isinstance(start, datetime) and at < start:
            raise ValidationError("That is before the start.")
        if at is not None and not self.errors:
            self._require_opening(start, at)
        return at

    def _require_opening(self, start: datetime | None, latest: datetime) -> None:
        """Raise ValidationError where the job may not work at any time from its `start` until `latest`."""
        zone = self.cleaned_data["hours_zone"]
        row = TenantLimit(hours=self.cleaned_data["hours"], hours_zone=zone)
        if hours.unclear(row, self.limit):
            return
        its = hours.of(row, self.limit)
        opens = hours.opening(its, start or clock())
        if opens is None or opens > latest:
            begin = f"Between {times.clock(start, zone)} and" if start else "From now until"
            until = times.clock(latest, zone)
            raise ValidationError(f"{begin} {until} none of its hours begins: {hours.words(its)}.")

    def _at(self, name: str) -> datetime | None:
        text, zone = self.cleaned_data.get(name), self.cleaned_data.get("hours_zone")
        if not text or not zone:
            return None
        at = self._as_shown(name, text, zone) or _read(text, hours.time_zone(zone))
        if at > clock() + FARTHEST:
            raise ValidationError("That is more than ten years away.")
        return at

    def _as_shown(self, name: str, text: str, zone: str) -> datetime | None:
        """The moment that was shown and is left as it was: its text may stand for another one, too."""
        shown = self.initial.get(name), self.initial.get("hours_zone")
        return getattr(self.stored, name) if self.stored and shown == (text, zone) else None


def _read(text: str, zone: ZoneInfo) -> datetime:
    """The moment in UTC that `text` names on the clocks of `zone`, or on its own where it says so; the first
    one, where they show it twice."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValidationError("This is no moment: write it as 2026-11-20T22:00.") from error
    try:
        moment = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        if at.tzinfo is None and moment.astimezone(zone).replace(tzinfo=None) != at:
            raise ValidationError(f"The clocks of {zone.key} skip that time: they are put forward then.")
    except OverflowError:  # at either end of the calendar
        return at.replace(tzinfo=UTC)
    return moment


def present(job: Job) -> dict[str, Any]:
    """The schedule of a job as its form shows it, on the clocks of its zone."""
    moments = {name: getattr(job, name) for name in MOMENTS}
    local = {name: at and _written(at, job.hours_zone) for name, at in moments.items()}
    return local | {"hours": job.hours, "hours_zone": job.hours_zone or "UTC"}


def _written(at: datetime, zone: str) -> str:
    """What the clocks of `zone` show then; those of UTC where this cannot be told."""
    with suppress(ValueError, OverflowError):
        at = at.astimezone(hours.time_zone(zone or "UTC"))
    return at.isoformat(timespec="minutes")[:16]


def _is_known(zone: str) -> bool:
    try:
        return bool(hours.time_zone(zone))
    except ValueError:
        return False


def ahead(job: Job) -> dict[str, datetime]:
    """The moments of its schedule that are still to come."""
    found = {name: at for name in MOMENTS if (at := getattr(job, name))}
    now = clock() if found else None  # a query, on PostgreSQL
    return {name: at for name, at in found.items() if now and at > now}


def in_words(columns: Mapping[str, Any]) -> str:
    """A schedule as the log of its job tells it."""
    start, latest, zone = columns.get("scheduled_at"), columns.get("not_after"), columns["hours_zone"]
    begins = f"Begins at {times.clock(start, zone)}" if start else "Begins as soon as it may"
    parts = (
        [begins + (f", at the latest at {times.clock(latest, zone)}" if latest else "")]
        if MOMENTS[0] in columns
        else []
    )
    if text := columns["hours"]:
        parts.append(f"works only {hours.Hours.parse(text, zone).words}")
    else:
        parts.append("works at any time")
    words = "; ".join(parts)
    return f"{words[0].upper()}{words[1:]}."


def understood(parse: Callable[[], T]) -> T:
    """What `parse` answers; a ValueError of it is told at its field."""
    try:
        return parse()
    except ValueError as error:
        raise ValidationError(str(error)) from error
