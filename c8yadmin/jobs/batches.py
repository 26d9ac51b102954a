"""Actions that take many targets at once, keep what they found, and end with something to be done once."""

from __future__ import annotations

import logging
import time
import uuid
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from c8yadmin.jobs.execution.claims import LeaseLost, lease_time
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.pauses import pause
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.registry import Action, Occasion, Outcome, Params, find_action
from c8yadmin.jobs.states import RUNNABLE, ChunkState, PauseReason
from sdk import CumulocityClient

log = logging.getLogger(__name__)
Renew = Callable[[], None]
TOO_LONG = (
    "It takes longer than a worker may be at one thing. Export CSV or JSON lines, which are made faster."
)


class CannotKeep(Exception):
    """What was found cannot be stored; the job pauses, and the text tells people why."""


class BatchAction(Action):
    """An action on up to `batch` consecutive targets at a time, which end in the order of the job.

    `batch` is at most `claims.LOOKAHEAD`; `calls` counts the requests of one batch. A batch is done whole or
    not at all: while the tenant is in trouble, it waits, and none of its targets fails. What `keep` stores
    may be stored again, under a later place, by whoever takes over from a worker that died. Where a job
    `gathers`, the lists that its targets are found in do the work of the batches.
    """

    batch: ClassVar[int] = 100

    @abstractmethod
    def perform_all(
        self, c8y: CumulocityClient, ids: Sequence[str], params: Params, occasion: Occasion
    ) -> Mapping[str, Outcome]:
        """Do it to all of `ids`, one outcome for each. May be called again for the same targets."""

    @abstractmethod
    def keep(self, job_id: uuid.UUID, place: str, done: Sequence[tuple[str, Outcome]]) -> None:
        """Store for good what `done` found, which is counted right afterwards.

        `place` names the chunk and its lease, as the function `place` does. Raises CannotKeep.
        """

    def gathers(self, job: Job) -> bool:
        """Whether what the list of targets shows of them is all that the job has to find out."""
        return False

    def gather(self, job: Job, found: Sequence[Any]) -> Callable[[int], None]:
        """Store for good what the list showed of some targets, which `found` are.

        The answer gives it to the chunk with that key, once that is frozen; where a worker dies before it,
        the targets are read as if nothing had been gathered. Both raise CannotKeep.
        """
        raise NotImplementedError

    def gathered(self, job: Job, chunk_id: int) -> Collection[str]:
        """The targets of a chunk of which nothing needs to be found out any more."""
        return ()

    @abstractmethod
    def is_finished(self, job: Job) -> bool:
        """Whether `finish` has done its work."""

    @abstractmethod
    def finish(self, job: Job, renew: Renew) -> Callable[[], None]:
        """What is to be done once, after the last target and before the job ends.

        May be called again after a worker died in it. `renew` wants to be called at least once a second. The
        answer writes down that it is finished: it runs in the transaction that proves that the job is still
        this worker's. Raises CannotKeep.
        """

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        return self.perform_all(c8y, [id], params, occasion)[id]


def place(chunk_id: int, token: int) -> str:
    """Names what a lease of a chunk stores; later leases of a chunk sort behind."""
    return f"{chunk_id}-{token:09}"


def awaits_finish(job: Job) -> bool:
    """Whether all targets of the job are done, and its action is not."""
    action = find_action(job.action)
    if not isinstance(action, BatchAction) or job.standing not in RUNNABLE:
        return False
    open_chunks = Chunk.objects.filter(job=job).exclude(state=ChunkState.DONE)
    return not open_chunks.exists() and not action.is_finished(job)


def finish(job_id: uuid.UUID) -> None:
    """Finish the job if that is what it waits for, and nobody else is at it."""
    from celery.exceptions import SoftTimeLimitExceeded  # noqa: PLC0415  # not for web processes: it weighs 5 MB

    job = Job.objects.get(pk=job_id)
    action = find_action(job.action)
    if not isinstance(action, BatchAction) or not awaits_finish(job) or not retry_db(_claim, job):
        return
    job.refresh_from_db(fields=["lease_token"])
    try:
        retry_db(_finished, job, action.finish(job, _renewal(job)))
    except LeaseLost:
        log.warning("job %s: its end was taken over or stopped", job_id)
    except CannotKeep as error:
        pause(job_id, PauseReason.STORAGE, str(error))
    except SoftTimeLimitExceeded:
        pause(job_id, PauseReason.STORAGE, TOO_LONG)
    except Exception as error:
        log.exception("job %s could not be finished", job_id)
        pause(job_id, PauseReason.STORAGE, f"It could not be finished: {type(error).__name__}.")


def _claim(job: Job) -> bool:
    now = clock()
    free = Job.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), pk=job.pk, state__in=RUNNABLE)
    return bool(free.update(lease_token=F("lease_token") + 1, lease_until=now + lease_time()))


def _finished(job: Job, write_down: Callable[[], None]) -> None:
    with transaction.atomic():
        _renew(job)
        write_down()
        Job.objects.filter(pk=job.pk).update(lease_until=None)


def _renewal(job: Job) -> Renew:
    """Renews the lease, however often it is called, once per commit interval."""
    renewed = time.monotonic()

    def renew() -> None:
        nonlocal renewed
        if time.monotonic() - renewed < settings.JOBS_COMMIT_SECONDS:
            return
        retry_db(_renew, job)
        renewed = time.monotonic()

    return renew


def _renew(job: Job) -> None:
    own = Job.objects.filter(pk=job.pk, lease_token=job.lease_token, state__in=RUNNABLE)
    if not own.update(lease_until=clock() + lease_time()):
        raise LeaseLost
