"""Deriving from the database what should happen next: the reason why no message matters.

Every function may run at any time, twice, and in two processes at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from c8yadmin.jobs import approvals
from c8yadmin.jobs.database import clock, retry_db
from c8yadmin.jobs.models import Job, JobCredential, TenantLimit
from c8yadmin.jobs.pauses import pause
from c8yadmin.jobs.reverting import forget
from c8yadmin.jobs.settlement import settle
from c8yadmin.jobs.states import RUNNABLE, STOPPING, TERMINAL, PauseReason, State
from c8yadmin.jobs.transitions import NotAllowed, move
from c8yadmin.jobs.wakeups import dispatch

PATIENCE_WITH_TENANT = timedelta(minutes=10)


def sweep() -> None:
    """Start what is due, stop what cannot go on, end what is done, and wake workers for the rest."""
    now = retry_db(clock)
    for job in Job.objects.filter(state=State.SCHEDULED, scheduled_at__lte=now):
        _start(job, now)
    for job in Job.objects.filter(state__in=RUNNABLE):
        _stop_if_hopeless(job, now)
    for job in Job.objects.filter(state__in=RUNNABLE | STOPPING):
        retry_db(settle, job.pk)
    for job in Job.objects.filter(state__in=RUNNABLE).order_by("created_at"):
        dispatch(job)
    for job in Job.objects.filter(state=State.PREPARING).exclude(lease_until__gt=now):
        dispatch(job)
    JobCredential.objects.filter(Q(job__state__in=TERMINAL) | Q(expires_at__lte=now)).delete()
    forget()


def _start(job: Job, now: datetime) -> None:
    try:
        if job.not_after and now > job.not_after:
            problem = "Nobody could start it in time."
            move(
                job.pk, State.PAUSED, reason=problem, problem=problem, pause_reason=PauseReason.WINDOW_CLOSED
            )
        elif approvals.stands(job.pk):
            move(job.pk, State.QUEUED, reason="Its time has come.")
    except NotAllowed:
        pass  # somebody was faster


def _stop_if_hopeless(job: Job, now: datetime) -> None:
    if not JobCredential.objects.filter(job=job, expires_at__gt=now).exists():
        pause(job.pk, PauseReason.NEEDS_AUTH, "The sign-in that this job works with is over.")
    limit = TenantLimit.objects.filter(tenant=job.tenant, circuit_since__lte=now - PATIENCE_WITH_TENANT)
    if limit.exists():
        pause(job.pk, PauseReason.TENANT_DOWN, "The tenant has been in trouble for ten minutes.")
