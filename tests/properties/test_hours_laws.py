"""Hours of work, as arithmetic: in every zone, on every day, whatever is done to its clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from c8yadmin.jobs.execution.hours import Hours, are_open, closing, opening, time_zone

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Gaza"]
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
HOURS = st.builds(Hours, TIMES, TIMES, st.sampled_from(ZONES).map(time_zone)).filter(
    lambda hours: hours.start != hours.end
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
NIGHT = Hours.parse("22:00-05:00", "Europe/Berlin")


@given(hours=HOURS, at=MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(hours: Hours, at: datetime) -> None:
    opens = hours.opens(at)
    assert opens >= at
    assert hours.is_open(opens)
    if opens > at:
        assert not hours.is_open(at)
        assert not hours.is_open(opens - timedelta(seconds=1))
        assert opens - at <= timedelta(hours=49)


@given(hours=HOURS, at=MOMENTS)
def test_what_is_open_closes_and_stays_open_until_then(hours: Hours, at: datetime) -> None:
    closes = hours.closes(at)
    opens = hours.opens(at)
    assert opens < closes
    assert hours.is_open(closes - timedelta(seconds=1))
    assert hours.is_open(opens + (closes - opens) / 2)


@given(hours=HOURS, at=MOMENTS)
def test_openings_and_closings_are_what_the_clocks_show(hours: Hours, at: datetime) -> None:
    opens = hours.opens(hours.closes(at))
    shown = opens.astimezone(hours.zone)
    jumped = (opens - timedelta(minutes=1)).astimezone(hours.zone)
    changed = shown.utcoffset() != jumped.utcoffset()
    assert changed or opens == hours.closes(at) or shown.time() == hours.start


@given(hours=st.lists(HOURS, min_size=1, max_size=2), at=MOMENTS)
def test_all_hours_are_open_at_their_common_opening(hours: list[Hours], at: datetime) -> None:
    common = opening(hours, at)
    assume(common is not None)
    assert common is not None
    assert are_open(hours, common)
    closes = closing(hours, common)
    assert closes is not None
    assert closes > common


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-07-01T21:59:59+02:00", False),
        ("2026-07-01T22:00:00+02:00", True),
        ("2026-07-02T04:59:59+02:00", True),
        ("2026-07-02T05:00:00+02:00", False),
        ("2026-01-01T22:00:00+01:00", True),
        ("2026-01-01T21:00:00+00:00", True),
        ("2026-07-01T21:00:00+00:00", True),
    ],
)
def test_a_night_is_from_evening_to_morning_in_its_own_zone(at: str, is_open: bool) -> None:
    assert NIGHT.is_open(moment(at)) is is_open


@pytest.mark.parametrize(
    ("evening", "hours"), [("2026-03-28", 6), ("2026-10-24", 8), ("2026-06-10", 7), ("2026-12-10", 7)]
)
def test_nights_of_clock_changes_are_shorter_and_longer(evening: str, hours: int) -> None:
    opens = NIGHT.opens(moment(f"{evening}T12:00:00+00:00"))
    assert NIGHT.closes(opens) - opens == timedelta(hours=hours)


def test_an_hour_that_comes_twice_ends_the_work_once() -> None:
    hours = Hours.parse("22:00-02:30", "Europe/Berlin")
    assert hours.closes(moment("2026-10-24T23:00:00+02:00")) == moment("2026-10-25T02:30:00+02:00")
    assert not hours.is_open(moment("2026-10-25T02:15:00+01:00"))


def test_a_start_that_the_clocks_leap_over_is_the_moment_of_the_leap() -> None:
    hours = Hours.parse("02:30-04:00", "Europe/Berlin")
    assert hours.opens(moment("2026-03-29T00:00:00+01:00")) == moment("2026-03-29T03:00:00+02:00")
    assert not hours.is_open(moment("2026-03-29T01:59:00+01:00"))


def test_hours_that_never_meet_have_no_opening() -> None:
    at = moment("2026-06-10T12:00:00+00:00")
    day, night = Hours.parse("08:00-09:00", "UTC"), Hours.parse("20:00-21:00", "UTC")
    assert opening([day, night], at) is None
    assert opening([], at) == at
    assert closing([], at) is None


@pytest.mark.parametrize(
    ("text", "zone", "words"),
    [
        ("22-5", "UTC", "is no time of day"),
        ("25:00-05:00", "UTC", "25:00 is no time of day"),
        ("22:60-05:00", "UTC", "22:60 is no time of day"),
        ("05:00-5:00", "UTC", "the same"),
        ("22:00-05:00", "Mars/Olympus", "no time zone “Mars/Olympus”"),
        ("22:00-05:00", "", "no time zone"),
        ("22:00-05:00", "../../etc/passwd", "no time zone"),
    ],
)
def test_what_can_be_no_hours_is_refused_in_words(text: str, zone: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Hours.parse(text, zone)


def test_hours_are_written_in_one_way() -> None:
    hours = Hours.parse(" 9:30 – 17:00 ", "Europe/Berlin")
    assert (str(hours), hours.words) == ("09:30-17:00", "09:30–17:00 (Europe/Berlin)")
    assert hours.start == time(9, 30)
