"""Doing a job's action to one target: as often as it takes, and never by a worker that may not send any more.

All of this runs in threads, and touches no database.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from c8yadmin.jobs.execution.answers import TROUBLE, Again, Stop, Why, credited, judge, leaves_doubt
from c8yadmin.jobs.execution.pacing import SHARE
from c8yadmin.jobs.execution.rate import Bucket
from c8yadmin.jobs.registry import Action, Image, Occasion, Outcome, Params, Unfit
from sdk import C8yError, CumulocityClient, ServerError, Timeout, Unreachable

log = logging.getLogger(__name__)
SAMPLE, SICK_SHARE, SICK_PAUSE = 50, 0.3, 30.0
SETTLING = 3.0  # seconds after which a tenant lists what a call did whose answer was lost
NOT_NOW = Stop(Why.NOT_NOW)


class Halted(Exception):
    """The slot may not send this request: it stops, or its lease may be somebody else's by now."""


class Sent(threading.local):
    """How many of this thread's calls may have had an effect since its target's image was kept."""

    since_kept = 0


@dataclass(slots=True)
class Gate:
    """Every single request passes here: shut for good by `halt`, and while the lease is not fresh.

    A worker that was frozen for longer than its lease wakes up behind a shut gate.
    """

    fresh_until: float = 0.0
    halted: threading.Event = field(default_factory=threading.Event)
    sent: Sent = field(default_factory=Sent)

    def __call__(self, _request: object = None) -> None:
        if self.halted.is_set() or time.monotonic() >= self.fresh_until:
            raise Halted
        self.sent.since_kept += 1

    def is_open(self) -> bool:
        return not self.halted.is_set() and time.monotonic() < self.fresh_until


class Health:
    """The last calls of this slot, to tell a sick tenant from single failures."""

    def __init__(self) -> None:
        self._calls: deque[bool] = deque(maxlen=SAMPLE)
        self._lately: list[bool] = []

    def note(self, *, trouble: bool) -> None:
        self._calls.append(trouble)
        self._lately.append(trouble)

    def was_disturbed(self) -> bool:
        """Whether more of the calls since the last question met trouble than by accident."""
        lately, self._lately = self._lately, []
        return bool(lately) and sum(lately) >= max(1.0, len(lately) * SHARE)

    @property
    def is_sick(self) -> bool:
        return len(self._calls) == SAMPLE and sum(self._calls) >= SAMPLE * SICK_SHARE


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a chunk's targets: what the job shall restore, and what its attempts have found."""

    given: Mapping[str, Image] = field(default_factory=dict)
    earlier: dict[str, Image] = field(default_factory=dict)


def _keep_nowhere(image: Image) -> None:
    """For jobs that keep no images."""


@dataclass(slots=True)
class Attempts:
    """Does the action to the targets of one chunk: waits for the rate, repeats what may be repeated, and
    never raises C8yError. Those of a slot share `buckets`, `gate` and `health`.
    """

    action: Action
    params: Params
    c8y: CumulocityClient
    gate: Gate
    buckets: list[Bucket]
    occasion: Occasion
    existed: bool
    until: float
    keeps: bool = False
    known: Known = field(default_factory=Known)
    began: datetime | None = None
    health: Health = field(default_factory=Health)

    def __call__(
        self, target: str, doubtful: bool, keeper: Callable[[Image], None] = _keep_nowhere
    ) -> Outcome | Stop:
        """`doubtful` tells that somebody may have sent the target's call before; `keeper` returns when an
        image is written down."""

        def keep(image: Image) -> None:
            if self.keeps:
                keeper(image)
            self.gate.sent.since_kept = 0

        occasion, known = self.occasion, self.known
        repeated = occasion.repeated or doubtful
        occasion = Occasion(
            occasion.job,
            occasion.owner,
            occasion.since,
            repeated,
            earlier=known.earlier.get(target) if repeated else None,
            given=known.given.get(target),
            keeper=keep,
        )
        verdict = self._persistently(target, occasion)
        if isinstance(verdict, Stop):
            sent = occasion.kept and self.gate.sent.since_kept > 0
            return replace(verdict, doubtful=occasion.repeated or sent)
        # What keeps images need not be guessed: without one, nothing was changed before.
        return credited(verdict, self.began) if occasion.repeated and not self.keeps else verdict

    def _persistently(self, target: str, occasion: Occasion) -> Outcome | Stop:
        attempt = 0
        while self.admitted():
            attempt += 1
            verdict = self._once(target, attempt, occasion)
            if not isinstance(verdict, Again):
                return verdict
            if self.gate.halted.wait(verdict.seconds):
                break
        return NOT_NOW

    def _once(self, target: str, attempt: int, occasion: Occasion) -> Outcome | Stop | Again:
        try:
            outcome = self.action.perform(self.c8y, target, self.params, occasion)
        except Halted:
            return NOT_NOW
        except Unfit as why:
            outcome = Outcome.skipped(str(why), "unfit")
        except C8yError as error:
            if leaves_doubt(error):
                occasion.repeated = True
            else:
                self.gate.sent.since_kept -= 1
            verdict = self._refused(error, attempt)
            return verdict if self.action.repeatable else _unrepeated(verdict, error, occasion)
        except Exception as error:
            log.exception("%s failed on a target", self.action.name)
            return Outcome.failed(
                f"Unexpected error in the console: {type(error).__name__}.", "console_error"
            )
        self.health.note(trouble=False)
        return outcome

    def _refused(self, error: C8yError, attempt: int) -> Outcome | Stop | Again:
        verdict = judge(error, attempt, existed=self.existed)
        if isinstance(verdict, Stop):
            return verdict
        self.health.note(trouble=isinstance(error, (ServerError, Timeout, Unreachable)))
        if self.health.is_sick:
            return Stop(Why.HOLD, str(error), SICK_PAUSE, trouble=True)
        return verdict

    def admitted(self) -> bool:
        """Wait for the tokens of one target, or of one batch; False when the slot stops first."""
        for bucket in list(self.buckets):
            while bucket in self.buckets and (wait := bucket.take(self.action.calls)):
                if not self.gate.is_open() or time.monotonic() >= self.until:
                    return False
                self.gate.halted.wait(min(wait, 0.5))
        return self.gate.is_open()


def _unrepeated(
    verdict: Outcome | Stop | Again, error: C8yError, occasion: Occasion
) -> Outcome | Stop | Again:
    """`verdict` for a call that must not be sent twice: it is looked for, and never guessed."""
    if not occasion.repeated or not isinstance(error, TROUBLE):
        return verdict
    if isinstance(verdict, Again):
        return Again(max(SETTLING, verdict.seconds))
    if isinstance(verdict, Outcome):
        return Outcome.unknown(
            f"Nobody can tell whether this was done: {verdict.message}", verdict.code, verdict.status
        )
    return verdict
