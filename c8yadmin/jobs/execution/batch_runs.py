"""The work on one chunk of an action that takes many targets at once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from django.conf import settings

from c8yadmin.jobs.batches import BatchAction, CannotKeep, place
from c8yadmin.jobs.execution import answers
from c8yadmin.jobs.execution.answers import TROUBLE, Again, Stop, Why, judge
from c8yadmin.jobs.execution.claims import accuse
from c8yadmin.jobs.execution.database import retry_db
from c8yadmin.jobs.execution.slot import ChunkRun, Run
from c8yadmin.jobs.execution.window import NOT_NOW, SICK_PAUSE, Halted
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import Outcome, find_action
from sdk import C8yError

log = logging.getLogger(__name__)
Found = Mapping[str, Outcome]


def run_of(job: Job) -> Run:
    """How the job's chunks are worked."""
    action = find_action(job.action)
    return partial(BatchRun, action=action) if isinstance(action, BatchAction) else ChunkRun


@dataclass(slots=True, kw_only=True)
class BatchRun(ChunkRun):
    """Batch after batch, in order: each is done in a thread, stored, and counted before the next begins."""

    action: BatchAction
    pool: ThreadPoolExecutor = field(init=False)

    def work(self) -> None:
        with ThreadPoolExecutor(1, thread_name_prefix="batch") as self.pool:
            try:
                ChunkRun.work(self)
            except CannotKeep as error:
                self.turn.halt(Stop(Why.STORAGE, str(error)))

    def _work(self) -> None:
        self._count_gathered()
        while self.pending and self.turn.may_start:
            batch = list(islice(self.pending, self._size))
            found = self._patiently(batch)
            for verdict in [found] if isinstance(found, Stop) else found.values():
                self.turn.learn(verdict)
            if isinstance(found, Stop):
                self._put_back(self.pending.popleft(), found)
                break
            for target in batch:
                self._count(self.pending.popleft(), found[target])
            self.action.keep(self.turn.job.pk, self._place, self.done)
            self._commit()
        if not self.lease.is_over:
            self._commit(release=True)

    def _count_gathered(self) -> None:
        """What was found out when the targets were listed; only in front, so that their order stays."""
        found = self.action.gathered(self.turn.job, self.lease.chunk_id)
        while self.pending and self.pending[0] in found:
            self._count(self.pending.popleft(), Outcome.ok())
        if self.done:
            self._commit()

    @property
    def _size(self) -> int:
        # As for single targets, the first call of a turn is a small one, and so are those under suspicion.
        return 1 if self.lease.one_by_one or not self.turn.answered else self.action.batch

    @property
    def _place(self) -> str:
        return place(self.lease.chunk_id, self.lease.token)

    def _patiently(self, batch: list[str]) -> Found | Stop:
        """What `batch` comes to; the lease is renewed for as long as that takes."""
        if self.lease.one_by_one:
            retry_db(accuse, self.lease)
        future = self.pool.submit(self._persistently, batch)
        try:
            while not wait([future], timeout=settings.JOBS_COMMIT_SECONDS).done:
                self._commit()
        except BaseException:
            self.turn.gate.halted.set()  # nobody waits for the thread any more
            raise
        return future.result()

    def _persistently(self, batch: list[str]) -> Found | Stop:
        attempts, attempt = self.window.attempts, 0
        while attempts.admitted():
            attempt += 1
            verdict = self._once(batch, attempt)
            if not isinstance(verdict, Again):
                return verdict
            if self.turn.gate.halted.wait(verdict.seconds):
                break
        return NOT_NOW

    def _once(self, batch: list[str], attempt: int) -> Found | Stop | Again:
        attempts = self.window.attempts
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
