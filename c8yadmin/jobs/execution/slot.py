"""One worker's turn at a job: claim chunks, work them in threads, write down batch after batch.

A turn ends after `JOBS_SLOT_SECONDS`, so that no job keeps a worker for itself; what is under way then is
finished. It may be killed at any moment: the next turn goes on from the last commit.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from c8yadmin.accounts.clients import client_for
from c8yadmin.accounts.credentials import CredentialLost, Secret
from c8yadmin.jobs.authority import credentials, deputies
from c8yadmin.jobs.execution import claims, news, pacing, signing_in, timetable
from c8yadmin.jobs.execution.answers import HOLD_DEFAULT, Stop, Why, asked_for_patience
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.fairness import Courtesy
from c8yadmin.jobs.execution.pauses import pause
from c8yadmin.jobs.execution.rate import Bucket, Limit, become
from c8yadmin.jobs.execution.versions import understood
from c8yadmin.jobs.execution.window import Attempts, Gate, Known, Window
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.orders.places import tenant_of
from c8yadmin.jobs.registry import Action, Occasion, Outcome
from c8yadmin.jobs.states import RUNNABLE, ItemState, PauseReason
from c8yadmin.jobs.undoing import images
from sdk import C8yError, CumulocityClient, RetryPolicy, Unauthorized

log = logging.getLogger(__name__)

BATCH = claims.LOOKAHEAD // 2
FORBIDDEN_IN_A_ROW = 20
RECONSIDER = 10.0  # seconds before another worker tries what this one failed on
CALLS = {"timeout": (5, 15), "deadline": 20, "retry": RetryPolicy.none()}  # repeating is the slot's business
FRESH_SHARE = 0.6  # of a lease: after that a worker that could not renew it sends nothing more


@dataclass(slots=True)
class Turn:
    """What one turn knows: its job, how it reaches the tenant (with `secret`), and how long it may go on."""

    job: Job
    action: Action
    worker: str
    client: CumulocityClient
    secret: Secret
    renewed: list[str]
    gate: Gate = field(default_factory=Gate)
    buckets: list[Bucket] = field(default_factory=list)
    parallel: int = 1
    stop: Stop | None = None
    answered: bool = False
    succeeded: bool = False
    forbidden: int = 0
    began: float = field(default_factory=time.monotonic)
    courtesy: Courtesy = field(init=False)
    learning: threading.Lock = field(default_factory=threading.Lock)
    until: float = field(default_factory=lambda: time.monotonic() + settings.JOBS_SLOT_SECONDS)

    def __post_init__(self) -> None:
        self.courtesy = Courtesy(self.job.pk)
        self.follow(self.job.parallel, retry_db(pacing.limits, self.job, limit_of(self.job.tenant)))
        if (closes := timetable.closing(self.job, now := clock())) is not None:
            self.until = min(self.until, self.began + (closes - now).total_seconds())

    @property
    def may_start(self) -> bool:
        """Whether another target may be started."""
        return self.stop is None and not self.gate.halted.is_set() and time.monotonic() < self.until

    def halt(self, why: Stop) -> None:
        self.stop = self.stop or why
        self.gate.halted.set()

    def learn(self, verdict: Outcome | Stop) -> None:
        """What a target came to, in the thread that met it: where that ends the turn, others send no more.

        Where nothing is permitted, asking on is of no use.
        """
        if isinstance(verdict, Stop):
            if verdict.why is not Why.NOT_NOW:
                self.halt(verdict)
            return
        with self.learning:
            self.succeeded |= verdict.state is ItemState.OK
            self.forbidden = self.forbidden + 1 if verdict.status == 403 else 0
            if self.forbidden >= FORBIDDEN_IN_A_ROW and not self.succeeded:
                self.halt(Stop(Why.FORBIDDEN, verdict.message))

    def follow(self, parallel: int, limits: list[Limit]) -> None:
        """Go on with so many threads and under these limits, which anybody may have changed."""
        self.parallel = parallel
        self.buckets[:] = become(self.buckets, limits)
        for bucket in self.buckets:
            bucket.refill()


def run_slot(job_id: uuid.UUID, worker: str, run: Run | None = None) -> bool:
    """Work at the job for one turn, by `run` on each chunk; tells whether there may be more to do right away.

    Does nothing when the job is not to be worked, its chunks are taken, or the tenant's cap is reached.
    """
    job = retry_db(Job.objects.filter(pk=job_id, state__in=RUNNABLE).first)
    if job is None:
        return False
    turn = _begin(job, worker)
    if turn is None:
        return False
    with turn.client:
        worked = _work(turn, run or ChunkRun)
    _end(turn)
    return worked and turn.stop is None and retry_db(_has_more, job_id)


def _begin(job: Job, worker: str) -> Turn | None:
    action = understood(job)
    if action is None:
        return None
    tenant = tenant_of(job)
    if tenant is None:
        pause(job.pk, PauseReason.TENANT_DOWN, f"The tenant {job.tenant} is no longer configured.")
        return None
    try:
        credential = signing_in.credential_of(job)
        why = deputies.why_not(job, tenant, credential)
    except (CredentialLost, Unauthorized) as lost:
        pause(job.pk, PauseReason.NEEDS_AUTH, str(lost))
    except signing_in.NotNow:
        log.info("job %s: another worker signs in for it", job.pk)
    except C8yError as trouble:
        retry_db(claims.hold, job.tenant, asked_for_patience(trouble) or HOLD_DEFAULT, trouble=True)
    else:
        if not why:
            gate, renewed = Gate(), list[str]()
            client = client_for(tenant, credential, on_renewal=renewed.append, **CALLS, on_request=gate)
            return Turn(job, action, worker, client, credential.secret, renewed, gate)
        pause(job.pk, PauseReason.FORBIDDEN, why)
    return None


def _work(turn: Turn, run_of: Run) -> bool:
    """Chunk after chunk; whether there was any."""
    worked = False
    attempts = Attempts(
        turn.action,
        turn.job.params,
        turn.client,
        turn.gate,
        turn.buckets,
        retry_db(occasion, turn.job),
        existed=retry_db(lambda: turn.job.targets_existed),
        until=turn.until,
        keeps=turn.job.keeps_images,
    )
    with Window(turn.parallel, attempts, turn.learn) as window:
        try:
            while turn.may_start and (lease := _lease(turn)):
                run = run_of(turn, window, lease)
                worked, attempts.began = True, lease.began
                attempts.params = retry_db(turn.action.load, turn.job.params, list(run.pending))
                attempts.known = retry_db(_known, turn.job, lease)
                run.work()
        except claims.LeaseLost:
            log.warning("job %s: lease lost, results dropped", turn.job.pk)
            turn.stop = Stop(Why.NOT_NOW)
        finally:
            turn.gate.halted.set()  # threads that wait for anything end now
    return worked


def _lease(turn: Turn) -> claims.Lease | None:
    began = time.monotonic()
    lease = retry_db(claims.claim, turn.job.pk, turn.worker)
    if lease is not None:
        _freshen(turn.gate, began)
    return lease


def _known(job: Job, lease: claims.Lease) -> Known:
    """What is kept of the chunk's targets; earlier images only where an earlier attempt may have kept any."""
    repeated = job.keeps_images and (lease.doubt > lease.cursor or job.parent_id is not None)
    given = images.of_chunk(lease.chunk_id, given=True) if job.is_reversal else {}
    return Known(given, images.of_chunk(lease.chunk_id) if repeated else {})


def _freshen(gate: Gate, since: float) -> None:
    gate.fresh_until = since + FRESH_SHARE * settings.JOBS_LEASE_SECONDS


@dataclass(slots=True)
class ChunkRun:
    """The work on one leased chunk."""

    turn: Turn
    window: Window
    lease: claims.Lease
    pending: deque[str] = field(init=False)
    doubtful: set[str] = field(init=False)
    done: list[tuple[str, Outcome]] = field(default_factory=list)
    committed_at: float = field(default_factory=time.monotonic)
    disturbed: bool = False

    def __post_init__(self) -> None:
        self.pending = deque(self.lease.ids[self.lease.cursor :])
        self.doubtful = set(self.lease.ids[self.lease.cursor : self.lease.doubt])

    def work(self) -> None:
        """Until the chunk is done or the turn must end; raises LeaseLost.

        Whatever else goes wrong is this worker's fault, not the targets': they go to the next one.
        """
        try:
            self._work()
        except claims.LeaseLost:
            raise
        except Exception:
            claims.give_back(self.lease, RECONSIDER)
            raise

    def _work(self) -> None:
        self._fill()
        while self.window.under_way:
            self._collect()
            if self._is_due():
                self._commit()
            self._fill()
        if not self.lease.is_over:
            self._commit(release=True)

    @property
    def _width(self) -> int:
        # The first call of a turn goes alone: where the sign-in is over, it is the only one refused.
        return 1 if self.lease.one_by_one or not self.turn.answered else self.turn.parallel

    def _fill(self) -> None:
        under_way, width = self.window.under_way, self._width
        spare = width // 4 if width > 1 else 0  # they wait for their turn, so that no turn waits for us
        while (
            self.pending
            and len(under_way) - (len(self.window.unkept) if width > 1 else 0) < width + spare
            and len(under_way) + len(self.done) < claims.LOOKAHEAD
            and self.turn.may_start
        ):
            if self.lease.one_by_one:
                retry_db(claims.accuse, self.lease)
            target = self.pending.popleft()
            self.window.start(target, target in self.doubtful)

    def _collect(self) -> None:
        due, images_due = self.committed_at + settings.JOBS_COMMIT_SECONDS, self.window.images_due
        due = due if images_due is None else min(due, images_due)
        for target, result in self.window.ended(due - time.monotonic()):
            if isinstance(result, Outcome):
                self._count(target, result)
            else:
                self._put_back(target, result)
        self._imprint()

    def _imprint(self) -> None:
        """Write down the images that are due; what waits for that is sent then."""
        due = self.window.images_due
        if due is None or time.monotonic() < due:
            return
        retry_db(claims.imprint, self.lease, [(one.target, one.image) for one in self.window.unkept])
        self.window.kept()

    def _count(self, target: str, outcome: Outcome) -> None:
        self.doubtful.discard(target)
        self.done.append((target, outcome))

    def _put_back(self, target: str, stop: Stop) -> None:
        self.pending.appendleft(target)
        if stop.doubtful:
            self.doubtful.add(target)
        if stop.why is Why.HOLD and stop is self.turn.stop:  # at once: what others send meanwhile is too much
            retry_db(claims.hold, self.turn.job.tenant, stop.seconds, trouble=stop.trouble)
            self.disturbed = True

    def _is_due(self) -> bool:
        one = self.lease.one_by_one or not self.turn.answered
        late = time.monotonic() >= self.committed_at + settings.JOBS_COMMIT_SECONDS
        return late or len(self.done) >= (1 if one else BATCH)

    def _commit(self, release: bool = False) -> None:
        began = time.monotonic()
        # Doubtful ones first: the doubt reaches up to the last of them, and shall not take in others.
        pending = (
            sorted(self.pending, key=lambda one: one not in self.doubtful) if self.doubtful else self.pending
        )
        rest = [*self.window.under_way, *pending]
        doubt = max((place for place, target in enumerate(rest, 1) if target in self.doubtful), default=0)
        trouble = self.window.attempts.health.was_disturbed() or self.disturbed
        verdict = retry_db(
            claims.commit, self.lease, self.done, rest, doubt=doubt, release=release, trouble=trouble
        )
        self.turn.answered |= bool(self.done)
        self.done, self.committed_at = [], time.monotonic()
        _freshen(self.turn.gate, began)
        if not verdict.go_on:
            self.turn.gate.halted.set()
        elif verdict.hold_until and verdict.hold_until > clock():
            self.turn.halt(Stop(Why.NOT_NOW))
        else:
            self.turn.follow(verdict.parallel, verdict.limits)
            self.window.turns.become(verdict.parallel)
            # Not before anything was done: with a slow tenant, jobs would only hand the worker round.
            if self.turn.answered and self.turn.courtesy.is_due():
                self.turn.gate.halted.set()
        news.tell(self.turn.job)


Run = Callable[[Turn, Window, claims.Lease], ChunkRun]


def occasion(job: Job) -> Occasion:
    """What the job's action may want to know: a retry goes on with the work of the first job."""
    first = job
    while first.parent is not None:
        first = first.parent
    return Occasion(str(first.pk), job.owner, first.created_at, repeated=first is not job)


def _end(turn: Turn) -> None:
    """What the turn learned, for the turns to come."""
    if turn.renewed:
        retry_db(credentials.renew, turn.job, turn.renewed[-1])
    stop = turn.stop
    if stop and stop.why is Why.AUTH:
        _refused(turn, stop.message)
    elif stop and stop.why is Why.FORBIDDEN:
        pause(turn.job.pk, PauseReason.FORBIDDEN, f"The tenant permits nothing of this: {stop.message}")
    elif stop and stop.why is Why.STORAGE:
        pause(turn.job.pk, PauseReason.STORAGE, stop.message)
    elif stop is None and turn.succeeded:
        retry_db(claims.recovered, turn.job.tenant)


def _refused(turn: Turn, message: str) -> None:
    used = Secret(turn.renewed[-1]) if turn.renewed else turn.secret
    if not signing_in.survives_refusal(turn.job, used):
        pause(turn.job.pk, PauseReason.NEEDS_AUTH, f"The tenant refused the sign-in: {message}")


def _has_more(job_id: uuid.UUID) -> bool:
    return claims.claimable(Job.objects.get(pk=job_id), clock()).exists()
