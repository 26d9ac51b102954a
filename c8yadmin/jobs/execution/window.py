"""Targets under way: threads that take the next one as soon as they are free, and touch no database."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from c8yadmin.jobs.execution.answers import TROUBLE, Again, Stop, Why, credited, judge, leaves_doubt
from c8yadmin.jobs.execution.pacing import SHARE
from c8yadmin.jobs.execution.rate import Bucket
from c8yadmin.jobs.registry import Action, Image, Occasion, Outcome, Params, Unfit
from sdk import C8yError, CumulocityClient, ServerError, Timeout, Unreachable

log = logging.getLogger(__name__)
SAMPLE, SICK_SHARE, SICK_PAUSE = 50, 0.3, 30.0
GATHERING = 0.05  # seconds for which images wait for others, to be written down together
HALT_SEEN = 0.1  # seconds until a thread that waits for its image sees that the slot ends
SETTLING = 3.0  # seconds after which a tenant lists what a call did whose answer was lost
MOST_THREADS = 32  # of a slot, whatever a job asks for
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


@dataclass(slots=True)
class Keepsake:
    """An image on its way to the database, for which a thread waits."""

    target: str
    image: Image
    asked: float = field(default_factory=time.monotonic)
    kept: threading.Event = field(default_factory=threading.Event)


def _keep_nowhere(target: str, image: Image) -> None:
    """For jobs that keep no images."""


@dataclass(slots=True)
class Attempts:
    """Does the action to one target: waits for its turn, repeats what may be repeated, and never raises
    C8yError."""

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
    keeper: Callable[[str, Image], None] = _keep_nowhere
    began: datetime | None = None
    health: Health = field(default_factory=Health)

    def __call__(self, target: str, doubtful: bool) -> Outcome | Stop:
        """`doubtful` tells that somebody may have sent the target's call before."""
        occasion = replace(
            self.occasion,
            repeated=(repeated := self.occasion.repeated or doubtful),
            earlier=self.known.earlier.get(target) if repeated else None,
            given=self.known.given.get(target),
            keeper=partial(self._keep, target),
        )
        verdict = self._persistently(target, occasion)
        if isinstance(verdict, Stop):
            sent = occasion.kept and self.gate.sent.since_kept > 0
            return replace(verdict, doubtful=occasion.repeated or sent)
        # What keeps images need not be guessed: without one, nothing was changed before.
        return credited(verdict, self.began) if occasion.repeated and not self.keeps else verdict

    def _keep(self, target: str, image: Image) -> None:
        self.keeper(target, image)
        self.gate.sent.since_kept = 0

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


class Turns:
    """So many threads at a time; how many may change while they work and wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._changed = threading.Condition()

    def become(self, most: int) -> None:
        with self._changed:
            self._most = most
            self._changed.notify_all()

    def acquire(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._taken < self._most)
            self._taken += 1

    def release(self) -> None:
        with self._changed:
            self._taken -= 1
            self._changed.notify()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Window:
    """A sliding window over threads: no target waits for a slower neighbour.

    At most as many targets talk to the tenant as there are `turns`. One that waits for its image to be
    written down lets another one go on, so that images can be written together without a loss of speed.
    """

    def __init__(self, threads: int, attempts: Attempts, learn: Callable[[Outcome | Stop], None]) -> None:
        self._pool = ThreadPoolExecutor(MOST_THREADS * (2 if attempts.keeps else 1), thread_name_prefix="job")
        self.turns = Turns(threads)
        self.attempts = attempts
        self._learn = learn
        self._told: SimpleQueue[Keepsake | tuple[str, Future[Outcome | Stop]]] = SimpleQueue()
        self.under_way: dict[str, None] = {}  # in the order of their start
        self.unkept: list[Keepsake] = []
        if attempts.keeps:
            attempts.keeper = self._keep

    def start(self, target: str, doubtful: bool) -> None:
        self.under_way[target] = None
        future = self._pool.submit(self._in_turn, target, doubtful)
        future.add_done_callback(lambda ended: self._told.put((target, ended)))

    def _in_turn(self, target: str, doubtful: bool) -> Outcome | Stop:
        with self.turns:
            verdict = self.attempts(target, doubtful)
            self._learn(verdict)
            return verdict

    def _keep(self, target: str, image: Image) -> None:
        """Runs in the target's thread, until the slot has written the image down."""
        keepsake = Keepsake(target, image)
        self._told.put(keepsake)
        self.turns.release()
        try:
            while not keepsake.kept.wait(HALT_SEEN):
                if self.attempts.gate.halted.is_set():
                    raise Halted
            self.attempts.known.earlier[target] = image
        finally:
            self.turns.acquire()

    @property
    def images_due(self) -> float | None:
        """When the images are to be written down, by the monotonic clock; None while there are none."""
        if not self.unkept:
            return None
        return 0.0 if len(self.unkept) >= len(self.under_way) else self.unkept[0].asked + GATHERING

    def kept(self) -> None:
        """All images that waited are written down: their changes may be sent."""
        for keepsake in self.unkept:
            keepsake.kept.set()
        self.unkept.clear()

    def ended(self, timeout: float) -> list[tuple[str, Outcome | Stop]]:
        """What has ended since the last call, waiting at most `timeout` seconds for the first sign."""
        results: list[tuple[str, Future[Outcome | Stop]]] = []
        with suppress(Empty):
            told = self._told.get(timeout=max(0.0, timeout))
            while True:
                if isinstance(told, Keepsake):
                    self.unkept.append(told)
                else:
                    results.append(told)
                told = self._told.get_nowait()
        for target, _ in results:
            del self.under_way[target]
        return [(target, future.result()) for target, future in results]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
