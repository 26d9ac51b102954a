"""What a tenant's refusal means for a target: count it, try again, or stop asking."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from c8yadmin.jobs.registry import Outcome
from sdk import (
    BadAnswer,
    C8yError,
    Conflict,
    NotFound,
    RateLimited,
    Refused,
    ServerError,
    Timeout,
    Unauthorized,
    Unreachable,
)

ATTEMPTS = 5
CONFLICT_ATTEMPTS = 2
BACKOFF_BASE, BACKOFF_CAP = 0.2, 20.0
HOLD_DEFAULT, HOLD_CAP = 5.0, 300.0
SKEW = timedelta(seconds=2)  # between the tenant's clock and ours
TROUBLE = (ServerError, Timeout, Unreachable, BadAnswer)


class Why(StrEnum):
    """Why a slot must not go on as before."""

    AUTH = "auth"  # the tenant does not accept the sign-in any more
    FORBIDDEN = "forbidden"  # the user lacks the rights for every target tried
    STORAGE = "storage"  # what was found cannot be kept
    HOLD = "hold"  # the tenant asks for patience, or is in trouble
    NOT_NOW = "not now"  # this slot may not send any more; nothing was sent


@dataclass(frozen=True, slots=True)
class Stop:
    """The target was not done; it stays to be done. `doubtful` when a call may have reached it after all."""

    why: Why
    message: str = ""
    seconds: float = 0
    trouble: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Try the target once more, after `seconds`."""

    seconds: float


def judge(error: C8yError, attempt: int, *, existed: bool) -> Outcome | Stop | Again:
    """What follows from `error` at the `attempt`-th try (the first is 1) of a call that is safe to repeat.

    `existed` tells that the target was there when the job was prepared: then its absence is no failure.
    """
    if isinstance(error, Unauthorized):
        return Stop(Why.AUTH, error.message)
    if (patience := asked_for_patience(error)) is not None:
        return Stop(Why.HOLD, str(error), patience)
    tries = (
        CONFLICT_ATTEMPTS if isinstance(error, Conflict) else ATTEMPTS if isinstance(error, TROUBLE) else 1
    )
    if attempt < tries:
        return Again(backoff(attempt))
    if isinstance(error, NotFound) and existed:
        return Outcome.skipped(
            f"Deleted since the job was prepared: {error.message}", "not_found", error.status
        )
    return _failed(error)


def leaves_doubt(error: C8yError) -> bool:
    """Whether the call that ended in `error` may have had its effect nonetheless."""
    if isinstance(error, (Timeout, Unreachable)):
        return not error.safe_to_repeat
    return isinstance(error, BadAnswer) or (isinstance(error, ServerError) and error.method != "GET")


def credited(outcome: Outcome, began: datetime | None) -> Outcome:
    """`outcome` of a target that this job may have changed before, by a call whose answer nobody got.

    What is as it should be then counts as done, unless the target last changed before the job `began`.
    """
    if not outcome.already:
        return outcome
    before = outcome.changed_at is not None and began is not None and outcome.changed_at < began - SKEW
    return outcome if before else Outcome.ok()


def backoff(attempt: int) -> float:
    """Seconds before the next try: full jitter under an exponential ceiling."""
    return random.uniform(0, min(BACKOFF_CAP, BACKOFF_BASE * 4 ** (attempt - 1)))  # noqa: S311  # not a secret


def asked_for_patience(error: C8yError) -> float | None:
    """How many seconds the tenant wants to be left alone, or None when it does not ask for that."""
    asked = error.retry_after if isinstance(error, (RateLimited, ServerError)) else None
    if asked is None and not isinstance(error, RateLimited):
        return None
    return max(0.0, min(HOLD_CAP, HOLD_DEFAULT if asked is None else asked))


def _failed(error: C8yError) -> Outcome:
    if isinstance(error, Refused):
        return Outcome.failed(error.message, error.error or type(error).__name__, error.status)
    return Outcome.failed(str(error), type(error).__name__)
