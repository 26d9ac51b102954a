"""How a turn works the chunks of a job target by target: in threads, without a pause between two chunks.

When all of a chunk's targets are under way, the next chunk is claimed, so that threads which become free go
on there. Each chunk has its own lease, and is counted by itself.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.chunk_run import ChunkRun
from c8yadmin.jobs.execution.database import retry_db
from c8yadmin.jobs.execution.slot import Turn
from c8yadmin.jobs.execution.window import Window

log = logging.getLogger(__name__)
GATHERING = 0.05  # seconds for which images wait for others, to be written down together
HURRY = 0.01  # the same where no more targets follow
AHEAD = 3  # targets per thread: one is sent, others wait for images, and for a commit to end


def work(turn: Turn) -> bool:
    """Chunk after chunk until the turn must end; whether there was any."""
    with Window(turn.parallel, turn.learn, keeps=turn.job.keeps_images) as window:
        try:
            return Slide(turn, window).work()
        finally:
            turn.gate.halted.set()  # threads that wait for anything end now


@dataclass(slots=True)
class Slide:
    """The chunks under way, two at most: one whose last targets are, and one that they make room for."""

    turn: Turn
    window: Window
    runs: list[ChunkRun] = field(default_factory=list)
    followed: bool = False

    def work(self) -> bool:
        worked = False
        try:
            while self._claim() or self.runs:
                worked = True
                for run in self.runs:
                    self._step(run)
                self.runs = [run for run in self.runs if not run.is_over]
                self._wait()
        except Exception:
            self._save()
            raise
        return worked

    def _save(self) -> None:
        """Count what came of the chunks that an error has nothing to do with, once the threads have ended."""
        self.turn.gate.halted.set()
        healthy = [run for run in self.runs if not run.is_over]
        for run in healthy:
            self._withdraw(run)
        self.window.close()
        for run in healthy:
            try:
                run.collect()
                run.commit(release=True)
            except Exception as error:  # noqa: BLE001  # the first one is raised
                log.warning("job %s: results dropped: %s", self.turn.job.pk, type(error).__name__)
                run.give_back()

    def _claim(self) -> bool:
        """Claim the next chunk when it is time; whether there was one."""
        early = bool(self.runs)
        if not self.turn.may_start or (early and (self.followed or not self._is_time)):
            return False
        run = ChunkRun.claimed(self.turn, early=early)
        self.followed = early and run is None  # it is not tried again before the last chunk is over
        if run is not None:
            self.runs.append(run)
        return run is not None

    @property
    def _is_time(self) -> bool:
        last = self.runs[-1]
        return len(self.runs) == 1 and not last.pending and not last.one_by_one

    def _feed(self, run: ChunkRun) -> None:
        room = self._room(run) if self.turn.may_start else 0
        targets = [run.pending.popleft() for _ in range(min(room, len(run.pending)))]
        if targets and run.lease.one_by_one:
            retry_db(claims.accuse, run.lease)
        self.window.start(run.tray, [(target, target in run.doubtful) for target in targets])

    def _room(self, run: ChunkRun) -> int:
        if run.one_by_one:
            return 0 if any(one.tray.under_way for one in self.runs) else 1
        most = min(claims.LOOKAHEAD, run.batch + AHEAD * self.turn.parallel)
        return max(0, most - sum(one.outstanding for one in self.runs))

    def _wait(self) -> None:
        """Until there is something to write down, or nothing is left to wait for."""
        if not self.runs:
            return
        now, until = time.monotonic(), min(run.due for run in self.runs)
        if self.turn.may_start:
            until = min(until, self.turn.until)
        if self.turn.job.keeps_images:
            more = self.turn.may_start and any(run.pending for run in self.runs)
            until = min(until, now + (GATHERING if more else HURRY))
        self.window.wait(min(run.missing for run in self.runs), until - now)

    def _step(self, run: ChunkRun) -> None:
        """Write down what came of the chunk since the last time, and let more of it follow."""
        try:
            run.collect()
            self._imprint(run)
            if not self.turn.may_start:
                self._withdraw(run)
            ends = not run.tray.under_way and not (run.pending and self.turn.may_start)
            if ends or run.missing <= 0 or time.monotonic() >= run.due:
                run.commit(release=ends)
                self.window.become(self.turn.parallel)
            self._feed(run)
        except claims.LeaseLost:
            log.warning("job %s: lease lost, results dropped", self.turn.job.pk)
            run.lose()
            self.window.withdraw(run.tray)
            self.window.unwritten(run.tray)
        except Exception:
            run.give_back()
            raise

    def _withdraw(self, run: ChunkRun) -> None:
        """Let targets that no thread has begun with wait again."""
        run.pending.extendleft(reversed(self.window.withdraw(run.tray)))

    def _imprint(self, run: ChunkRun) -> None:
        """Write down the images that wait; then their changes are sent."""
        writing = self.window.unwritten(run.tray)
        if writing.images:
            retry_db(claims.imprint, run.lease, writing.images)
            writing.over.set()
