"""Times as the platform reads and writes them: ISO 8601, UTC with milliseconds and `Z` on the way out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sdk.sandbox.call import invalid


def stamp(moment: datetime) -> str:
    """`moment` (aware) as `2026-01-31T08:15:30.123Z`."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z"


def now() -> str:
    return stamp(datetime.now(UTC))


def ago(**span: float) -> str:
    """The time that long ago; the arguments are those of `timedelta`."""
    return stamp(datetime.now(UTC) - timedelta(**span))


def moment(text: str) -> datetime:
    """Read a time; one without a zone is UTC, a bare day is its midnight. ValueError if it is none."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def normal(text: str, what: str = "time") -> str:
    """A time from a request in the platform's own form, so that they compare as texts; 422 if it is none."""
    try:
        return stamp(moment(text))
    except (ValueError, TypeError, OverflowError) as error:
        raise invalid(
            f"'{text}' is not a valid {what}: expected ISO 8601, for example 2026-01-31T08:15:30Z."
        ) from error
