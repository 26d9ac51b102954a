"""The page of a user's own jobs that were prepared and never confirmed, to be discarded all at once."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from c8yadmin.accounts.middleware import TenantRequest, leaves_tenant_alone
from c8yadmin.core.page import page
from c8yadmin.jobs.authority.rights import Blocked
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.orders.control import Changed
from c8yadmin.jobs.orders.submission import unconfirmed
from c8yadmin.jobs.pages.views import targets_in_words

MOST = 100  # at once


@leaves_tenant_alone
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: TenantRequest) -> HttpResponse:
    """The oldest of them; sent back, those that were shown are discarded if nobody has confirmed them
    meanwhile. No tenant call."""
    if request.method == "POST":
        return _discard(request)
    context = {"jobs": [(job, _version(job), targets_in_words(job)) for job in _found(request)]}
    return page(request, "jobs/unconfirmed.html", context)


def _discard(request: TenantRequest) -> HttpResponse:
    shown, done = set(request.POST.getlist("job")), 0
    for job in _found(request):
        if _version(job) in shown:
            with suppress(NotAllowed, Changed):  # it was confirmed, or discarded, meanwhile
                control.cancel(job, request.person.name, seen=str(job.version))
                done += 1
    if done:
        messages.success(request, "One job was discarded." if done == 1 else f"{done:,} jobs were discarded.")
    else:
        messages.warning(request, "Nothing was discarded: none of these jobs waits to be confirmed any more.")
    return HttpResponseRedirect(request.link("jobs:browse"))


def _found(request: TenantRequest) -> list[Job]:
    """Those of the user's own jobs that the user may discard."""
    waiting = unconfirmed(request.tenant.slug, request.person.name).order_by("created_at")[:MOST]
    return [job for job in waiting if not Blocked.of(request, job).cancel]


def _version(job: Job) -> str:
    """The job as it was shown."""
    return f"{job.pk}:{job.version}"
