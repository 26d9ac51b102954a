"""The devices of a tenant: find them, look at one; the editor is in `editor`."""

from __future__ import annotations

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from c8yadmin.core.listing import Listing
from c8yadmin.core.page import fragment, page
from c8yadmin.core.paging import fetch
from c8yadmin.core.request import AppRequest
from c8yadmin.inventory import tabs
from c8yadmin.inventory.forms import DeviceFilter
from c8yadmin.inventory.rows import DeviceRow, row
from c8yadmin.jobs.registry import offered
from sdk import Invalid

SUGGESTIONS = 20


@require_safe
def browse(request: AppRequest) -> HttpResponse:
    """The devices that the URL's filter names: one tenant call, two when a group has no id in it."""
    listing, status = _listed(request, DeviceFilter(request.GET))
    context = {"listing": listing, "actions": offered("devices", request), "groups": []}
    response = page(request, "inventory/browse.html", context, status)
    if request.htmx:
        push_url(response, request.path + listing.url(page=request.GET.get("page")))
    return response


def _listed(request: AppRequest, form: DeviceFilter) -> tuple[Listing[DeviceRow], int]:
    """The rows of the page, or the form with what stands against them beside its fields."""
    try:
        listing, status = fetch(form, lambda: form.query(request.c8y, with_groups=True))
    except ValidationError as error:
        form.add_error(None, error)
        return Listing(form, []), 422
    except Invalid as error:
        if not form.cleaned_data.get("q"):
            raise
        form.add_error("q", f"{request.tenant.name} says: {error.message}")
        return Listing(form, []), 422
    return replace(listing, rows=[row(device) for device in listing.rows]), status


@require_safe
def groups(request: AppRequest) -> HttpResponse:
    """Suggestions for the group filter, the first names that contain what was typed: one tenant call."""
    if fragment(request) != "group_names":
        return HttpResponseRedirect(request.link("inventory:browse"))
    typed = request.GET.get("group", "").strip().replace("*", "")[:200]
    named = request.c8y.group_inventory.where(name=f"*{typed}*", order_by="name")
    return page(request, "inventory/browse.html", {"groups": named.page(1, SUGGESTIONS, total=False).items})


@require_safe
def detail(request: AppRequest, id: str) -> HttpResponse:
    """One managed object with one of its tabs: one tenant call, two for a tab with contents of its own."""
    tab = request.GET.get("tab", "summary")
    if tab not in tabs.TABS:
        raise Http404(f"There is no tab “{tab}”.")
    contents = tabs.contents(request, id, tab)
    return page(request, "inventory/detail.html", contents, contents.get("status", 200))
