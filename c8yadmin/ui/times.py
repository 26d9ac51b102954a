"""Moments as people read them: how long ago, and exactly."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.dateparse import parse_datetime

STEPS = ((86400, "d"), (3600, "h"), (60, "min"))
RELATIVE = 7 * 86400  # seconds; beyond them the date says more


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    iso: str
    exact: str
    words: str


def moment(value: Any) -> Moment | None:
    """What a page says about `value`, a datetime or ISO 8601 text; None when it is neither."""
    when = instant(value)
    if when is None:
        return None
    second = when.isoformat(timespec="seconds")[:19]
    return Moment(when, f"{second}Z", f"{second.replace('T', ' ')} UTC", words(when, timezone.now()))


def clock(when: datetime, zone: str = "") -> str:
    """`2026-11-20 22:00 (Europe/Berlin)`: what the clocks of `zone` show, with their offset where they show
    it twice; in UTC without one, or where this machine does not know it or its calendar ends before."""
    if zone and zone != "UTC":
        with suppress(ZoneInfoNotFoundError, ValueError, OSError, OverflowError):
            shown = when.astimezone(ZoneInfo(zone))
            return f"{_minute(shown)}{_which(shown)} ({zone})"
    return f"{_minute(when.astimezone(UTC))} UTC"


def _minute(when: datetime) -> str:
    return when.isoformat(" ", "minutes")[:16]  # of years before 1000, strftime leaves zeros out


def _which(shown: datetime) -> str:
    other = shown.replace(fold=1 - shown.fold)
    return f" {shown.isoformat(timespec='minutes')[16:]}" if other.utcoffset() != shown.utcoffset() else ""


def words(when: datetime, now: datetime) -> str:
    """`4 min ago`, `in 2 h`, or the date when it is more than a week away."""
    away = (now - when).total_seconds()
    if abs(away) > RELATIVE:
        return f"{when.day} {when:%b %Y}"
    seconds = int(abs(away))
    for length, unit in STEPS:
        if seconds >= length:
            text = f"{seconds // length} {unit}"
            return f"{text} ago" if away > 0 else f"in {text}"
    return "just now" if away >= 0 else "in a moment"


def instant(value: Any) -> datetime | None:
    """The same moment in UTC, also where `value`, a datetime or ISO 8601 text, has no zone; None when it is
    neither, or lies beyond the years that UTC has."""
    with suppress(ValueError, OverflowError):  # well-formed, but no such day
        found = value if isinstance(value, datetime) else parse_datetime(str(value))
        return found and (found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))
    return None
