"""The pages of the two-person rule: what waits for approval, and the buttons of who may give it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from c8yadmin.accounts.middleware import TenantRequest
from c8yadmin.core.listing import ListForm, Listing
from c8yadmin.core.page import page
from c8yadmin.core.paging import cut, show
from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.authority.approvals import NotApproved
from c8yadmin.jobs.authority.rights import Blocked, awaiting, seen_job, visible
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.pages.forms import ApprovalForm
from c8yadmin.jobs.pages.steps import refused, take
from c8yadmin.jobs.pages.views import deed, shown, targets_in_words
from c8yadmin.jobs.registry import find_action

FEW = 5  # of what the user has approved
NEWEST = ("-approval__approved_at", "id")


@require_GET
def browse(request: TenantRequest) -> HttpResponse:
    """The jobs that wait for approval, the user's own ones among them, and what the user has approved lately;
    no tenant call."""
    form = ListForm(request.GET)
    approved = list(
        visible(request)
        .filter(approval__approver=request.person.name)
        .select_related("approval")
        .order_by(*NEWEST)[:FEW]
    )
    words = {job.pk: targets_in_words(job) for job in approved}
    context: dict[str, object] = {"words": words, "blocked": {}, "approved": approved}
    if not form.is_valid():
        return show(request, "jobs/approvals.html", Listing(form, []), context, 400)
    listing: Listing[Job]
    listing, status = cut(form, awaiting(request).select_related("approval").order_by("approval__asked_at"))
    jobs = list(listing.rows)
    context["words"] = words | {job.pk: targets_in_words(job) for job in jobs}
    context["blocked"] = {job.pk: approvals.why_not(job, request.person) for job in jobs}
    return show(request, "jobs/approvals.html", listing, context, status)


@require_GET
def waiting(request: TenantRequest) -> HttpResponse:
    """How many jobs wait for the user's approval, for the menu; no tenant call."""
    if not request.htmx:
        return HttpResponseRedirect(request.link("jobs:approvals"))
    return page(request, "jobs/waiting.html", {})


@require_POST
def approve(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Let the job begin that this page showed."""
    seen = request.POST.get("seen", "")
    return _decide(request, id, lambda job, said: control.approve(job, request.person, seen, said))


@require_POST
def reject(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Give the job back to its owner, and say why."""
    return _decide(request, id, lambda job, said: control.reject(job, request.person, said), why=True)


@require_POST
def withdraw(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Take the own job back before anybody has approved it."""
    job = seen_job(request, id)
    return take(
        request, job, Blocked.of(request, job).withdraw, lambda: control.withdraw(job, request.person.name)
    )


def _decide(
    request: TenantRequest, id: uuid.UUID, step: Callable[[Job, str], None], *, why: bool = False
) -> HttpResponse:
    """Take `step` with the comment, which tells `why` where that is wanted; then to what waits besides."""
    job = seen_job(request, id)
    form = ApprovalForm(request.POST)
    if reason := Blocked.of(request, job).approve:
        return refused(request, job, reason)
    if form.is_valid() and why and not form.cleaned_data["comment"]:
        form.add_error("comment", "Say why, so that its owner knows what to change.")
    if not form.is_valid():
        return shown(request, job, 422, approval_form=form)
    try:
        step(job, form.cleaned_data["comment"])
    except (NotAllowed, NotApproved) as error:
        return refused(request, job, str(error))
    done = "Given back to" if why else "Approved for"
    what = f"{deed(job, find_action(job.action))[:100]}, {targets_in_words(job)[:200]}"
    messages.success(request, f"{done} {job.owner}: {what}")
    return HttpResponseRedirect(request.link("jobs:approvals"))
