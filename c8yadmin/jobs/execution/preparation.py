"""From a target's description to frozen chunks of ids, a preview and a forecast.

A worker enumerates under a lease of its own and writes chunk after chunk: memory stays flat, and the count is
live. It does so in turns, as all work is done, so that no large job keeps a worker from others. The next
turn, or whoever follows a worker that died, goes on after the last chunk; only where the tenant lists in no
order that allows it, one worker does all, and its successor begins anew.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from c8yadmin.accounts.clients import client_for
from c8yadmin.accounts.credentials import CredentialLost
from c8yadmin.jobs.authority import approvals, credentials
from c8yadmin.jobs.batches import CannotKeep
from c8yadmin.jobs.execution import news, signing_in
from c8yadmin.jobs.execution.answers import TROUBLE
from c8yadmin.jobs.execution.claims import LeaseLost, lease_time
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.differences import sample
from c8yadmin.jobs.execution.enumeration import Portion, portions
from c8yadmin.jobs.execution.fairness import Courtesy
from c8yadmin.jobs.execution.foreseeing import each_patiently
from c8yadmin.jobs.execution.pauses import pause
from c8yadmin.jobs.execution.transitions import NotAllowed, move
from c8yadmin.jobs.execution.versions import understood
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from c8yadmin.jobs.orders import drift, scopes
from c8yadmin.jobs.orders.overlaps import overlaps
from c8yadmin.jobs.orders.places import tenant_of
from c8yadmin.jobs.registry import Action, Params, Preview, TargetKind, find_target
from c8yadmin.jobs.states import PauseReason, State
from c8yadmin.jobs.undoing import images
from c8yadmin.jobs.undoing.images import Target
from c8yadmin.jobs.undoing.reversal import Reversal
from sdk import C8yError, CumulocityClient, RateLimited, Unauthorized

log = logging.getLogger(__name__)
T = TypeVar("T")

ATTEMPTS = 5
PAUSE = 5.0  # seconds after the first attempt that met trouble; doubles
CALLS: dict[str, Any] = {"timeout": (5, 30), "deadline": 60}
NOTHING = Portion([], "")
TRANSIENT = (RateLimited, *TROUBLE)


@dataclass(slots=True)
class Preparation:
    """One worker's hold on a job that is being prepared."""

    job: Job
    action: Action
    kind: TargetKind
    client: CumulocityClient
    requests: list[None]
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="prepare")
    )
    renewed: float = field(default_factory=time.monotonic)
    courtesy: Courtesy | None = None

    def turn_is_over(self) -> bool:
        """Whether others shall go on with the job: it took long since the first time that this was asked, or
        another job waits."""
        self.courtesy = self.courtesy or Courtesy(self.job.pk)
        late = time.monotonic() >= self.courtesy.began + settings.JOBS_SLOT_SECONDS
        return late or self.courtesy.is_due()

    def patiently(self, work: Callable[[], T]) -> T:
        """The result of `work`, which may ask the tenant for as long as it takes: meanwhile the lease is
        renewed."""
        future = self.pool.submit(work)
        while not wait([future], timeout=settings.JOBS_COMMIT_SECONDS).done:
            retry_db(self.write)
        return future.result()

    def ask(self, work: Callable[[CumulocityClient], T], /) -> T:
        """The result of `work` with the tenant."""
        return self.patiently(lambda: work(self.client))

    def renew(self) -> None:
        """Renew the lease, however often this is called, once per commit interval."""
        if time.monotonic() - self.renewed >= settings.JOBS_COMMIT_SECONDS:
            retry_db(self.write)

    def write(self, portion: Portion = NOTHING, *, release: bool = False) -> None:
        """Freeze `portion`, keep what belongs to it, and renew the lease or `release` it.

        Raises LeaseLost when the job went its own way, and CannotKeep when the portion is frozen without what
        was learned about it.
        """
        changes: dict[str, Any] = {"lease_until": None if release else clock() + lease_time()}
        if portion.targets:
            changes["total"] = F("total") + len(portion.targets)
        if portion.is_news:
            changes["prepare_cursor"] = portion.place
        if portion.place:  # what it met before is behind it
            changes["prepare_attempts"] = 0
        with transaction.atomic():
            own = Job.objects.filter(pk=self.job.pk, state=State.PREPARING, lease_token=self.job.lease_token)
            # With another total, a commit whose answer got lost has frozen the portion already.
            if not own.filter(total=self.job.total).update(**changes):
                raise LeaseLost
            if portion.targets:
                chunk_id = self._create(portion.targets)
                self._require_fit()
            if portion.keep:
                portion.keep()
        self.renewed = time.monotonic()
        self.job.total += len(portion.targets)
        if portion.give:  # not before the commit: a transaction that fails is repeated, which this cannot be
            portion.give(chunk_id)

    def _require_fit(self) -> None:
        total = Job.objects.values_list("total", flat=True).get(pk=self.job.pk)
        if why := self.action.refusal(self.job.params, total):
            raise scopes.WrongScope(why)

    def _create(self, chunk: Sequence[Target]) -> int:
        most = settings.JOB_TARGETS
        if most and Job.objects.filter(pk=self.job.pk, total__gt=most).exists():
            raise scopes.WrongScope(
                f"There are more than {most:,} targets, which is as many as a job may have."
            )
        seq, ids = Chunk.objects.filter(job=self.job).count(), json.dumps([target.id for target in chunk])
        row = Chunk.objects.create(job=self.job, seq=seq, ids=ids, n=len(chunk))
        images.write(row.pk, ((one.id, one.given) for one in chunk if one.given), given=True)
        images.write(row.pk, ((one.id, one.earlier) for one in chunk if one.earlier))
        return row.pk


def prepare(job_id: uuid.UUID) -> bool:
    """Find out the job's targets and what the action would do to them, for one turn.

    Tells whether it came further: the targets of a large job are found in several turns.
    """
    job = retry_db(_claim, job_id)
    if job is None:
        return False
    try:
        return _prepare(job)
    except LeaseLost:
        log.warning("job %s: preparation taken over or stopped", job_id)
    except Unauthorized as error:
        pause(job_id, PauseReason.NEEDS_AUTH, f"The tenant refused the sign-in: {error.message}")
    except CannotKeep as error:
        pause(job_id, PauseReason.STORAGE, str(error))
    except TRANSIENT as error:
        retry_db(_later, job, str(error))
    except (C8yError, scopes.WrongScope, ValueError) as error:
        retry_db(_give_up, job, getattr(error, "message", None) or str(error))
    return False


def _claim(job_id: uuid.UUID) -> Job | None:
    with transaction.atomic():
        now = clock()
        free = Job.objects.filter(
            Q(lease_until=None) | Q(lease_until__lte=now), pk=job_id, state=State.PREPARING
        )
        if not free.update(lease_token=F("lease_token") + 1, lease_until=now + lease_time()):
            return None
        job = Job.objects.get(pk=job_id)
        Job.objects.filter(pk=job_id).update(served_at=now)
        TenantLimit.objects.filter(tenant=job.tenant).update(served_at=now)
        if not job.prepare_cursor:
            Chunk.objects.filter(job=job).delete()
            Job.objects.filter(pk=job_id).update(total=0)
            job.total = 0
        return job


def _prepare(job: Job) -> bool:
    action, kind, tenant = understood(job), find_target(job.target_kind), tenant_of(job)
    if action is None or kind is None:
        return False  # the lease keeps this worker from asking again at once
    if tenant is None:
        raise scopes.WrongScope(f"The tenant {job.tenant} is no longer configured.")
    try:
        credential = signing_in.credential_of(job)
    except CredentialLost as lost:
        pause(job.pk, PauseReason.NEEDS_AUTH, str(lost))
        return False
    except signing_in.NotNow:
        return False
    requests: list[None] = []
    renewed: list[str] = []
    client = client_for(
        tenant, credential, renewed.append, **CALLS, on_request=lambda _: requests.append(None)
    )
    preparation = Preparation(job, action, kind, client, requests)
    try:
        with client:
            if _freeze(preparation):
                _preview(preparation)
    finally:
        preparation.pool.shutdown(wait=False, cancel_futures=True)
        if renewed:
            retry_db(credentials.renew, job, renewed[-1])
    return True


def _freeze(preparation: Preparation) -> bool:
    """Freeze portion after portion; whether that was all."""
    for portion in portions(preparation):
        if not portion.is_news:
            preparation.renew()
            continue
        retry_db(preparation.write, portion)
        news.tell(preparation.job)
        if portion.place and preparation.turn_is_over():
            retry_db(preparation.write, release=True)
            return False
    return True


def _preview(preparation: Preparation) -> None:
    job = preparation.job
    picked = sample(job)
    params = preparation.action.load(job.params, picked)
    matched = preparation.ask(lambda c8y: drift.count_now(job, c8y))
    spec, total = job.target_spec, job.total
    outlook = preparation.ask(lambda c8y: preparation.action.outlook(c8y, spec, params, total))
    preparation.requests.clear()
    began = time.monotonic()
    previews = preparation.patiently(_foreseen(preparation, picked, params))
    latency = (time.monotonic() - began) / max(1, len(preparation.requests))
    shown = [asdict(shown) for shown in previews]
    preview = {"items": shown, "looked_at": len(picked), "latency": latency}
    preview |= {"calls": preparation.action.calls, "matched": matched, "outlook": outlook}
    retry_db(_ready, preparation, preview | {"overlaps": retry_db(overlaps, job)})


def _foreseen(preparation: Preparation, picked: list[str], params: Params) -> Callable[[], list[Preview]]:
    """What asks the tenant for the differences; it needs no database any more."""
    action, client = preparation.action, preparation.client
    if isinstance(action, Reversal):
        given = images.of_targets(preparation.job, picked, given=True)
        return lambda: each_patiently(
            lambda ids: action.foresee(client, {id: given[id] for id in ids}, params), list(given)
        )
    return lambda: each_patiently(lambda ids: action.preview(client, ids, params), picked)


def _ready(preparation: Preparation, preview: dict[str, Any]) -> None:
    job = preparation.job
    with transaction.atomic():
        preparation.write()
        move(job.pk, State.READY, prepared_at=clock(), lease_until=None, preview=preview)
        if job.autostart:
            approvals.begin(job.pk, actor=job.owner, reason="Confirmed when it was submitted.")
    news.tell(job, urgent=True)


def _later(job: Job, problem: str) -> None:
    """Try again after a pause; the lease, which nobody renews, keeps everybody off until then."""
    job.refresh_from_db(fields=["prepare_attempts"])
    if job.prepare_attempts + 1 >= ATTEMPTS:
        _give_up(job, problem)
        return
    pause_for = timedelta(seconds=PAUSE * 2**job.prepare_attempts)
    Job.objects.filter(pk=job.pk, lease_token=job.lease_token, state=State.PREPARING).update(
        prepare_attempts=F("prepare_attempts") + 1, lease_until=clock() + pause_for, problem=problem[:1000]
    )
    news.tell(job, urgent=True)


def _give_up(job: Job, problem: str) -> None:
    try:
        move(job.pk, State.FAILED, reason=problem, problem=problem[:1000], lease_until=None)
    except NotAllowed:
        return
    news.tell(job, urgent=True)
