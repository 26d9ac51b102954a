"""One worker's turn at a job: how it begins, how long it may go on, and what is learned from it.

A turn ends after `JOBS_SLOT_SECONDS`, so that no job keeps a worker for itself; what is under way then is
finished. It may be killed at any moment: the next turn goes on from the last commit.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from c8yadmin.accounts.clients import client_for
from c8yadmin.accounts.credentials import Credential, CredentialLost, Secret
from c8yadmin.core.tenants import Tenant
from c8yadmin.jobs.authority import credentials, deputies
from c8yadmin.jobs.execution import circuit, claims, pacing, signing_in, timetable
from c8yadmin.jobs.execution.answers import HOLD_DEFAULT, Stop, Why, asked_for_patience
from c8yadmin.jobs.execution.attempts import Gate, Health
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.fairness import Courtesy
from c8yadmin.jobs.execution.pauses import pause
from c8yadmin.jobs.execution.rate import Bucket, Limit, become
from c8yadmin.jobs.execution.versions import understood
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.orders.places import tenant_of
from c8yadmin.jobs.registry import Action, Occasion, Outcome
from c8yadmin.jobs.states import RUNNABLE, ItemState, PauseReason
from sdk import C8yError, CumulocityClient, RetryPolicy, Unauthorized

log = logging.getLogger(__name__)

FORBIDDEN_IN_A_ROW = 20
JUST_NOW = 2.0  # seconds for which a sign-in that was accepted need not be tried out
CALLS = {"timeout": (5, 15), "deadline": 20, "retry": RetryPolicy.none()}  # repeating is the slot's business
FRESH_SHARE = 0.6  # of a lease: after that a worker that could not renew it sends nothing more


@dataclass(slots=True)
class Turn:
    """What one turn knows: its job, how it reaches the tenant (with `secret`), and how long it may go on.

    `accepted` tells that the tenant accepted the sign-in just now, `answered` that targets were done since.
    """

    job: Job
    action: Action
    worker: str
    client: CumulocityClient
    secret: Secret
    renewed: list[str]
    gate: Gate
    occasion: Occasion
    existed: bool
    health: Health = field(default_factory=Health)
    fresh: dict[int, float] = field(default_factory=dict)  # until when, by chunk
    buckets: list[Bucket] = field(default_factory=list)
    parallel: int = 1
    stop: Stop | None = None
    accepted: bool = False
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

    @property
    def latest(self) -> Secret:
        """The sign-in as the tenant has renewed it."""
        return Secret(self.renewed[-1]) if self.renewed else self.secret

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

    def freshen(self, chunk_id: int, since: float | None) -> None:
        """Let the slot send while the leases of all its chunks are fresh: this one was renewed at the moment
        `since`, or is over."""
        self.fresh.pop(chunk_id, None)
        if since is not None:
            self.fresh[chunk_id] = since + FRESH_SHARE * settings.JOBS_LEASE_SECONDS
        self.gate.fresh_until = min(self.fresh.values(), default=0.0)

    def obey(self, verdict: claims.Verdict) -> None:
        """Go on, or not, as a commit has learned."""
        if not verdict.go_on:
            self.gate.halted.set()
        elif verdict.hold_until and verdict.hold_until > clock():
            self.halt(Stop(Why.NOT_NOW))
        else:
            self.follow(verdict.parallel, verdict.limits)
            # Not before anything was done: with a slow tenant, jobs would only hand the worker round.
            if self.answered and self.courtesy.is_due():
                self.gate.halted.set()


@dataclass(slots=True)
class Accepted:
    """The sign-in that the tenant accepted to the end of this process's last turn.

    Only its digest is kept, under a key that nobody else has: the credential may be deleted by now.
    """

    job: uuid.UUID | None = None
    digest: bytes = b""
    at: float = 0.0
    key: bytes = field(default_factory=secrets.token_bytes, repr=False)

    def note(self, turn: Turn) -> None:
        accepted = turn.answered and turn.stop is None
        self.job, self.digest = (turn.job.pk, self._digest(turn.latest)) if accepted else (None, b"")
        self.at = time.monotonic()

    def holds(self, turn: Turn) -> bool:
        """Whether the turn follows right after that, with the same sign-in."""
        lately = time.monotonic() < self.at + JUST_NOW
        if not lately or self.job != turn.job.pk:
            return False
        return hmac.compare_digest(self.digest, self._digest(turn.secret))

    def _digest(self, secret: Secret) -> bytes:
        return hmac.digest(self.key, secret.reveal().encode(), "sha256")


_accepted = Accepted()


def run_slot(job_id: uuid.UUID, worker: str, work: Callable[[Turn], bool]) -> bool:
    """Work at the job for one turn, by `work`, which tells whether there was anything to do.

    Tells whether there may be more to do right away.

    Does nothing when the job is not to be worked, its chunks are taken, or the tenant's cap is reached.
    """
    job = retry_db(Job.objects.filter(pk=job_id, state__in=RUNNABLE).first)
    if job is None:
        return False
    turn = _begin(job, worker)
    if turn is None:
        return False
    with turn.client:
        worked = work(turn)
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
        retry_db(circuit.hold, job.tenant, asked_for_patience(trouble) or HOLD_DEFAULT, trouble=True)
    else:
        if not why:
            return _turn(job, action, worker, tenant, credential)
        pause(job.pk, PauseReason.FORBIDDEN, why)
    return None


def _turn(job: Job, action: Action, worker: str, tenant: Tenant, credential: Credential) -> Turn:
    gate, renewed = Gate(), list[str]()
    turn = Turn(
        job,
        action,
        worker,
        client_for(tenant, credential, on_renewal=renewed.append, **CALLS, on_request=gate),
        credential.secret,
        renewed,
        gate,
        occasion=retry_db(_occasion, job),
        existed=retry_db(lambda: job.targets_existed),
    )
    turn.accepted = _accepted.holds(turn)
    return turn


def _occasion(job: Job) -> Occasion:
    """What the job's action may want to know: a retry goes on with the work of the first job."""
    return Occasion(str(job.first.pk), job.owner, job.first.created_at, repeated=job.first is not job)


def _end(turn: Turn) -> None:
    """What the turn learned, for the turns to come."""
    _accepted.note(turn)
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
        retry_db(circuit.recovered, turn.job.tenant)


def _refused(turn: Turn, message: str) -> None:
    if not signing_in.survives_refusal(turn.job, turn.latest):
        pause(turn.job.pk, PauseReason.NEEDS_AUTH, f"The tenant refused the sign-in: {message}")


def _has_more(job_id: uuid.UUID) -> bool:
    return claims.claimable(Job.objects.get(pk=job_id), clock()).exists()
