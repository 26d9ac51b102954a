"""The work on one leased chunk: what waits, what was done, and what nobody can tell."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from django.conf import settings

from c8yadmin.jobs.execution import circuit, claims, news
from c8yadmin.jobs.execution.answers import Stop, Why
from c8yadmin.jobs.execution.attempts import Attempts, Known
from c8yadmin.jobs.execution.database import retry_db
from c8yadmin.jobs.execution.slot import Turn
from c8yadmin.jobs.execution.window import Result, Tray
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import Outcome
from c8yadmin.jobs.states import NEVER
from c8yadmin.jobs.undoing import images

BATCH = claims.LOOKAHEAD // 3  # targets that are counted together
RECONSIDER = 10.0  # seconds before another worker tries what this one failed on


@dataclass(slots=True)
class ChunkRun:
    """What a slot knows of its chunk; `is_over` when it has it no more."""

    turn: Turn
    lease: claims.Lease
    tray: Tray
    pending: deque[str] = field(init=False)
    doubtful: set[str] = field(init=False)
    done: list[tuple[str, Outcome]] = field(default_factory=list)
    committed_at: float = field(default_factory=time.monotonic)
    disturbed: bool = False
    is_over: bool = False

    def __post_init__(self) -> None:
        self.pending = deque(self.lease.ids[self.lease.cursor :])
        self.doubtful = set(self.lease.ids[self.lease.cursor : self.lease.doubt])

    @classmethod
    def claimed(cls, turn: Turn, *, early: bool = False) -> Self | None:
        """The next free chunk of the turn's job, if there is one; see `claims.claim`."""
        began = time.monotonic()
        lease = retry_db(claims.claim, turn.job.pk, turn.worker, early=early)
        if lease is None:
            return None
        turn.freshen(lease.chunk_id, began)
        try:
            return cls(turn, lease, Tray(_attempts(turn, lease)))
        except Exception:
            claims.give_back(lease, RECONSIDER)
            raise

    @property
    def one_by_one(self) -> bool:
        """Whether one target goes at a time, and is counted before the next one.

        The first of a turn goes alone, too: where the sign-in is over, it is the only one refused.
        """
        return self.lease.one_by_one or not (self.turn.answered or self.turn.accepted)

    @property
    def batch(self) -> int:
        """How many targets are counted together: not more than may fail until the job ends itself."""
        job = self.turn.job
        if job.abort_percent >= NEVER:
            return BATCH
        return min(BATCH, max(job.abort_minimum, self.turn.parallel))

    @property
    def missing(self) -> int:
        """How many more targets have to be done for a commit."""
        return (1 if self.one_by_one else self.batch) - len(self.done)

    @property
    def outstanding(self) -> int:
        """How many targets may have been sent, and are not counted."""
        return len(self.tray.under_way) + len(self.done)

    @property
    def due(self) -> float:
        """When it commits whatever there is, by the monotonic clock."""
        return self.committed_at + settings.JOBS_COMMIT_SECONDS

    def collect(self) -> None:
        """Take what came out of the tray."""
        while self.tray.ended:
            target, result = self.tray.ended.popleft()
            del self.tray.under_way[target]
            self.take(target, result)

    def take(self, target: str, result: Result) -> None:
        """Note what became of a target that does not wait any more."""
        if isinstance(result, BaseException):
            raise result
        if isinstance(result, Stop):
            self._put_back(target, result)
        else:
            self.doubtful.discard(target)
            self.done.append((target, result))

    def _put_back(self, target: str, stop: Stop) -> None:
        self.pending.appendleft(target)
        if stop.doubtful:
            self.doubtful.add(target)
        if stop.why is Why.HOLD and stop is self.turn.stop:  # at once: what others send meanwhile is too much
            retry_db(circuit.hold, self.turn.job.tenant, stop.seconds, trouble=stop.trouble)
            self.disturbed = True

    def commit(self, *, release: bool = False) -> None:
        """Write down what was done, and learn how to go on; raises LeaseLost."""
        began, rest = time.monotonic(), self._rest()
        doubt = max((place for place, target in enumerate(rest, 1) if target in self.doubtful), default=0)
        trouble = self.tray.attempts.health.was_disturbed() or self.disturbed
        verdict = retry_db(
            claims.commit, self.lease, self.done, rest, doubt=doubt, release=release, trouble=trouble
        )
        self.turn.answered |= bool(self.done)
        self.done, self.committed_at = [], time.monotonic()
        self.is_over = release or self.lease.is_over
        self.turn.freshen(self.lease.chunk_id, None if self.is_over else began)
        self.turn.obey(verdict)
        news.tell(self.turn.job)

    def _rest(self) -> Sequence[str]:
        """Doubtful ones first: the doubt reaches up to the last of them, and shall not take in others."""
        pending = self.pending
        if self.doubtful:
            return [*self.tray.under_way, *sorted(pending, key=lambda one: one not in self.doubtful)]
        return [*self.tray.under_way, *pending]

    def lose(self) -> None:
        """Somebody else has the chunk: nothing more is sent, and what was not committed is theirs to do."""
        self.is_over = True
        self.turn.freshen(self.lease.chunk_id, None)
        self.turn.halt(Stop(Why.NOT_NOW))

    def give_back(self) -> None:
        """Whatever went wrong is this worker's fault, not the targets': they go to the next one."""
        self.is_over = True
        self.turn.gate.halted.set()
        claims.give_back(self.lease, RECONSIDER)


def _attempts(turn: Turn, lease: claims.Lease) -> Attempts:
    job = turn.job
    return Attempts(
        turn.action,
        retry_db(turn.action.load, job.params, lease.ids[lease.cursor :]),
        turn.client,
        turn.gate,
        turn.buckets,
        turn.occasion,
        existed=turn.existed,
        until=turn.until,
        keeps=job.keeps_images,
        known=retry_db(_known, job, lease),
        began=lease.began,
        health=turn.health,
    )


def _known(job: Job, lease: claims.Lease) -> Known:
    """What is kept of the chunk's targets; earlier images only where an earlier attempt may have kept any."""
    repeated = job.keeps_images and (lease.doubt > lease.cursor or job.parent_id is not None)
    given = images.of_chunk(lease.chunk_id, given=True) if job.is_reversal else {}
    return Known(given, images.of_chunk(lease.chunk_id) if repeated else {})
