"""A new job: what shall be done to what, before anything is counted or sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_http_methods

from c8yadmin.accounts.middleware import TenantRequest, leaves_tenant_alone
from c8yadmin.core.page import page
from c8yadmin.core.problems import Refusal
from c8yadmin.jobs.orders import scopes
from c8yadmin.jobs.orders.submission import Order, submit
from c8yadmin.jobs.pages.forms import OnceForm, ScopeForm
from c8yadmin.jobs.registry import Action, ParamsForm, TargetKind, find_target, orderable


@dataclass(frozen=True, slots=True)
class Aim:
    """An action and its targets, as the list's form or this page's own says them."""

    action: Action
    kind: TargetKind
    spec: scopes.Spec
    count: int | None
    hidden: dict[str, Any]

    @property
    def words(self) -> str:
        return scopes.in_words(self.kind, self.spec, scopes.qualifier(self.kind, self.spec), self.count)


@leaves_tenant_alone
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: TenantRequest) -> HttpResponse:
    """The action's form with its targets in words, and the job that it creates, once for each form shown.

    A list asks for the form by GET, or by POST where it selects more rows than an address holds. What a
    filter matches is counted for the sentence (one tenant call).
    """
    data = request.POST if request.method == "POST" else request.GET
    action, kind = _asked_for(data)
    return offer(request, action, kind, data)


def offer(
    request: TenantRequest,
    action: Action,
    kind: TargetKind,
    data: QueryDict,
    typed: dict[str, Any] | None = None,
) -> HttpResponse:
    """The form of `action` for what `data` aims it at, or the job when `data` is that form.

    It is filled in with what was `typed`, else with what `data` names.
    """
    try:
        aim = _aim(request, data, action, kind)
    except scopes.WrongScope as wrong:
        context = {"action": action, "kind": kind, "problem": str(wrong)}
        return page(request, "jobs/nothing.html", context, 422)
    if request.method == "POST" and "idem_key" in data:
        return _create(request, aim)
    given = {name: data[name] for name in action.form.base_fields if name in data}
    form = action.form(initial=given if typed is None else typed)
    return _show(request, aim, form, uuid.uuid4().hex)


def _asked_for(data: QueryDict) -> tuple[Action, TargetKind]:
    form = ScopeForm(data)
    if not form.is_valid():
        raise BadRequest("A new job begins in a list: select rows there, then choose what to do with them.")
    action = orderable(form.cleaned_data["action"])
    if action is None:
        raise Http404("There is no such action.")
    kind = find_target(action.target)
    if kind is None or kind.name != form.cleaned_data["target"]:
        raise BadRequest(f"“{action.label}” is not for {form.cleaned_data['target'][:50]}.")
    if kind.source:
        raise BadRequest(f"“{action.label}” begins on a page of its own, not in a list.")
    return action, kind


def _aim(request: TenantRequest, data: QueryDict, action: Action, kind: TargetKind) -> Aim:
    form = ScopeForm(data)
    form.full_clean()
    hidden: dict[str, Any] = {"action": action.name, "target": kind.name}
    if form.cleaned_data["all"]:
        spec = scopes.filtered(kind, form.cleaned_data["filter"])
        hidden |= {"all": "1", "filter": spec["filter"]}
        count = scopes.query(kind, spec, request.c8y).count()
    else:
        spec = scopes.selected(kind, form.ids)
        hidden |= {"id": spec["ids"]}
        count = len(spec["ids"])
    return Aim(action, kind, spec, count, hidden)


def _create(request: TenantRequest, aim: Aim) -> HttpResponse:
    form, once = aim.action.form(request.POST), OnceForm(request.POST)
    if not once.is_valid():
        raise BadRequest("This form was damaged on its way. Open it anew.")
    key = once.cleaned_data["idem_key"]
    if not form.is_valid():
        return _show(request, aim, form, key, 422)
    if why := _blocked(request, aim.action):
        form.add_error(None, why)
        return _show(request, aim, form, key, 403)
    try:
        params = aim.action.settle(request.c8y, form.params())
    except ValidationError as error:
        form.add_error(None, error)
        return _show(request, aim, form, key, 422)
    order = Order(
        request.tenant,
        request.signin.lent(),
        request.person.name,
        aim.action,
        params,
        aim.spec,
        idem_key=key,
        autostart=aim.action.reads,
    )
    try:
        job = submit(order)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _show(request, aim, form, uuid.uuid4().hex, refusal.problem.status, refusal.problem.way)
    return HttpResponseRedirect(request.link("jobs:detail", id=job.pk))


def _blocked(request: TenantRequest, action: Action) -> str:
    """Why this user may not do it here; reading needs nobody's leave but the tenant's."""
    read_only = request.tenant.read_only and not action.reads
    return f"{request.tenant.name} is connected read-only." if read_only else action.blocked(request)


def _show(
    request: TenantRequest,
    aim: Aim,
    form: ParamsForm,
    key: str,
    status: int = 200,
    way: tuple[str, str] | None = None,
) -> HttpResponse:
    context = {
        "way": way,
        "aim": aim,
        "form": form,
        "hidden": aim.hidden | {"idem_key": key},
        "blocked": _blocked(request, aim.action),
    }
    return page(request, "jobs/new.html", context, status)
