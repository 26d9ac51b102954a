"""The buttons of a job's page: each a POST that leads back to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from c8yadmin.accounts.middleware import TenantRequest, leaves_tenant_alone
from c8yadmin.jobs.authority.rights import Blocked, seen_job
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.orders.control import Changed
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.orders.options import SpeedForm
from c8yadmin.jobs.orders.schedules import ScheduleForm
from c8yadmin.jobs.orders.submission import NotAgain, NothingToRetry, order_again
from c8yadmin.jobs.orders.submission import retry as retry_job
from c8yadmin.jobs.pages.views import shown
from c8yadmin.jobs.undoing.reverting import NotRevertible
from c8yadmin.jobs.undoing.reverting import revert as revert_job


@leaves_tenant_alone
@require_POST
def pause(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Stop after the batch under way."""
    job = seen_job(request, id)
    return take(request, job, Blocked.of(request, job).pause, lambda: control.pause(job, request.person.name))


@leaves_tenant_alone
@require_POST
def resume(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Go on, from now on with the sign-in of this browser."""
    job = seen_job(request, id)
    credential, seen = request.signin.lent(), request.POST.get("version", "")
    return take(
        request,
        job,
        Blocked.of(request, job).resume,
        lambda: control.resume(job, request.person.name, credential, seen=seen),
    )


@leaves_tenant_alone
@require_POST
def speed(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Another rate and another number of threads, also while the job runs."""
    job = seen_job(request, id)
    form = SpeedForm.under_way(job, request.POST)
    if why := Blocked.of(request, job).speed:
        return refused(request, job, why)
    if not form.is_valid():
        return shown(request, job, 422, speed=form)
    wanted = form.cleaned_data
    return take(
        request,
        job,
        "",
        lambda: control.set_speed(
            job, request.person.name, rate=wanted["rate_per_s"], parallel=wanted["parallel"]
        ),
    )


@leaves_tenant_alone
@require_POST
def schedule(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Another start, latest start and other hours, while nobody works at the job."""
    job = seen_job(request, id)
    form = ScheduleForm.of(job, limit_of(job.tenant), request.POST)
    if why := Blocked.of(request, job).schedule:
        return refused(request, job, why)
    if not form.is_valid():
        return shown(request, job, 422, schedule=form)
    seen = request.POST.get("seen", "")
    return take(
        request, job, "", lambda: control.reschedule(job, request.person.name, form.columns(), seen=seen)
    )


@leaves_tenant_alone
@require_POST
def cancel(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Stop for good; a form that names the job's version means it in that one alone."""
    job, seen = seen_job(request, id), request.POST.get("version", "")
    return take(
        request,
        job,
        Blocked.of(request, job).cancel,
        lambda: control.cancel(job, request.person.name, seen=seen),
    )


@require_POST
def retry(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """A new job for what failed, or what did for one `reason`, to be confirmed like any other."""
    job = seen_job(request, id)
    reason = request.POST.get("reason", "")
    try:
        again = retry_job(job, request.tenant, request.signin.lent(), request.person.name, reason=reason)
    except NothingToRetry as error:
        return refused(request, job, str(error))
    return back(request, again)


@require_POST
def again(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """A new job with the order of one whose targets could not be found, to be confirmed like any other."""
    job = seen_job(request, id)
    if why := Blocked.of(request, job).again:
        return refused(request, job, why)
    try:
        fresh = order_again(job, request.tenant, request.signin.lent(), request.person.name)
    except NotAgain as error:
        return refused(request, job, str(error))
    return back(request, fresh)


@require_POST
def revert(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """A new job that takes back what an ended one changed, to be confirmed like any other."""
    job = seen_job(request, id)
    if why := Blocked.of(request, job).revert:
        return refused(request, job, why)
    try:
        reverting = revert_job(job, request.tenant, request.signin.lent(), request.person.name)
    except NotRevertible as error:  # somebody was faster
        return refused(request, job, str(error))
    return back(request, reverting)


def take(request: TenantRequest, job: Job, why: str, step: Callable[[], None]) -> HttpResponse:
    """Take a `step` of the job, unless there is a reason `why` not; then back to its page."""
    if why:
        return refused(request, job, why)
    try:
        step()
    except (NotAllowed, Changed) as error:
        return refused(request, job, str(error))
    return back(request, job)


def refused(request: TenantRequest, job: Job, why: str) -> HttpResponse:
    """The page of the job as it is now, and why not."""
    job.refresh_from_db()
    messages.warning(request, why)
    return shown(request, job, 409)


def back(request: TenantRequest, job: Job) -> HttpResponse:
    """To the page of the job."""
    return HttpResponseRedirect(request.link("jobs:detail", id=job.pk))
