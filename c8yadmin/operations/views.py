"""The operations of a tenant: find them, read one, send one, cancel one that is pending."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from c8yadmin.core.guard import guarded
from c8yadmin.core.page import page
from c8yadmin.core.paging import fetch, show
from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.registry import offered
from c8yadmin.operations import samples
from c8yadmin.operations.cancelling import cancel as end
from c8yadmin.operations.cancelling import left_pending
from c8yadmin.operations.forms import NewOperation, OperationFilter
from c8yadmin.operations.rights import why_not_operate
from c8yadmin.operations.sending import Recipient, send
from c8yadmin.ui.text import visible
from sdk import Conflict, Invalid, Operation


@require_GET
def browse(request: AppRequest) -> HttpResponse:
    """The operations that the URL's filter names, newest first: one tenant call."""
    form = OperationFilter(request.GET)
    listing, status = fetch(form, lambda: form.query(request.c8y))
    context = {"actions": offered("operations", request), "blocked": why_not_operate(request)}
    return show(request, "operations/browse.html", listing, context, status)


@require_GET
def detail(request: AppRequest, id: str) -> HttpResponse:
    """One operation with all its fragments: one tenant call."""
    operation = request.c8y.operations.get(id)
    context = {"operation": operation, "blocked": why_not_operate(request)}
    return page(request, "operations/detail.html", context)


@require_http_methods(["GET", "POST"])
@guarded
def create(request: AppRequest) -> HttpResponse:
    """A form with the device's supported operations at hand; one that is sent leads to its page."""
    form = NewOperation(request.POST) if request.method == "POST" else _prepared(request)
    recipient = Recipient.find(request.c8y, form["device"].value() or "")
    sent = send(request.c8y, form) if form.is_valid() and recipient.accepts(form) else None
    if sent:
        messages.success(request, f"The operation was sent to {visible(recipient.name, 80)}.")
        return HttpResponseRedirect(request.link("operations:detail", id=sent))
    context = {
        "form": form,
        "recipient": recipient,
        "samples": samples.supported_first(recipient.supported),
        "blocked": why_not_operate(request),
    }
    return page(request, "operations/create.html", context, 422 if form.is_bound else 200)


def _prepared(request: AppRequest) -> NewOperation:
    sample = samples.find(request.GET.get("sample", "")) or samples.SAMPLES[0]
    return NewOperation(initial={"device": request.GET.get("device", ""), "body": sample.text})


@require_POST
@guarded
def cancel(request: AppRequest, id: str) -> HttpResponse:
    """Fail an operation that no device has begun (GET and PUT /devicecontrol/operations/{id})."""
    operation = request.c8y.operations.get(id)
    problem = left_pending(operation)
    if not problem:
        try:
            end(operation, f"Cancelled by {request.person.name}")
        except (Invalid, Conflict) as error:
            operation = request.c8y.operations.get(id)
            problem = f"{left_pending(operation)} The tenant says: {visible(error.message)}".strip()
    return _cancelled(request, operation, problem)


def _cancelled(request: AppRequest, operation: Operation, problem: str) -> HttpResponse:
    if request.htmx:
        context = {"operation": operation, "problem": problem, "blocked": why_not_operate(request)}
        return page(request, "operations/row.html", context, 422 if problem else 200)
    if problem:
        messages.warning(request, problem)
    else:
        messages.success(request, "The operation was cancelled.")
    return HttpResponseRedirect(request.back("operations:detail", id=operation.id))
