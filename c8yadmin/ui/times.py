"""Moments as people read them: how long ago, and exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

STEPS = ((86400, "d"), (3600, "h"), (60, "min"))
RELATIVE = timedelta(days=7)  # beyond it the date says more


@dataclass(frozen=True, slots=True)
class Moment:
    iso: str
    exact: str
    words: str


def moment(value: Any) -> Moment | None:
    """What a page says about `value`, a datetime or ISO 8601 text; None when it is neither."""
    when = value if isinstance(value, datetime) else _parsed(str(value))
    if when is None:
        return None
    when = when.replace(tzinfo=UTC) if timezone.is_naive(when) else when.astimezone(UTC)
    second = when.isoformat(timespec="seconds")[:19]
    return Moment(f"{second}Z", f"{second.replace('T', ' ')} UTC", words(when, timezone.now()))


def words(when: datetime, now: datetime) -> str:
    """`4 min ago`, `in 2 h`, or the date when it is more than a week away."""
    away = now - when
    if abs(away) > RELATIVE:
        return f"{when.day} {when:%b %Y}"
    seconds = int(abs(away.total_seconds()))
    for length, unit in STEPS:
        if seconds >= length:
            text = f"{seconds // length} {unit}"
            return f"{text} ago" if away > timedelta() else f"in {text}"
    return "just now" if away >= timedelta() else "in a moment"


def _parsed(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:  # well-formed, but no such day
        return None
