"""The confirmation of a prepared job: what was seen, how many there are now, and what it may work with."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from c8yadmin.accounts.middleware import TenantRequest
from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.authority.lending import LendingForm
from c8yadmin.jobs.authority.rights import Blocked, seen_job
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control, drift
from c8yadmin.jobs.orders.control import CHANGED, Changed, NotConfirmed, needs_typed_count
from c8yadmin.jobs.orders.options import OptionsForm
from c8yadmin.jobs.pages.forms import ConfirmForm
from c8yadmin.jobs.pages.steps import back, refused
from c8yadmin.jobs.pages.views import shown
from c8yadmin.jobs.registry import find_action
from c8yadmin.jobs.states import State


@sensitive_post_parameters("password")
@require_POST
def confirm(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Let a prepared job begin; a large or destructive one asks for its count.

    Whatever the page has sent is checked against the job as it is, and the targets of a query are counted
    again (one tenant call): when more than ten percent came or went, the job is prepared and shown anew.
    """
    job = seen_job(request, id)
    form, lending = ConfirmForm(request.POST), LendingForm(request, job, request.POST)
    if why := Blocked.of(request, job).confirm:
        return refused(request, job, why)
    if request.POST.get("seen", "") not in ("", approvals.fingerprint(job.pk)):
        return refused(request, job, CHANGED)
    options = OptionsForm.sent(job, request.POST)
    if options is not None and not options.is_valid():
        return shown(request, job, 422, form=form, lending=lending, options=options)
    if options is not None:
        control.choose(job, options.columns())
    typed = request.POST.get("count", "") if _asks(request, job) else None
    try:
        control.check(job, typed)
        if not lending.is_valid():
            return shown(request, job, 422, form=form, lending=lending)
        return _go(request, job, form, lending)
    except NotConfirmed as error:
        form.full_clean()
        form.errors["count"] = form.error_class([str(error)])
        return shown(request, job, 422, form=form, lending=lending)
    except (NotAllowed, Changed) as error:
        return refused(request, job, str(error))


def _go(request: TenantRequest, job: Job, form: ConfirmForm, lending: LendingForm) -> HttpResponse:
    seen = approvals.fingerprint(job.pk)
    then, beside = drift.previewed(job), ""
    counted = drift.count_now(job, request.c8y)
    now = then if counted is None else counted
    if drift.is_large(then, now):
        drift.prepare_again(job, request.person.name, now)
        return back(request, job)
    loan = lending.loan()
    if loan is None:
        return shown(request, job, 422, form=form, lending=lending)
    if now != then:
        beside = f"{then:,} matched for the preview, {now:,} do now; those of the preview are worked on."
    control.confirm(job, request.person.name, typed=None, loan=loan, seen=seen, beside=beside)
    if beside:
        messages.info(request, beside)
    if job.standing is State.AWAITING_APPROVAL:
        messages.info(request, "Confirmed. It begins when somebody else has approved it.")
    return back(request, job)


def _asks(request: TenantRequest, job: Job) -> bool:
    return needs_typed_count(job, find_action(job.action), request.tenant)
