"""The work on one chunk of an action that takes many targets at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from django.conf import settings

from c8yadmin.jobs.batches import BatchAction, CannotKeep, place
from c8yadmin.jobs.execution import answers, sliding
from c8yadmin.jobs.execution.answers import TROUBLE, Again, Stop, Why, judge
from c8yadmin.jobs.execution.attempts import NOT_NOW, SICK_PAUSE, Halted
from c8yadmin.jobs.execution.chunk_run import ChunkRun
from c8yadmin.jobs.execution.claims import LeaseLost, accuse
from c8yadmin.jobs.execution.database import retry_db
from c8yadmin.jobs.execution.slot import Turn
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import Outcome, find_action
from sdk import C8yError

log = logging.getLogger(__name__)
Found = Mapping[str, Outcome]


def work_of(job: Job) -> Callable[[Turn], bool]:
    """How the job's chunks are worked."""
    action = find_action(job.action)
    return partial(_work, action=action) if isinstance(action, BatchAction) else sliding.work


def _work(turn: Turn, action: BatchAction) -> bool:
    """Chunk after chunk until the turn must end; whether there was any."""
    worked = False
    with ThreadPoolExecutor(1, thread_name_prefix="batch") as pool:
        try:
            while turn.may_start and (run := ChunkRun.claimed(turn)):
                worked = True
                BatchRun(run, action, pool).work()
        except CannotKeep as error:
            turn.halt(Stop(Why.STORAGE, str(error)))
        finally:
            turn.gate.halted.set()  # nobody waits for the thread any more
    return worked


@dataclass(slots=True)
class BatchRun:
    """Batch after batch, in order: each is done in a thread, stored, and counted before the next begins."""

    run: ChunkRun
    action: BatchAction
    pool: ThreadPoolExecutor

    def work(self) -> None:
        """Until the chunk is done or the turn must end."""
        try:
            self._count_gathered()
            while self._one_batch():
                pass
            if not self.run.is_over:
                self.run.commit(release=True)
        except LeaseLost:
            log.warning("job %s: lease lost, results dropped", self.run.turn.job.pk)
            self.run.lose()
        except Exception:
            self.run.give_back()
            raise

    def _one_batch(self) -> bool:
        """Whether another one may follow."""
        run = self.run
        if not run.pending or not run.turn.may_start:
            return False
        batch = list(islice(run.pending, self._size))
        found = self._patiently(batch)
        for verdict in [found] if isinstance(found, Stop) else found.values():
            run.turn.learn(verdict)
        if isinstance(found, Stop):
            run.take(run.pending.popleft(), found)
            return False
        for target in batch:
            run.take(run.pending.popleft(), found[target])
        self.action.keep(run.turn.job.pk, self._place, run.done)
        run.commit()
        return True

    def _count_gathered(self) -> None:
        """What was found out when the targets were listed; only in front, so that their order stays."""
        run = self.run
        found = self.action.gathered(run.turn.job, run.lease.chunk_id)
        while run.pending and run.pending[0] in found:
            run.take(run.pending.popleft(), Outcome.ok())
        if run.done:
            answered = run.turn.answered
            run.commit()
            run.turn.answered = answered  # the tenant was not asked for these

    @property
    def _size(self) -> int:
        return 1 if self.run.one_by_one else self.action.batch

    @property
    def _place(self) -> str:
        return place(self.run.lease.chunk_id, self.run.lease.token)

    def _patiently(self, batch: list[str]) -> Found | Stop:
        """What `batch` comes to; the lease is renewed for as long as that takes."""
        if self.run.lease.one_by_one:
            retry_db(accuse, self.run.lease)
        future = self.pool.submit(self._persistently, batch)
        while not wait([future], timeout=settings.JOBS_COMMIT_SECONDS).done:
            self.run.commit()
        return future.result()

    def _persistently(self, batch: list[str]) -> Found | Stop:
        attempts, attempt = self.run.tray.attempts, 0
        while attempts.admitted():
            attempt += 1
            verdict = self._once(batch, attempt)
            if not isinstance(verdict, Again):
                return verdict
            if attempts.gate.halted.wait(verdict.seconds):
                break
        return NOT_NOW

    def _once(self, batch: list[str], attempt: int) -> Found | Stop | Again:
        attempts = self.run.tray.attempts
        try:
            occasion = replace(attempts.occasion)
            return self.action.perform_all(attempts.c8y, batch, attempts.params, occasion)
        except Halted:
            return NOT_NOW
        except C8yError as error:
            if isinstance(error, TROUBLE) and attempt >= answers.ATTEMPTS:
                return Stop(Why.HOLD, str(error), SICK_PAUSE, trouble=True)
            verdict = judge(error, attempt, existed=attempts.existed)
            return dict.fromkeys(batch, verdict) if isinstance(verdict, Outcome) else verdict
        except Exception as error:
            log.exception("%s failed on a batch of %d", self.action.name, len(batch))
            words = f"Unexpected error in the console: {type(error).__name__}."
            failed = Outcome.failed(words, "console_error")
            return {batch[0]: failed} if len(batch) == 1 else self._singly(batch, attempt)

    def _singly(self, batch: list[str], attempt: int) -> Found | Stop | Again:
        """The same for each target alone, so that one which cannot be done leaves the others unharmed."""
        found: dict[str, Outcome] = {}
        for target in batch:
            verdict = self._once([target], attempt)
            if not isinstance(verdict, Mapping):
                return verdict
            found |= verdict
        return found
