"""The pages about how fast: of one job that is not yet confirmed, and of all jobs of a tenant together."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from c8yadmin.accounts.middleware import TenantRequest, leaves_tenant_alone
from c8yadmin.accounts.rights import oversees
from c8yadmin.core.page import page
from c8yadmin.jobs.authority.rights import seen_job
from c8yadmin.jobs.orders.limits import LimitForm, limit_of, save, summary
from c8yadmin.jobs.orders.options import OptionsForm
from c8yadmin.jobs.pages import progress


@require_GET
def forecast(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """How long a job would take with the options that the URL names, for its page; no tenant call."""
    job = seen_job(request, id)
    if not request.htmx:
        return HttpResponseRedirect(request.link("jobs:detail", id=job.pk))
    limit = limit_of(job.tenant)
    form = OptionsForm.of(job, limit, request.GET)
    if not form.is_valid():
        return page(request, "jobs/forecast.html", {"forecast": ""})
    for name, value in form.columns().items():
        setattr(job, name, value)
    return page(request, "jobs/forecast.html", {"forecast": progress.foreseen(job, limit)})


@leaves_tenant_alone
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: TenantRequest) -> HttpResponse:
    """How hard all jobs together may work the tenant, for its administrators; no tenant call."""
    if not oversees(request.person):
        raise PermissionDenied("Only an administrator of the tenant may say how hard it may be worked.")
    slug = request.tenant.slug
    if request.method != "POST":
        return page(request, "jobs/limits.html", {"form": LimitForm(initial=summary(limit_of(slug)))})
    form = LimitForm(request.POST)
    if not form.is_valid():
        return page(request, "jobs/limits.html", {"form": form}, 422)
    save(slug, form)
    messages.success(request, "The limits hold from now on.")
    return HttpResponseRedirect(request.link("jobs:limits"))
