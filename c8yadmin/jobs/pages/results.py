"""How a job's targets ended: as pages, by reason, and as a CSV file with every one of them."""

from __future__ import annotations

import uuid

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from c8yadmin.accounts.middleware import TenantRequest
from c8yadmin.core.downloads import streamed
from c8yadmin.core.listing import Listing
from c8yadmin.core.paging import show
from c8yadmin.core.sheets import file_name
from c8yadmin.jobs.authority.rights import Blocked, seen_job
from c8yadmin.jobs.execution.items import Item, namer
from c8yadmin.jobs.execution.reasons import MANY, known, reasons
from c8yadmin.jobs.orders.submission import retryable
from c8yadmin.jobs.pages.forms import ResultFilter
from c8yadmin.jobs.pages.views import header, names
from c8yadmin.jobs.registry import first_error
from c8yadmin.jobs.undoing import reverting


@require_GET
def browse(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """The targets that ended in one way, with the tenant's own words, and why others did not succeed; one
    tenant call for their names."""
    job = seen_job(request, id)
    form = ResultFilter(request.GET)
    context = header(request, job) | {"names": {}, "became": {}, "retryable": retryable(job), "reason": None}
    context |= {"blocked": Blocked.of(request, job), "reasons": reasons(job, MANY + 1), "most": MANY}
    if not form.is_valid():
        return show(request, "jobs/results.html", Listing(form, []), context, 400)
    items = form.items(job)
    start, total = (form.page_number - 1) * form.page_size, sum(n for _, n in items.sizes())
    listing: Listing[Item] = Listing(form, items.page(start, form.page_size), total)
    ids = [item.id for item in listing.rows]
    context["became"] = became = reverting.became(job, ids)
    context["names"] = names(request, job, [became.get(id, id) for id in ids])
    context["reason"] = known(job.pk, items.reason) if items.reason else None
    status = 404 if listing.number > 1 and not listing.rows else 200
    return show(request, "jobs/results.html", listing, context, status)


@require_GET
def download(request: TenantRequest, id: uuid.UUID) -> HttpResponseBase:
    """The same as CSV. With `names=1` the tenant is asked for their names, 100 at a time."""
    job = seen_job(request, id)
    form = ResultFilter(request.GET)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    named = namer(job, request.c8y) if request.GET.get("names") else None
    name = file_name(request.tenant.slug, job.summary[:60], "results", str(job.pk)[:8], suffix="csv")
    return streamed(form.items(job).csv(named), name)
