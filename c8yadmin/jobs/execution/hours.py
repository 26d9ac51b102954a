"""At what time of day work may be done: `22:00-05:00` in a named time zone, on the days of clock changes too.

Pure arithmetic, without a database.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

AHEAD = timedelta(days=10)  # in which hours that have anything in common meet
_HOURS = re.compile(r"\s*(\d{1,2}:\d\d)\s*[-\N{EN DASH}]\s*(\d{1,2}:\d\d)\s*")


class HasHours(Protocol):
    """A row that says when work may be done; without `hours` always."""

    hours: str
    hours_zone: str


@dataclass(frozen=True, slots=True)
class Hours:
    """From `start` until `end` on the clocks of `zone`; past midnight where `end` is the earlier one.

    Each day's hours are one stretch of time, however its clocks are changed: an end that comes twice counts
    the first time, and a start that is left out counts as the moment of the change.
    """

    start: time
    end: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: str) -> Hours:
        """Raises ValueError with a sentence for what cannot be meant."""
        found = _HOURS.fullmatch(text)
        if found is None:
            raise ValueError(f"“{text[:20]}” is no time of day: write it as 22:00-05:00.")
        start, end = (_time(part) for part in found.groups())
        if start == end:
            raise ValueError("Begin and end are the same: leave it empty for work at any time.")
        return cls(start, end, time_zone(zone))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    @property
    def words(self) -> str:
        """The hours as they stand in a sentence."""
        return f"{self.start:%H:%M}–{self.end:%H:%M} ({self.zone.key})"

    def opens(self, at: datetime) -> datetime:
        """When work may be done next: `at` itself where that is in the hours."""
        day = at.astimezone(self.zone).date() - timedelta(days=2)
        while True:
            start, end = self._stretch(day)
            if start < end and at < end:
                return max(at, start)
            day += timedelta(days=1)

    def closes(self, at: datetime) -> datetime:
        """When the hours end in which `at` is, or the next ones after it."""
        opens = self.opens(at)
        days = (opens.astimezone(self.zone).date() + timedelta(days=n) for n in (-2, -1, 0, 1))
        return min(end for start, end in map(self._stretch, days) if start <= opens < end)

    def is_open(self, at: datetime) -> bool:
        """Whether work may be done at the moment `at`."""
        return self.opens(at) == at

    def _stretch(self, day: date) -> tuple[datetime, datetime]:
        until = day if self.start < self.end else day + timedelta(days=1)
        return _moment(day, self.start, self.zone), _moment(until, self.end, self.zone)


def time_zone(name: str) -> ZoneInfo:
    """The time zone of this name, such as `Europe/Berlin`; ValueError with a sentence when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"There is no time zone “{name[:40]}”: write one as Europe/Berlin.") from error


def of(*rows: HasHours) -> list[Hours]:
    """All hours that work has to keep to; ValueError for those that this machine does not understand."""
    return [Hours.parse(row.hours, row.hours_zone) for row in rows if row.hours]


def unclear(job: HasHours, limit: HasHours | None = None) -> str:
    """Why this machine cannot tell when the job may work, by its hours or by its tenant's `limit`, as a
    sentence; empty where it can."""
    for whose, row in (("Its hours", job), ("The hours of its tenant", limit)):
        try:
            of(*filter(None, [row]))
        except ValueError as error:
            return f"{whose} cannot be understood: {error}"
    return ""


def words(hours: Sequence[Hours]) -> str:
    """All of `hours` as they stand in a sentence."""
    return " and ".join(one.words for one in hours)


def are_open(hours: Sequence[Hours], at: datetime) -> bool:
    """Whether work may be done at the moment `at`, by all of `hours`."""
    return all(one.is_open(at) for one in hours)


def permit(at: datetime, *rows: HasHours) -> bool:
    """Whether work may be done at the moment `at` by the hours of all `rows`; not where they are garbled."""
    try:
        return are_open(of(*rows), at)
    except ValueError:
        return False


def opening(hours: Sequence[Hours], at: datetime) -> datetime | None:
    """When work may be done next by all of `hours`; None when they have nothing in common."""
    moment = at
    while moment < at + AHEAD:
        later = max((one.opens(moment) for one in hours), default=moment)
        if later == moment:
            return moment
        moment = later
    return None


def closing(hours: Sequence[Hours], at: datetime) -> datetime | None:
    """When the first of `hours`, all of them open, ends; None when there are none."""
    return min((one.closes(at) for one in hours), default=None)


def _time(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    try:
        return time(hour, minute)
    except ValueError as error:
        raise ValueError(f"{text} is no time of day.") from error


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When the clocks of `zone` first show `clock` on this day, or jump over it."""
    wanted = datetime.combine(day, clock)
    moment = wanted.replace(tzinfo=zone).astimezone(UTC)
    if _shown(moment, zone) == wanted:
        return moment
    earliest = moment - timedelta(hours=4)
    after = bisect_left(range(8 * 60), wanted, key=lambda n: _shown(earliest + timedelta(minutes=n), zone))
    return earliest + timedelta(minutes=after)


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
