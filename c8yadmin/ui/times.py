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
    when = value if isinstance(value, datetime) else _parsed(str(value))
    if when is None:
        return None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    second = when.isoformat(timespec="seconds")[:19]
    return Moment(when, f"{second}Z", f"{second.replace('T', ' ')} UTC", words(when, timezone.now()))


def clock(when: datetime, zone: str = "") -> str:
    """`2026-11-20 22:00 (Europe/Berlin)`: what the clocks of `zone` show; in UTC without one, or where this
    machine does not know it."""
    if zone and zone != "UTC":
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return f"{when.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


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


def _parsed(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:  # well-formed, but no such day
        return None
