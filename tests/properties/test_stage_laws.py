"""Stages of a job, as arithmetic: whatever is asked for, every target belongs to exactly one of them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8yadmin.jobs.execution import stages

NUMBERS = st.integers(1, 2_000_000).map(str)
SHARES = st.integers(1, 100_000).map(lambda n: f"{n / 1000:g}%")
ASKED = st.lists(st.one_of(NUMBERS, SHARES), max_size=stages.MOST)


@given(asked=ASKED, total=st.integers(1, 1_500_000))
def test_stages_grow_strictly_and_end_with_the_last_target(asked: list[str], total: int) -> None:
    ends = stages.ends(asked, total)
    assert ends[-1] == total
    assert ends[0] >= 1
    assert all(before < after for before, after in pairwise(ends))


@given(asked=ASKED)
def test_what_is_understood_is_understood_again(asked: list[str]) -> None:
    try:
        found = stages.parse(", ".join(asked))
    except ValueError:
        return
    assert stages.parse(",".join(found)) == found


def test_stages_are_numbers_or_shares_of_all() -> None:
    assert stages.parse(" 10 , 10 %,100%") == ["10", "10%", "100%"]
    assert stages.ends(["10", "10%", "100%"], 1000) == [10, 100, 1000]
    assert stages.ends(["10"], 1000) == [10, 1000]
    assert stages.parse("  ") == []


def test_a_small_job_has_fewer_stages() -> None:
    assert stages.ends(["10", "10%", "100%"], 50) == [10, 50]
    assert stages.ends(["10", "10%", "100%"], 7) == [7]
    assert stages.ends(["1%"], 7) == [1, 7]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ten", "is no stage"),
        ("10,,20", "is no stage"),
        ("0", "not possible"),
        ("101%", "not possible"),
        ("2.5", "no number of targets"),
        ("20, 10", "After 20 a stage of 10 would do nothing"),
        ("50%, 10%", "After 50% a stage of 10%"),
        (",".join(str(n) for n in range(1, 12)), "there may be 10"),
        ("-5", "is no stage"),
        ("1e3", "is no stage"),
    ],
)
def test_what_can_be_no_stages_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        stages.parse(text)
