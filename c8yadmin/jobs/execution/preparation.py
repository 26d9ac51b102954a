"""From a target's description to frozen chunks of ids, a preview and a forecast.

A worker enumerates under a lease of its own and writes chunk after chunk: memory stays flat, and the count is
live. When it dies, the next one goes on after the last chunk where the tenant lists by id, else it begins
anew.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from c8yadmin.accounts.clients import client_for
from c8yadmin.accounts.credentials import CredentialLost
from c8yadmin.jobs.authority import approvals, credentials
from c8yadmin.jobs.execution import news, signing_in
from c8yadmin.jobs.execution.claims import LeaseLost, lease_time
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.differences import sample
from c8yadmin.jobs.execution.pauses import pause
from c8yadmin.jobs.execution.transitions import NotAllowed, move
from c8yadmin.jobs.execution.versions import understood
from c8yadmin.jobs.models import CHUNK_SIZE, Chunk, Job, TenantLimit
from c8yadmin.jobs.orders import drift, scopes
from c8yadmin.jobs.orders.overlaps import overlaps
from c8yadmin.jobs.orders.places import tenant_of
from c8yadmin.jobs.registry import Action, Batch, Params, Preview, TargetKind, find_target
from c8yadmin.jobs.states import PauseReason, State
from c8yadmin.jobs.undoing import images
from c8yadmin.jobs.undoing.images import Target
from c8yadmin.jobs.undoing.reversal import Reversal
from sdk import C8yError, CumulocityClient, RateLimited, ServerError, Timeout, Unauthorized, Unreachable

log = logging.getLogger(__name__)
T = TypeVar("T")

ATTEMPTS = 5
PAUSE = 5.0  # seconds after the first attempt that met trouble; doubles
CALLS: dict[str, Any] = {"timeout": (5, 30), "deadline": 60}
TRANSIENT = (RateLimited, ServerError, Timeout, Unreachable)


@dataclass(slots=True)
class Preparation:
    """One worker's hold on a job that is being prepared; `ordered` when its targets come in the order of
    ids."""

    job: Job
    action: Action
    kind: TargetKind
    client: CumulocityClient
    requests: list[None]
    ordered: bool = False
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="prepare")
    )

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

    def write(self, chunk: Sequence[Target] = (), keep: Callable[[], None] | None = None) -> None:
        """Renew the lease, freeze `chunk` and `keep` what belongs to it. Raises LeaseLost when the job went
        its own way."""
        changes: dict[str, Any] = {}
        if chunk:
            changes = {
                "total": F("total") + len(chunk),
                "prepare_cursor": chunk[-1].id if self.ordered else "",
            }
        with transaction.atomic():
            own = Job.objects.filter(pk=self.job.pk, state=State.PREPARING, lease_token=self.job.lease_token)
            if not own.update(lease_until=clock() + lease_time(), **changes):
                raise LeaseLost
            if chunk:
                self._create(chunk)
                self._require_fit()
            if keep:
                keep()

    def _require_fit(self) -> None:
        total = Job.objects.values_list("total", flat=True).get(pk=self.job.pk)
        if why := self.action.refusal(self.job.params, total):
            raise scopes.WrongScope(why)

    def _create(self, chunk: Sequence[Target]) -> None:
        most = settings.JOB_TARGETS
        if most and Job.objects.filter(pk=self.job.pk, total__gt=most).exists():
            raise scopes.WrongScope(
                f"There are more than {most:,} targets, which is as many as a job may have."
            )
        seq, ids = Chunk.objects.filter(job=self.job).count(), json.dumps([target.id for target in chunk])
        row = Chunk.objects.create(job=self.job, seq=seq, ids=ids, n=len(chunk))
        images.write(row.pk, ((one.id, one.given) for one in chunk if one.given), given=True)
        images.write(row.pk, ((one.id, one.earlier) for one in chunk if one.earlier))


def prepare(job_id: uuid.UUID) -> bool:
    """Find out the job's targets and what the action would do to them; tells whether that was done now."""
    job = retry_db(_claim, job_id)
    if job is None:
        return False
    try:
        return _prepare(job)
    except LeaseLost:
        log.warning("job %s: preparation taken over or stopped", job_id)
    except Unauthorized as error:
        pause(job_id, PauseReason.NEEDS_AUTH, f"The tenant refused the sign-in: {error.message}")
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
        TenantLimit.objects.filter(tenant=job.tenant).update(served_at=now)
        if not job.prepare_cursor:
            Chunk.objects.filter(job=job).delete()
            Job.objects.filter(pk=job_id).update(total=0)
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
            _freeze(preparation)
            _preview(preparation)
    finally:
        preparation.pool.shutdown(wait=False, cancel_futures=True)
        if renewed:
            retry_db(credentials.renew, job, renewed[-1])
    return True


def _freeze(preparation: Preparation) -> None:
    spec, source = preparation.job.target_spec, preparation.kind.source
    if source and "source" in spec:
        _freeze_own(preparation, source(spec["source"], preparation.ask))
    elif scopes.BY_JOBS & spec.keys():
        _freeze_kept(preparation)
    else:
        _freeze_listed(preparation)


def _freeze_listed(preparation: Preparation) -> None:
    """Freeze what the tenant lists, or what was selected."""
    targets = map(Target, _fresh(_targets(preparation)))
    while chunk := preparation.patiently(lambda: list(islice(targets, CHUNK_SIZE))):
        retry_db(preparation.write, chunk)
        news.tell(preparation.job)


def _freeze_kept(preparation: Preparation) -> None:
    """Freeze what another job has left, with what is kept of it."""
    spec = preparation.job.target_spec
    targets = images.to_retry(spec) if "retry_of" in spec else images.to_revert(uuid.UUID(spec["revert_of"]))
    while chunk := list(islice(targets, CHUNK_SIZE)):
        retry_db(preparation.write, chunk)
        news.tell(preparation.job)


def _freeze_own(preparation: Preparation, batches: Iterator[Batch]) -> None:
    """Freeze targets that the database holds; each batch renews the lease."""
    waiting: list[Target] = []
    for batch in batches:
        waiting += map(Target, batch.ids)
        chunk = waiting[:CHUNK_SIZE] if len(waiting) >= CHUNK_SIZE else []
        retry_db(preparation.write, chunk, batch.keep)
        waiting = waiting[len(chunk) :]
        news.tell(preparation.job)
    while waiting:
        retry_db(preparation.write, waiting[:CHUNK_SIZE])
        waiting = waiting[CHUNK_SIZE:]


def _targets(preparation: Preparation) -> Iterator[str]:
    job, kind = preparation.job, preparation.kind
    if "ids" in job.target_spec:
        return iter(job.target_spec["ids"])
    query = scopes.query(kind, job.target_spec, preparation.client)
    preparation.ordered = query.by_id
    ids: Iterator[str] = query.ids(job.prepare_cursor or None)
    return ids


def _fresh(ids: Iterator[str]) -> Iterator[str]:
    """Each id once. Ids are numbers nearly always, and a million numbers are small."""
    seen: set[int | str] = set()
    for id in ids:
        key = int(id) if id.isdecimal() else id
        if key not in seen:
            seen.add(key)
            yield id


def _preview(preparation: Preparation) -> None:
    job = preparation.job
    picked = sample(job)
    params = preparation.action.load(job.params, picked)
    matched = preparation.ask(lambda c8y: drift.count_now(job, c8y))
    preparation.requests.clear()
    began = time.monotonic()
    previews = preparation.patiently(_foreseen(preparation, picked, params))
    latency = (time.monotonic() - began) / max(1, len(preparation.requests))
    shown = [asdict(shown) for shown in previews]
    preview = {"items": shown, "latency": latency, "calls": preparation.action.calls, "matched": matched}
    retry_db(_ready, preparation, preview | {"overlaps": retry_db(overlaps, job)})


def _foreseen(preparation: Preparation, picked: list[str], params: Params) -> Callable[[], list[Preview]]:
    """What asks the tenant for the differences; it needs no database any more."""
    action, client = preparation.action, preparation.client
    if isinstance(action, Reversal):
        given = images.of_targets(preparation.job, picked, given=True)
        return lambda: action.foresee(client, given, params)
    return lambda: action.preview(client, picked, params)


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
