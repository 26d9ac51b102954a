"""The buttons of a job's page: each a POST that leads back to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from c8yadmin.accounts.middleware import TenantRequest
from c8yadmin.jobs import control
from c8yadmin.jobs.control import NotConfirmed, needs_typed_count
from c8yadmin.jobs.forms import ConfirmForm
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import find_action
from c8yadmin.jobs.rights import Blocked, seen_job
from c8yadmin.jobs.submission import NothingToRetry
from c8yadmin.jobs.submission import retry as retry_job
from c8yadmin.jobs.transitions import NotAllowed
from c8yadmin.jobs.views import shown


@require_POST
def confirm(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Let a prepared job begin; a large or destructive one asks for its count."""
    job = seen_job(request, id)
    form = ConfirmForm(request.POST)
    if why := Blocked.of(request, job).confirm:
        return _refused(request, job, why)
    typed = request.POST.get("count", "") if _asks(request, job) else None
    try:
        control.confirm(job, request.person.name, typed=typed, credential=request.signin.credential())
    except NotConfirmed as error:
        form.full_clean()
        form.errors["count"] = form.error_class([str(error)])
        return shown(request, job, form, 422)
    except NotAllowed as error:
        return _refused(request, job, str(error))
    return _back(request, job)


def _asks(request: TenantRequest, job: Job) -> bool:
    return needs_typed_count(job, find_action(job.action), request.tenant)


@require_POST
def pause(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Stop after the batch under way."""
    job = seen_job(request, id)
    return _take(
        request, job, Blocked.of(request, job).pause, lambda: control.pause(job, request.person.name)
    )


@require_POST
def resume(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Go on, from now on with the sign-in of this browser."""
    job = seen_job(request, id)
    credential = request.signin.credential()
    return _take(
        request,
        job,
        Blocked.of(request, job).resume,
        lambda: control.resume(job, request.person.name, credential),
    )


@require_POST
def cancel(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Stop for good."""
    job = seen_job(request, id)
    return _take(
        request, job, Blocked.of(request, job).cancel, lambda: control.cancel(job, request.person.name)
    )


@require_POST
def retry(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """A new job for what failed, or what did for one `reason`, to be confirmed like any other."""
    job = seen_job(request, id)
    reason = request.POST.get("reason", "")
    try:
        again = retry_job(
            job, request.tenant, request.signin.credential(), request.person.name, reason=reason
        )
    except NothingToRetry as error:
        return _refused(request, job, str(error))
    return _back(request, again)


def _take(request: TenantRequest, job: Job, why: str, step: Callable[[], None]) -> HttpResponse:
    if why:
        return _refused(request, job, why)
    try:
        step()
    except NotAllowed as error:
        return _refused(request, job, str(error))
    return _back(request, job)


def _refused(request: TenantRequest, job: Job, why: str) -> HttpResponse:
    """The page of the job as it is now, and why not."""
    job.refresh_from_db()
    messages.warning(request, why)
    return shown(request, job, status=409)


def _back(request: TenantRequest, job: Job) -> HttpResponse:
    return HttpResponseRedirect(request.link("jobs:detail", id=job.pk))
