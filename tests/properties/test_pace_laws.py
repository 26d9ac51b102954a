"""The ramp, as arithmetic: it grows to its limit, never leaves its bounds, and its duration adds up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8yadmin.jobs.execution.pacing import Ramp

RAMPS = st.builds(
    lambda start, factor, seconds, over: Ramp(start, factor, seconds, start * over),
    st.floats(0.1, 100),
    st.floats(1.1, 10),
    st.floats(1, 600),
    st.floats(1, 1000),
)


@given(ramp=RAMPS, steps=st.lists(st.booleans(), max_size=60))
def test_the_pace_stays_between_its_start_and_its_limit(ramp: Ramp, steps: list[bool]) -> None:
    pace = ramp.start
    for trouble in steps:
        before = pace
        pace = ramp.halved(pace) if trouble else ramp.grown(pace)
        assert ramp.start <= pace <= ramp.limit
        assert (pace <= before) if trouble else (pace >= before)


@given(ramp=RAMPS)
def test_without_trouble_it_gets_to_its_limit(ramp: Ramp) -> None:
    pace, steps = ramp.start, 0
    while pace < ramp.limit:
        pace, steps = ramp.grown(pace), steps + 1
        assert steps < 100
    assert pace == ramp.limit


@given(ramp=RAMPS, fewer=st.floats(1, 1e6), more=st.floats(0, 1e6))
def test_more_requests_never_take_less_time(ramp: Ramp, fewer: float, more: float) -> None:
    assert ramp.duration(fewer) <= ramp.duration(fewer + more) * 1.000001
    assert ramp.duration(fewer) >= fewer / ramp.limit * 0.999999
    assert ramp.duration(fewer) <= fewer / ramp.start * 1.000001


def test_the_duration_is_the_sum_of_its_steps() -> None:
    ramp = Ramp(start=1, factor=2, seconds=60, limit=4)
    assert ramp.duration(60) == 60
    assert ramp.duration(60 + 120) == 120
    assert ramp.duration(60 + 120 + 400) == pytest.approx(220)
    assert Ramp(5, 2, 60, 5).duration(50) == pytest.approx(10)
