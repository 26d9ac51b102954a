"""Device onboarding: who waits, announce devices, accept and remove them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods

from c8yadmin.core.guard import confirmed, guarded
from c8yadmin.core.listing import Listing
from c8yadmin.core.page import page
from c8yadmin.core.paging import cut, show
from c8yadmin.core.request import AppRequest
from c8yadmin.onboarding import decisions, ids
from c8yadmin.onboarding.decisions import Outcome
from c8yadmin.onboarding.forms import RegistrationForm, RequestFilter
from c8yadmin.onboarding.requests import NEVER, Snapshot, group_names, policy
from c8yadmin.ui import times
from sdk import DeviceGroup, NewDeviceRequest

WATCHED = 20 * 60  # seconds that a page asks for news after it was drawn
GROUPS = 2000  # offered in the registration form: what the tenant gives in one call


@require_GET
def browse(request: AppRequest) -> HttpResponse:
    """The requests that the URL's filter names: three tenant calls, one more for every 2,000 requests."""
    return _board(request)


@require_GET
def news(request: AppRequest) -> HttpResponse:
    """What came since the page was drawn, as a bar above its table; nothing (204) when nothing did.

    A page that nobody touches for long is told to stop asking (286): it would keep its user signed in.
    """
    if time.time() - _seconds(request.GET.get("drawn", "")) > WATCHED:
        return page(request, "onboarding/news.html", {"fresh": None}, 286)
    snapshot = Snapshot.read(request.c8y)
    if snapshot.digest == request.GET.get("digest"):
        return HttpResponse(status=204)
    context = {"fresh": snapshot.newer_than(times.instant(request.GET.get("newest", "")) or NEVER)}
    return page(request, "onboarding/news.html", context)


@require_http_methods(["GET", "POST"])
@guarded
def register(request: AppRequest) -> HttpResponse:
    """Announce devices, so that they may connect; those that the tenant refuses stay in the form."""
    form = RegistrationForm(_groups(request), request.POST if request.method == "POST" else None)
    form.initial = {"ids": request.GET.get("externalId", "")}
    outcomes: list[Outcome] = []
    if form.is_valid():
        chosen = form.cleaned_data
        outcomes = decisions.announce(request.c8y, chosen["ids"], chosen["group"], chosen["type"])
        _announce(request, outcomes, "is expected", "are expected")
        if all(outcome.ok for outcome in outcomes):
            return HttpResponseRedirect(request.link("onboarding:browse"))
        form = _with_refused(form, outcomes)
    context = {
        "form": form,
        "refused": [outcome for outcome in outcomes if not outcome.ok],
        "blocked": request.blocked("ROLE_DEVICE_CONTROL_ADMIN"),
    }
    return page(request, "onboarding/register.html", context, 422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def accept(request: AppRequest) -> HttpResponse:
    """Accept the devices that the form names, one by one; those that were refused stay selected.

    GET leads to the list.
    """
    if request.method == "GET":
        return _elsewhere(request)
    if not (chosen := _chosen(request)):
        return _nothing_chosen(request)
    if not confirmed(request):
        return _board(request, chosen=chosen)
    tokens = {id: request.POST.get(f"token:{id}", "") for id in chosen}
    outcomes = decisions.accept(request.c8y, chosen, tokens, policy(request.c8y))
    return _decided(request, outcomes, "was accepted", "were accepted")


@require_http_methods(["GET", "POST"])
def remove(request: AppRequest) -> HttpResponse:
    """Remove requests: what is asked first on a page of its own is done when that page confirms it."""
    if request.method == "GET":
        return _elsewhere(request)
    if not (chosen := _chosen(request)):
        return _nothing_chosen(request)
    mistyped = "confirmed" in request.POST and not confirmed(request)
    if "confirmed" not in request.POST or mistyped:
        return page(
            request,
            "onboarding/remove.html",
            {"chosen": chosen, "blocked": _removing(request), "mistyped": mistyped},
            422 if mistyped else 200,
        )
    outcomes = decisions.remove(request.c8y, chosen)
    return _decided(request, outcomes, "was removed", "were removed")


def _board(request: AppRequest, outcomes: Sequence[Outcome] = (), chosen: Sequence[str] = ()) -> HttpResponse:
    snapshot = Snapshot.read(request.c8y)
    data = request.GET.copy()
    refused = {outcome.id: outcome.problem for outcome in outcomes if not outcome.ok}
    selected = {*data.pop("id", []), *refused, *chosen}
    form = RequestFilter(data)
    listing, status = _listed(form, snapshot)
    present = {str(one.id) for one in listing.rows}
    context = {
        "snapshot": snapshot,
        "groups": group_names(request.c8y, listing.rows),
        "policy": policy(request.c8y),
        "refused": refused,
        "selected": selected,
        "away": [id for one in snapshot.requests if (id := str(one.id)) in selected - present],
        "unnamed": bool(chosen),
        "drawn": int(time.time()),
        "alike": ids.lookalikes(str(one.id) for one in snapshot.requests),
        "ids": ids,
        "accepting": request.blocked("ROLE_DEVICE_CONTROL_ADMIN"),
        "removing": _removing(request),
    }
    return show(request, "onboarding/browse.html", listing, context, 422 if refused or chosen else status)


def _listed(form: RequestFilter, snapshot: Snapshot) -> tuple[Listing[NewDeviceRequest], int]:
    if not form.is_valid():
        return Listing(form, []), 400 if "page" in form.errors else 422
    return cut(form, form.select(snapshot.requests))


def _chosen(request: AppRequest) -> list[str]:
    """The ids of the row whose button was pressed, or of the selected rows, each once."""
    chosen = request.POST.getlist("only") or request.POST.getlist("id")
    return list(dict.fromkeys(chosen))


def _nothing_chosen(request: AppRequest) -> HttpResponse:
    messages.warning(request, "Select one device at least.")
    return HttpResponseRedirect(_here(request))


def _elsewhere(request: AppRequest) -> HttpResponse:
    """Another page of the list, which stands at the address of a form where devices were refused; what is
    selected there stays so."""
    return _board(request) if request.htmx else HttpResponseRedirect(_here(request))


def _here(request: AppRequest) -> str:
    """The list with the filter that a form's address carries along."""
    query = request.GET.urlencode()
    return request.link("onboarding:browse") + (f"?{query}" if query else "")


def _decided(request: AppRequest, outcomes: Sequence[Outcome], one: str, many: str) -> HttpResponse:
    _announce(request, outcomes, one, many)
    if all(outcome.ok for outcome in outcomes):
        return HttpResponseRedirect(_here(request))
    return _board(request, outcomes)


def _announce(request: AppRequest, outcomes: Sequence[Outcome], one: str, many: str) -> None:
    done = sum(outcome.ok for outcome in outcomes)
    if done:
        messages.success(request, f"{done} device {one}." if done == 1 else f"{done} devices {many}.")


def _with_refused(form: RegistrationForm, outcomes: Sequence[Outcome]) -> RegistrationForm:
    refused = "\n".join(outcome.id for outcome in outcomes if not outcome.ok)
    form.data = {**form.data.dict(), "ids": refused}  # type: ignore[attr-defined]  # a QueryDict
    return form


def _groups(request: AppRequest) -> list[DeviceGroup]:
    return list(request.c8y.group_inventory.where(order_by="name").page(1, GROUPS, total=False).items)


def _removing(request: AppRequest) -> str:
    return request.blocked("ROLE_USER_MANAGEMENT_ADMIN")


def _seconds(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 12 else 0
