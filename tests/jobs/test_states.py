"""The laws of a job's life, for any order of events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8yadmin.jobs.execution.answers import ATTEMPTS, HOLD_CAP, Again, Stop, Why, backoff, judge
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import (
    ALLOWED,
    GIVE_UP,
    ONE_BY_ONE,
    STOPPING,
    TERMINAL,
    Counts,
    ItemState,
    State,
    claimed,
    end_of_stop,
    end_of_work,
    may,
    progressed,
    too_many_failures,
)
from sdk import (
    BadAnswer,
    C8yError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
    Unreachable,
)
from sdk import Timeout as TenantTimeout

STATES = st.sampled_from(list(State))
NUMBERS = st.integers(0, 2000)
COUNTS = st.builds(Counts, NUMBERS, NUMBERS, NUMBERS, NUMBERS)


def test_every_state_says_where_it_may_lead() -> None:
    assert set(ALLOWED) == set(State)


@given(STATES)
def test_what_has_ended_stays_as_it_is(after: State) -> None:
    assert not any(may(ended, after) for ended in TERMINAL)


@given(STATES)
def test_every_unfinished_job_can_reach_an_end(start: State) -> None:
    reached, frontier = {start}, {start}
    while frontier:
        frontier = {after for state in frontier for after in ALLOWED[state]} - reached
        reached |= frontier
    assert reached & TERMINAL


def test_whatever_has_not_ended_can_be_canceled_or_is_stopping() -> None:
    for state in set(State) - TERMINAL - STOPPING:
        assert may(state, State.CANCELING), state


def test_a_stopping_job_ends_in_one_way_only() -> None:
    for state in STOPPING:
        assert ALLOWED[state] == {end_of_stop(state)}


@given(COUNTS)
def test_a_job_completes_without_errors_only_when_nothing_failed_or_stayed_unknown(counts: Counts) -> None:
    flawless = counts.failed == 0 and counts.unknown == 0
    assert (end_of_work(counts) is State.COMPLETED) is flawless


@given(COUNTS, st.integers(1, 100), st.integers(1, 1000))
def test_the_abort_threshold_is_exact(counts: Counts, percent: int, at_least: int) -> None:
    share = counts.failed * 100 >= percent * counts.executed
    assert too_many_failures(counts, percent, at_least) == (counts.executed >= at_least and share)


def test_one_target_less_than_the_threshold_goes_on() -> None:
    assert not too_many_failures(Counts(ok=801, failed=199), 20, 100)
    assert too_many_failures(Counts(ok=800, failed=200), 20, 100)
    assert not too_many_failures(Counts(failed=99), 20, 100)
    assert too_many_failures(Counts(failed=100), 20, 100)


@given(st.lists(st.sampled_from(["early", "sending", "after progress"]), max_size=60))
def test_only_who_kills_twice_in_a_row_as_the_only_one_under_way_is_given_up(deaths: list[str]) -> None:
    """Each lease ends in a death: before anything was sent, while the first was, or after some progress."""
    stuck, cursor, doubt, suspects = 0, 0, 0, 0
    for death in deaths:
        if stuck >= GIVE_UP:
            assert suspects >= 2
            return
        stuck = claimed(stuck)
        alone = stuck >= ONE_BY_ONE
        if death == "after progress":
            cursor += 1
            stuck = progressed(stuck + alone, cursor, doubt)
            suspects = 0
        if death != "early" and alone and stuck >= ONE_BY_ONE:
            stuck += 1
            suspects += 1
        doubt = max(doubt, cursor + 100)


@given(st.integers(0, 5), NUMBERS, NUMBERS)
def test_passing_what_was_in_doubt_ends_all_suspicion(stuck: int, cursor: int, doubt: int) -> None:
    after = progressed(stuck, cursor, doubt)
    assert after == 0 if cursor >= doubt else after <= ONE_BY_ONE


@given(st.integers(0, 10))
def test_workers_that_die_before_they_send_anything_convict_nobody(leases: int) -> None:
    stuck = 0
    for _ in range(leases):
        stuck = claimed(stuck)
    assert stuck < GIVE_UP


@given(st.integers(1, ATTEMPTS))
def test_the_pause_between_attempts_is_bounded(attempt: int) -> None:
    assert 0 <= backoff(attempt) <= 20


def refused(kind: type[C8yError], status: int, retry_after: float | None = None) -> C8yError:
    error = kind("The tenant's words", status=status, error="some/code")
    if retry_after is not None:
        error.retry_after = retry_after  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    "error",
    [
        refused(Forbidden, 403),
        refused(NotFound, 404),
        refused(Invalid, 422),
        refused(Invalid, 400),
    ],
)
def test_a_plain_refusal_fails_the_target_at_once_in_the_tenants_words(error: C8yError) -> None:
    verdict = judge(error, 1, existed=False)
    assert isinstance(verdict, Outcome)
    assert (verdict.state, verdict.message, verdict.code) == (
        ItemState.FAILED,
        "The tenant's words",
        "some/code",
    )


def test_what_was_deleted_since_it_was_counted_is_skipped() -> None:
    verdict = judge(refused(NotFound, 404), 1, existed=True)
    assert isinstance(verdict, Outcome)
    assert verdict.state is ItemState.SKIPPED


@pytest.mark.parametrize(
    "error",
    [
        refused(ServerError, 500),
        refused(ServerError, 503),
        TenantTimeout("slow"),
        Unreachable("cut"),
        BadAnswer("html"),
    ],
)
def test_trouble_is_tried_five_times_and_then_fails_the_target(error: C8yError) -> None:
    verdicts = [judge(error, attempt, existed=True) for attempt in range(1, ATTEMPTS + 1)]
    assert all(isinstance(verdict, Again) for verdict in verdicts[:-1])
    last = verdicts[-1]
    assert isinstance(last, Outcome)
    assert last.state is ItemState.FAILED


def test_a_conflict_is_tried_once_more() -> None:
    assert isinstance(judge(refused(Conflict, 409), 1, existed=True), Again)
    assert isinstance(judge(refused(Conflict, 409), 2, existed=True), Outcome)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (refused(RateLimited, 429), 5),
        (refused(RateLimited, 429, 7), 7),
        (refused(RateLimited, 429, 1e9), HOLD_CAP),
        (refused(RateLimited, 429, -1), 0),
        (refused(ServerError, 503, 2), 2),
    ],
)
def test_a_tenant_that_asks_for_patience_gets_it_within_reason(error: C8yError, seconds: float) -> None:
    verdict = judge(error, 99, existed=True)
    assert isinstance(verdict, Stop)
    assert (verdict.why, verdict.seconds) == (Why.HOLD, seconds)


def test_a_refused_sign_in_stops_everything() -> None:
    verdict = judge(refused(Unauthorized, 401), 1, existed=True)
    assert isinstance(verdict, Stop)
    assert verdict.why is Why.AUTH
