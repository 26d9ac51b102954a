"""The pages of jobs: all of them, one of them, its targets and its log."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from c8yadmin.accounts.middleware import TenantRequest
from c8yadmin.accounts.rights import oversees
from c8yadmin.core.listing import ListForm, Listing
from c8yadmin.core.page import fragment, page, render
from c8yadmin.core.paging import cut, show
from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.authority.lending import LendingForm
from c8yadmin.jobs.authority.rights import Blocked, resume_label, seen_job, visible
from c8yadmin.jobs.authority.rules import rule_of
from c8yadmin.jobs.execution.differences import changes, frozen
from c8yadmin.jobs.execution.reasons import reasons
from c8yadmin.jobs.execution.transitions import words
from c8yadmin.jobs.models import Approval, ExportFile, Job
from c8yadmin.jobs.orders import control, drift, scopes
from c8yadmin.jobs.orders.limits import limit_of
from c8yadmin.jobs.orders.options import OptionsForm, SpeedForm
from c8yadmin.jobs.orders.schedules import ScheduleForm
from c8yadmin.jobs.pages import health as processes
from c8yadmin.jobs.pages.forms import ApprovalForm, ConfirmForm, JobFilter
from c8yadmin.jobs.pages.origin import origin
from c8yadmin.jobs.pages.progress import Progress, Tab, duration, figures, foreseen, fruitless
from c8yadmin.jobs.pages.terms import terms
from c8yadmin.jobs.pages.waiting import Note, notes
from c8yadmin.jobs.registry import Action, find_action, find_target
from c8yadmin.jobs.states import State
from c8yadmin.jobs.undoing import reverting

FEW = 5  # reasons on a job's own page
UNBEGUN = (State.READY, State.AWAITING_APPROVAL)  # whose page says how long the job will take


@require_GET
def browse(request: TenantRequest) -> HttpResponse:
    """The jobs that the user may see and the URL's filter names; no tenant call."""
    form = JobFilter(request.GET)
    if not form.is_valid():
        status = 400 if "page" in form.errors else 422
        return show(request, "jobs/browse.html", Listing(form, []), _about(request, []), status)
    listing: Listing[Job]
    listing, status = cut(form, form.query(visible(request)))
    jobs = list(listing.rows)
    return show(request, "jobs/browse.html", listing, _about(request, jobs), status)


def _about(request: TenantRequest, jobs: list[Job]) -> dict[str, Any]:
    waiting = [job for job in jobs if job.standing in (State.PAUSED, State.SCHEDULED)]
    return {
        "progress": Progress.of_all(jobs),
        "words": {job.pk: targets_in_words(job) for job in jobs},
        "waits": _waits(request, waiting) if waiting else {},
        "warnings": processes.warnings(),
        "oversees": oversees(request.person),
    }


def _waits(request: TenantRequest, jobs: list[Job]) -> dict[uuid.UUID, list[Note]]:
    limit = limit_of(request.tenant.slug)
    return {job.pk: notes(job, limit)[:1] for job in jobs}


@require_GET
def health(request: TenantRequest) -> HttpResponse:
    """How the processes behind the jobs do, for a tenant's administrator; no tenant call."""
    if not oversees(request.person):
        raise PermissionDenied("Only an administrator of the tenant may see how the processes do.")
    context = {"signs": processes.signs(request.tenant.slug), "words": processes.WORDS}
    return page(request, "jobs/health.html", context)


@require_GET
def detail(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """One job, from its counting to its end; no tenant call.

    A panel that follows the job asks for its figures and names the version that it shows: once that is
    outdated, it gets the whole panel, with what may be done now.
    """
    job = seen_job(request, id)
    response = shown(request, job)
    if fragment(request) == "progress" and request.GET.get("seen") != str(job.version):
        context = panel(request, job) | {"announced": words(job.standing)}
        response = HttpResponse(render("jobs/detail.html", context, request, "panel"))
        response["HX-Retarget"] = "#panel"
    return response


def shown(request: TenantRequest, job: Job, status: int = 200, **filled: forms.Form) -> HttpResponse:
    """The page of `job`, with the forms that the user has `filled`, by their names in `panel`."""
    return page(request, "jobs/detail.html", panel(request, job) | filled, status)


def panel(request: TenantRequest, job: Job) -> dict[str, Any]:
    """What the job's page shows."""
    progress, limit = Progress.of(job), limit_of(job.tenant)
    beside: Any = SimpleLazyObject(lambda: figures(job))  # not counted where only the progress is asked for
    about = header(request, job)
    return about | {
        "own": SimpleLazyObject(lambda: _own(about["action"], job, beside)),
        "fruitless": fruitless(job, beside),
        "announced": "",
        "warnings": [] if job.is_terminal else processes.warnings(),
        "progress": progress,
        "tab": Tab.of(job, progress),
        "file": ExportFile.objects.filter(job=job).first(),
        "blocked": Blocked.of(request, job),
        "changeable": about["mine"] and job.standing is State.READY and origin(job) is not None,
        "resume_label": resume_label(job),
        "second": rule_of(request.tenant).why(about["action"], job.total),
        "typed": control.needs_typed_count(job, about["action"], request.tenant),
        "form": ConfirmForm(),
        "lending": LendingForm(request, job),
        "seen": approvals.fingerprint(job.pk),
        "approval": Approval.objects.filter(job=job).first(),
        "approval_form": ApprovalForm(),
        "terms": list(terms(job)),
        "previewed": drift.previewed(job),
        "options": OptionsForm.of(job, limit) if job.standing is State.READY else None,
        "speed": SpeedForm.under_way(job),
        "schedule": ScheduleForm.of(job, limit) if _may_wait(job, about["mine"]) else None,
        "notes": notes(job, limit),
        "forecast": foreseen(job, limit) if job.standing in UNBEGUN else "",
        "duration": duration,
        "overlaps": _overlaps(request, job),
        "samples": [(item, changes(item["before"], item["after"])) for item in job.preview.get("items", [])],
        "unread": _unread(job),
        "retryable": progress.failed + progress.unknown,
        "reasons": reasons(job, FEW) if job.is_terminal else [],
        "retries": list(job.retries.order_by("created_at")),
        "reverted_by": list(visible(request).filter(reverts=job).order_by("created_at")),
        "promise": reverting.promise(about["action"]),
    }


def _own(action: Action | None, job: Job, beside: Mapping[str, int]) -> dict[str, Any]:
    return action.shown(job.params, beside) if action and action.panel else {}


def _unread(job: Job) -> int:
    """How many targets the preview looked for in vain; one of an older version does not tell."""
    shown = len(job.preview.get("items", []))
    return int(job.preview.get("looked_at", shown)) - shown


def _may_wait(job: Job, mine: bool) -> bool:
    """Whether the job is confirmed and nobody works on it, so that its page offers another schedule."""
    return job.standing in (State.SCHEDULED, State.PAUSED) or (
        mine and job.standing is State.AWAITING_APPROVAL
    )


def _overlaps(request: TenantRequest, job: Job) -> list[dict[str, Any]]:
    """The other jobs about the same targets, without the names of those that the user may not see."""
    found: list[dict[str, Any]] = job.preview.get("overlaps", [])
    seen = {
        str(pk)
        for pk in visible(request)
        .filter(pk__in=[entry["job"] for entry in found])
        .values_list("pk", flat=True)
    }
    return [entry | {"seen": entry["job"] in seen} for entry in found]


def header(request: TenantRequest, job: Job) -> dict[str, Any]:
    """What all pages of a job have in common."""
    action = find_action(job.action)
    return {
        "job": job,
        "kind": find_target(job.target_kind),
        "action": action,
        "does": deed(job, action),
        "targets": targets_in_words(job),
        "mine": job.owner == request.person.name,
    }


def deed(job: Job, action: Action | None) -> str:
    """What the job does, without its targets where its title names them."""
    known = action is not None and action.terse and action.version == job.params_version
    return action.describe(job.params) if action and known else job.summary


def targets_in_words(job: Job) -> str:
    """What the job is aimed at: counted as soon as that is done."""
    counted = job.total if job.prepared_at or ("ids" in job.target_spec and job.total) else None
    return scopes.in_words(find_target(job.target_kind), job.target_spec, job.scope, counted)


@require_GET
def targets(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """The job's frozen targets; one tenant call for their names."""
    job = seen_job(request, id)
    form = ListForm(request.GET)
    context = header(request, job) | {"names": {}, "became": {}}
    if not form.is_valid():
        return show(request, "jobs/targets.html", Listing(form, []), context, 400)
    start = (form.page_number - 1) * form.page_size
    listing: Listing[str] = Listing(form, frozen(job, start, form.page_size), job.total)
    became = reverting.became(job, listing.rows)
    context |= {"became": became, "names": names(request, job, [*listing.rows, *became.values()])}
    status = 404 if listing.number > 1 and not listing.rows else 200
    return show(request, "jobs/targets.html", listing, context, status)


@require_GET
def log(request: TenantRequest, id: uuid.UUID) -> HttpResponse:
    """Every step in the job's life, in order; the page follows the job until its last one."""
    job = seen_job(request, id)
    events = job.events.order_by("id")
    return page(request, "jobs/log.html", header(request, job) | {"events": events})


def names(request: TenantRequest, job: Job, ids: Any) -> dict[str, str]:
    """What people call the given targets of the job (at most one tenant call)."""
    kind = find_target(job.target_kind)
    return kind.names(request.c8y, list(ids)) if kind and kind.names and ids else {}
