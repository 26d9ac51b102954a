"""New jobs: submitted once, however often the form is sent, and retried as jobs of their own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.problems import Problem, Refusal
from c8yadmin.core.tenants import Tenant, find
from c8yadmin.jobs.authority import credentials
from c8yadmin.jobs.execution import claims, tallies
from c8yadmin.jobs.execution.database import retry_db
from c8yadmin.jobs.execution.transitions import record
from c8yadmin.jobs.execution.wakeups import dispatch
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import scopes
from c8yadmin.jobs.orders.options import defaults, inherited
from c8yadmin.jobs.registry import Action, Params, TargetKind, actions, find_action, find_target
from c8yadmin.jobs.states import TERMINAL, State


class AnotherJob(Refusal):
    """The same key was used before, for something else; a page that is asked again comes with another key."""

    def __init__(self) -> None:
        text = "This form has made a job before, with other values. Send it again for a second job."
        super().__init__(Problem(409, "This form was sent before", text))


class TooManyJobs(Refusal):
    """The user has as many jobs, or exports, that are not over as one may have; `text` says what to do.
    `ready` of them were never confirmed."""

    def __init__(self, text: str, ready: int = 0) -> None:
        words = f"Discard the {f'{ready:,}' if ready > 1 else 'one'} never confirmed"
        super().__init__(
            Problem(429, "Too many jobs", text, way=(words, "jobs:unconfirmed") if ready else None)
        )


class NothingToRetry(Exception):
    """The job is not over, or none of its targets failed."""


class NotAgain(Exception):
    """The job cannot be ordered again; the text says why, or what to do instead."""


READING_AT_ONCE = 2  # exports of one user


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done where, and as whom. `idem_key` makes a second submission answer with the first job.

    With `autostart` the job runs as soon as it is prepared: whoever submits has confirmed it.
    """

    tenant: Tenant
    credential: Credential
    owner: str
    action: Action
    params: Params
    spec: scopes.Spec
    idem_key: str = field(default_factory=lambda: uuid.uuid4().hex)
    autostart: bool = False
    parent: Job | None = None
    reverts: Job | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def submit(order: Order) -> Job:
    """Create the job and wake a worker for it; answer the first job when the order was given before.

    Raises AnotherJob when the key was used for a different order, TooManyJobs for one more, or one export
    more, than a user may have under way.
    """
    job = retry_db(_create_once, order)
    dispatch(job)
    return job


def _create_once(order: Order) -> Job:
    try:
        with transaction.atomic():
            claims.lock(order.tenant.slug)
            first = _given_before(order)
            if first is None:
                _keep_to_quota(order)
                return _create(order)
    except IntegrityError:
        first = _given_before(order)
        if first is None:
            raise
    if (first.action, first.params, first.target_spec) != (order.action.name, order.params, order.spec):
        raise AnotherJob
    return first


def _given_before(order: Order) -> Job | None:
    same = {"tenant": order.tenant.slug, "owner": order.owner, "idem_key": order.idem_key}
    return Job.objects.filter(**same).first()


def _keep_to_quota(order: Order) -> None:
    """Raise TooManyJobs where one more would be one too many."""
    active = Job.objects.filter(tenant=order.tenant.slug, owner=order.owner).exclude(state__in=TERMINAL)
    if settings.JOBS_PER_USER and (n := active.count()) >= settings.JOBS_PER_USER:
        ready = unconfirmed(order.tenant.slug, order.owner).count()
        raise TooManyJobs(_full(n, ready), ready)
    reading = [action.name for action in actions() if action.reads]
    if order.action.reads and active.filter(action__in=reading).count() >= READING_AT_ONCE:
        raise TooManyJobs(
            f"{READING_AT_ONCE} exports of yours are under way. Wait until one is done, or cancel one."
        )


def unconfirmed(tenant: str, owner: str) -> QuerySet[Job]:
    """The user's jobs that are prepared and wait for a confirmation, perhaps for good."""
    return Job.objects.filter(tenant=tenant, owner=owner, state=State.READY)


def _full(n: int, ready: int) -> str:
    waiting = f", {ready:,} of them waiting for a confirmation" if ready else ""
    over = "job that is not over" if n == 1 else "jobs that are not over"
    which = f"You have {n:,} {over}{waiting}, which is as many as one user may have."
    return f"{which} Wait for one to end, or cancel or discard one first."


def _create(order: Order) -> Job:
    kind = find_target(order.action.target)
    if kind is None:
        raise LookupError(f"{order.action.name} is for {order.action.target}, which nothing registered.")
    tenant = order.tenant
    job = Job.objects.create(
        tenant=tenant.slug,
        tenant_id=order.credential.tenant_id or tenant.tenant_id,
        base_url="" if find(tenant.slug) else tenant.base_url,
        owner=order.owner,
        action=order.action.name,
        params=order.params,
        params_version=order.action.version,
        summary=_title(order, kind),
        target_kind=kind.name,
        target_spec=order.spec,
        scope=scopes.qualifier(kind, order.spec)[:500],
        parent=order.parent,
        reverts=order.reverts,
        keeps_images=not order.action.irreversible,
        idem_key=order.idem_key,
        autostart=order.autostart,
        **(defaults() | order.settings),
    )
    credentials.keep(job, order.credential)
    record(job.pk, "", State.PREPARING, actor=order.owner, reason="Submitted.")
    return job


def _title(order: Order, kind: TargetKind) -> str:
    """What the job is called: what it does, and to what where that alone would name many jobs alike."""
    does = order.action.describe(order.params)
    if not order.action.terse:
        return does[:500]
    spec, origin = order.spec, order.reverts
    while origin is not None and "revert_of" in spec:
        spec, origin = origin.target_spec, origin.reverts
    return f"{does[:300]}: {scopes.briefly(kind, spec)}"


def retry(
    job: Job,
    tenant: Tenant,
    credential: Credential,
    owner: str,
    *,
    autostart: bool = False,
    reason: str = "",
) -> Job:
    """A new job for the targets of an ended one that failed or stayed unknown, or for those of them alone
    that did for one `reason` (see `reasons.key`). Raises NothingToRetry."""
    if not job.is_terminal:
        raise NothingToRetry("The job is not over yet; what failed is retried when it is.")
    if not retryable(job, reason):
        raise NothingToRetry("Nothing failed in this job, so there is nothing to retry.")
    action = find_action(job.action)
    if action is None or action.version != job.params_version:
        raise NothingToRetry(f"This version does not know how to do {job.action} again.")
    order = Order(
        tenant,
        credential,
        owner,
        action,
        job.params,
        {"retry_of": str(job.pk)} | ({"reason": reason} if reason else {}),
        autostart=autostart,
        parent=job,
        settings=inherited(job),
        reverts=job.reverts,
    )
    return submit(order)


def retryable(job: Job, reason: str = "") -> int:
    """How many targets of `job` a retry would have."""
    if reason:
        return scopes.failed(job.pk, reason).count()
    counts = tallies.counted(job.pk)
    return counts.failed + counts.unknown


def why_not_again(job: Job) -> str:
    """Why nobody can order the job again, as a sentence; empty when its targets could not be found."""
    if job.standing is not State.FAILED:
        return "Only a job whose targets could not be found is ordered again."
    if "source" in job.target_spec:
        return "It began on a page of its own: begin there once more."
    if "revert_of" in job.target_spec:
        return "Revert the first job once more: its page has the button."
    action = find_action(job.action)
    if action is None or action.version != job.params_version:
        return f"This version does not know how to do {job.action} again."
    return ""


def order_again(
    job: Job, tenant: Tenant, credential: Credential, owner: str, *, autostart: bool = False
) -> Job:
    """A new job with the order of one that ended before its targets were found. Raises NotAgain."""
    action = find_action(job.action)
    if (why := why_not_again(job)) or action is None:
        raise NotAgain(why)
    order = Order(
        tenant,
        credential,
        owner,
        action,
        job.params,
        job.target_spec,
        autostart=autostart or action.reads,
        parent=job.parent,  # nothing was done, so this is no retry of it
        settings=inherited(job),
        reverts=job.reverts,
    )
    return submit(order)
