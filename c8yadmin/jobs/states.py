"""What a job can be and become: pure functions and tables, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a job stands."""

    PREPARING = "PREPARING"  # a worker enumerates the targets
    READY = "READY"  # counted and previewed, waits for its confirmation
    AWAITING_APPROVAL = "AWAITING_APPROVAL"  # confirmed, waits for a second person
    SCHEDULED = "SCHEDULED"  # confirmed, waits for its time
    QUEUED = "QUEUED"  # may be worked, nobody has begun
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"  # see PauseReason
    CANCELING = "CANCELING"  # no new work; leases are still running out
    ABORTING = "ABORTING"  # the same, because too many items failed
    COMPLETED = "COMPLETED"
    COMPLETED_WITH_ERRORS = "COMPLETED_WITH_ERRORS"
    CANCELED = "CANCELED"
    ABORTED = "ABORTED"
    FAILED = "FAILED"  # its targets could not be found out: nothing was done


class PauseReason(StrEnum):
    """Who or what stopped a paused job."""

    USER = "USER"
    NEEDS_AUTH = "NEEDS_AUTH"
    FORBIDDEN = "FORBIDDEN"
    TENANT_DOWN = "TENANT_DOWN"
    WINDOW_CLOSED = "WINDOW_CLOSED"  # it could not start in time
    OUT_OF_HOURS = "OUT_OF_HOURS"  # goes on when its hours begin
    STORAGE = "STORAGE"  # there is no room for what it finds
    STAGE_DONE = "STAGE_DONE"  # the next stage waits for its time, or for a person
    STAGE_FAILED = "STAGE_FAILED"  # too much of the stage failed to go on without a person


class ItemState(StrEnum):
    """How a single target ended."""

    OK = "OK"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    UNKNOWN = "UNKNOWN"  # sent, never answered, and nothing can tell whether it took effect


class ChunkState(StrEnum):
    """Where 500 targets stand; stored in one letter."""

    PENDING = "P"
    LEASED = "R"
    DONE = "D"


TERMINAL = frozenset(
    {State.COMPLETED, State.COMPLETED_WITH_ERRORS, State.CANCELED, State.ABORTED, State.FAILED}
)
RUNNABLE = frozenset({State.QUEUED, State.RUNNING})
STOPPING = frozenset({State.CANCELING, State.ABORTING})
CHANGEABLE = frozenset(set(State) - TERMINAL - STOPPING)  # its speed still means something
# Confirmed or nearly so, and nobody works on it now: it may get another schedule.
RESCHEDULABLE = frozenset({State.READY, State.AWAITING_APPROVAL, State.SCHEDULED, State.PAUSED})

_STARTED = frozenset({State.SCHEDULED, State.QUEUED})
_END_OF_WORK = {State.COMPLETED, State.COMPLETED_WITH_ERRORS}
ALLOWED: dict[State, frozenset[State]] = {
    State.PREPARING: frozenset({State.READY, State.PAUSED, State.CANCELING, State.FAILED}),
    # Back to PREPARING when too much has changed since the preview.
    State.READY: _STARTED | {State.AWAITING_APPROVAL, State.PREPARING, State.CANCELING},
    # Back to READY when the second person says no.
    State.AWAITING_APPROVAL: _STARTED | {State.READY, State.CANCELING},
    # Back to AWAITING_APPROVAL when a job that has not begun is not what was approved any more.
    State.SCHEDULED: frozenset({State.QUEUED, State.AWAITING_APPROVAL, State.PAUSED, State.CANCELING}),
    State.QUEUED: frozenset(
        {State.RUNNING, State.AWAITING_APPROVAL, State.PAUSED, State.CANCELING, *_END_OF_WORK}
    ),
    State.RUNNING: frozenset({State.PAUSED, State.CANCELING, State.ABORTING, *_END_OF_WORK}),
    State.PAUSED: frozenset({State.PREPARING, *_STARTED, State.CANCELING}),
    State.CANCELING: frozenset({State.CANCELED}),
    State.ABORTING: frozenset({State.ABORTED}),
} | {state: frozenset() for state in TERMINAL}


def may(before: State, after: State) -> bool:
    """Whether a job may go from `before` to `after` in one step."""
    return after in ALLOWED[before]


@dataclass(frozen=True, slots=True)
class Counts:
    """How the targets of a job (or of one commit) ended."""

    ok: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0

    @property
    def executed(self) -> int:
        return self.ok + self.failed + self.skipped + self.unknown

    @property
    def flawless(self) -> bool:
        return not self.failed and not self.unknown


def end_of_work(counts: Counts) -> State:
    """How a job ends whose every target was executed."""
    return State.COMPLETED if counts.flawless else State.COMPLETED_WITH_ERRORS


def end_of_stop(state: State) -> State:
    """How a stopping job ends once nobody works on it any more."""
    return {State.CANCELING: State.CANCELED, State.ABORTING: State.ABORTED}[state]


def resumed(prepared: bool, early: bool = False) -> State:
    """Where a paused job goes on: at its targets, or at its work, or waiting for its time where it is
    `early`."""
    if not prepared:
        return State.PREPARING
    return State.SCHEDULED if early else State.QUEUED


NEVER = 101.0  # percent, which no failures come to: a job that never ends itself for them


def too_many_failures(counts: Counts, percent: float, at_least: int) -> bool:
    """Whether a job must stop by itself: of at least `at_least` executed targets `percent` or more failed."""
    return counts.executed >= at_least and counts.failed * 100 >= counts.executed * percent


# Suspicion against a chunk: how many deaths, and attempts that may become one, it has seen since it last
# passed all that was under way when a worker died. The first may be an accident. From the second on one
# target goes at a time, and counts as it is sent: who kills twice as the only one under way is given up, and
# nobody else.
ONE_BY_ONE = 2
GIVE_UP = 4


def claimed(stuck: int) -> int:
    """The suspicion with which a chunk is leased: one at a time, only what is really sent counts."""
    return stuck if stuck >= ONE_BY_ONE else stuck + 1


def progressed(stuck: int, cursor: int, doubt: int) -> int:
    """The suspicion after progress up to `cursor`.

    Only a chunk that has passed `doubt`, the last target that was under way when a worker died, is free of
    it; before that, progress acquits but the targets that are done.
    """
    return 0 if cursor >= doubt else min(stuck, ONE_BY_ONE)
