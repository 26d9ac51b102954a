"""Deriving from the database what should happen next: the reason why no message matters.

Every function may run at any time, twice, and in two processes at once.
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from django.db.models import Q

from c8yadmin.jobs.authority import approvals, credentials
from c8yadmin.jobs.execution import news
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.pauses import go_on, pause
from c8yadmin.jobs.execution.settlement import settle
from c8yadmin.jobs.execution.signing_in import OVER
from c8yadmin.jobs.execution.timetable import stop_if_untimely
from c8yadmin.jobs.execution.transitions import NotAllowed, move
from c8yadmin.jobs.execution.wakeups import dispatch
from c8yadmin.jobs.exports import parts
from c8yadmin.jobs.models import Job, RateAccount, TenantLimit
from c8yadmin.jobs.states import RUNNABLE, STOPPING, PauseReason, State
from c8yadmin.jobs.undoing.reverting import forget

PATIENCE_WITH_TENANT = timedelta(minutes=10)
UNUSED = timedelta(hours=1)  # after which a token bucket is full again, and forgotten
BEGUN = "Its hours have begun."


def sweep() -> None:
    """Start what is due, stop what cannot go on, end what is done, and wake workers for the rest."""
    now = retry_db(clock)
    for job in Job.objects.filter(state=State.SCHEDULED, approval__isnull=False):
        retry_db(approvals.stands, job.pk)  # now, while there is time to approve it again
    paused = Q(state=State.PAUSED, resume_at__lte=now)
    for job in Job.objects.filter(paused | Q(state=State.SCHEDULED, scheduled_at__lte=now)):
        advance(job, now)
    for job in Job.objects.filter(state__in=RUNNABLE):
        if not stop_if_untimely(job, now):
            _stop_if_hopeless(job, now)
    for job in Job.objects.filter(state__in=RUNNABLE | STOPPING):
        retry_db(settle, job.pk)
    for job in Job.objects.filter(state__in=RUNNABLE).order_by("created_at"):
        dispatch(job)
    for job in Job.objects.filter(state=State.PREPARING).exclude(lease_until__gt=now):
        dispatch(job)
    retry_db(credentials.sweep, now)
    forget()
    RateAccount.objects.filter(at__lte=now - UNUSED).delete()
    parts.tidy(now)


def advance(job: Job, now: datetime) -> None:
    """Let a job go on that waits for a moment which has come."""
    if job.standing is State.PAUSED and job.resume_at and job.resume_at <= now:
        _go_on(job, now)
    elif job.standing is State.SCHEDULED and job.scheduled_at and job.scheduled_at <= now:
        _start(job, now)


def _go_on(job: Job, now: datetime) -> None:
    reason = "The wait after the stage is over." if job.pause_reason == PauseReason.STAGE_DONE else BEGUN
    with contextlib.suppress(NotAllowed):  # somebody was faster
        retry_db(go_on, job.pk, reason=reason, due=now)
        news.tell(job, urgent=True)


def _start(job: Job, now: datetime) -> None:
    if not stop_if_untimely(job, now) and approvals.stands(job.pk):
        with contextlib.suppress(NotAllowed):  # somebody was faster
            retry_db(move, job.pk, State.QUEUED, reason="Its time has come.")
            news.tell(job, urgent=True)


def _stop_if_hopeless(job: Job, now: datetime) -> None:
    if not credentials.usable(job, now):
        pause(job.pk, PauseReason.NEEDS_AUTH, OVER)
    limit = TenantLimit.objects.filter(tenant=job.tenant, circuit_since__lte=now - PATIENCE_WITH_TENANT)
    if limit.exists():
        pause(job.pk, PauseReason.TENANT_DOWN, "The tenant has been in trouble for ten minutes.")
