"""The editor of one managed object: review the difference, save it, overwrite nobody else's change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from c8yadmin.core import problems
from c8yadmin.core.jsontext import Json, readable
from c8yadmin.core.page import page
from c8yadmin.core.problems import Problem
from c8yadmin.core.request import AppRequest
from c8yadmin.inventory import services
from c8yadmin.inventory.forms import EditForm
from c8yadmin.inventory.fragments import ABSENT, Change, clashes, differences, merged
from c8yadmin.inventory.rights import why_not_change
from c8yadmin.ui.documents import plain
from sdk import C8yError, Unauthorized

# Characters of JSON: a form sends them twice, and percent-encoded (see settings.DATA_UPLOAD_MAX_MEMORY_SIZE).
LARGEST = 400_000


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: AppRequest, id: str) -> HttpResponse:
    """GET shows the object's editable part (one tenant call); POST does the step whose button was pressed."""
    if request.method != "POST":
        form = EditForm.showing(services.current(request.c8y, id))
        return _show(request, id, form, blocked=_too_large(form))
    form = EditForm(request.POST)
    if not form.is_valid():
        return _show(request, id, form, 422)
    step = {"review": _review, "rebase": _rebase}.get(request.POST.get("step", ""), _save)
    return step(request, id, form)


def _too_large(form: EditForm) -> str:
    if len(form.initial["original"]) <= LARGEST:
        return ""
    return "This object is too large to be edited as a whole. A job can set or remove single fragments."


def _review(request: AppRequest, id: str, form: EditForm) -> HttpResponse:
    """Show what would be sent; no tenant call."""
    return _show(request, id, form, changes=form.changes())


def _rebase(request: AppRequest, id: str, form: EditForm) -> HttpResponse:
    """Apply the user's changes to the object as it is now, and show the difference; one tenant call."""
    theirs = services.current(request.c8y, id)
    yours = merged(theirs, form.changes())
    return _show(request, id, EditForm.showing(yours, theirs), changes=differences(theirs, yours))


def _save(request: AppRequest, id: str, form: EditForm) -> HttpResponse:
    """Send what was changed; two tenant calls, none when nothing was."""
    changes = form.changes()
    if not changes:
        messages.info(request, "Nothing was changed, so nothing was sent.")
        return _leave(request, id)
    if request.tenant.access == "guarded" and form.cleaned_data["confirm"] != request.tenant.name:
        form.add_error("confirm", f"Type “{request.tenant.name}” to save this to a guarded tenant.")
        return _show(request, id, form, 422, changes)
    try:
        sent = services.save(request.c8y, id, form.base, form.yours())
    except services.ChangedMeanwhile as moved:
        return _show(request, id, form, 409, conflict=_versions(form, moved.theirs))
    except Unauthorized:
        raise
    except C8yError as error:
        return _refused(request, id, form, problems.of(error, request))
    if sent:
        messages.success(request, f"Saved {len(changes)} change{'s' * (len(changes) > 1)}.")
    else:
        messages.info(request, "Somebody made the same change meanwhile, so nothing was sent.")
    return _leave(request, id)


def _refused(request: AppRequest, id: str, form: EditForm, problem: Problem) -> HttpResponse:
    """The tenant's words above the form, so that nothing that was typed is lost."""
    quote = f"“{problem.quote}”" if problem.quote else ""
    form.add_error(None, f"{problem.title}. {problem.text} {quote}".strip())
    return _show(request, id, form, problem.status)


def _leave(request: AppRequest, id: str) -> HttpResponse:
    address = request.link("inventory:detail", id=id)
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)


def _show(
    request: AppRequest,
    id: str,
    form: EditForm,
    status: int = 200,
    changes: list[Change] | None = None,
    conflict: list[Version] | None = None,
    blocked: str = "",
) -> HttpResponse:
    original = form.cleaned_data.get("original", {}) if form.is_bound else form.initial
    context = {
        "id": id,
        "name": original.get("name") or id,
        "form": form,
        "changes": None if changes is None else [_words(change) for change in changes],
        "conflict": conflict,
        "blocked": blocked or why_not_change(request),
        "guarded": request.tenant.access == "guarded",
    }
    return page(request, "inventory/edit.html", context, status)


@dataclass(frozen=True, slots=True)
class Words:
    """A change as the review shows it: the texts of both values, None where there is no value."""

    path: str
    before: str | None
    after: str | None


def _words(change: Change) -> Words:
    quoted = isinstance(change.before, str) != isinstance(change.after, str)
    before, after = (
        None if value is ABSENT else readable(value) if quoted and isinstance(value, str) else plain(value)
        for value in (change.before, change.after)
    )
    return Words(change.path, before, after)


@dataclass(frozen=True, slots=True)
class Version:
    """A fragment that is not the same in all three versions; None where it is absent."""

    key: str
    by: str
    original: str | None
    yours: str | None
    theirs: str | None


def _versions(form: EditForm, theirs: Json) -> list[Version]:
    def text(value: Any) -> str | None:
        return None if value is ABSENT else readable(value)

    return [
        Version(clash.key, clash.by, text(clash.original), text(clash.yours), text(clash.theirs))
        for clash in clashes(form.base, form.yours(), theirs)
    ]
