"""What somebody meets who is not, or no longer, signed in to the tenant of the address."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone

from c8yadmin.accounts import browser
from c8yadmin.accounts.forms import LONGEST_GOAL, SignInForm, host_of, unknown
from c8yadmin.accounts.models import SignIn
from c8yadmin.core import tenants
from c8yadmin.core.page import page
from c8yadmin.core.tenants import Tenant

# Fields that are never written into a page, not even back into their owner's: they have to be typed again.
SECRET = re.compile(r"csrf|passw|secret|token|tfa|totp|code$", re.IGNORECASE)
CARDS = 6  # more tenants than this are a list to choose from


def answer(request: HttpRequest, tenant: Tenant, untouched: bool = True) -> HttpResponse:
    """Ask for a sign-in in the way that loses nothing.

    htmx gets a dialog over the page, which stays as it is; a form that was sent gets a page that keeps its
    fields and sends them after the sign-in; a page that was asked for is shown after it. `untouched` says
    that nothing of the request was done, so that static/js/sign-in.js may repeat it without a question.
    """
    if getattr(request, "htmx", None):
        response = show(request, SignInForm(initial={"tenant": tenant.slug}), 401)
        if untouched:
            response["X-Nothing-Was-Done"] = "true"
        return response
    goal = request.get_full_path()
    if len(goal) > LONGEST_GOAL:
        goal = request.path
    if request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(address(tenant.slug, goal))
    lost = {"tenant": tenant.slug, "next": goal, "resend": True, "kept": kept(request)}
    return show(request, SignInForm(initial=lost), 401)


def show(request: HttpRequest, form: SignInForm, status: int = 200, asks_code: bool = False) -> HttpResponse:
    """The sign-in as a page, or for htmx as a dialog in the page's `#problem`."""
    in_dialog = bool(getattr(request, "htmx", None))
    context = _choice(request, form) | {"form": form, "asks_code": asks_code, "in_dialog": in_dialog}
    if not in_dialog:
        return page(request, "accounts/sign_in.html", context, status=status)
    response = page(request, "accounts/dialog.html", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"], response["HX-Push-Url"] = "#problem", "innerHTML", "false"
    return response


def address(slug: str, goal: str = "") -> str:
    """Where to sign in to a tenant and go on to `goal`."""
    query = QueryDict(mutable=True)
    query["tenant"] = slug
    if goal:
        query["next"] = goal
    return f"{reverse('accounts:sign_in')}?{query.urlencode()}"


def kept(request: HttpRequest) -> str:
    """The fields of a form that was sent, as a query string, without what is secret."""
    fields = request.POST.copy()
    for name in [name for name in fields if SECRET.search(name)]:
        del fields[name]
    return fields.urlencode()


def _choice(request: HttpRequest, form: SignInForm) -> dict[str, Any]:
    """The tenants to choose from, the chosen one, and what is known of this browser's sign-ins."""
    listed, patterns, now = tenants.configured(), settings.TENANT_HOSTS, timezone.now()
    named = _named(form) or (listed[0].slug if len(listed) == 1 and not patterns else "")
    chosen = tenants.find(named) or tenants.find(host_of(named))
    rows = browser.sign_ins(request.session)
    signed_in = browser.live(rows, now)
    before = next((row for row in rows if chosen and row.tenant == chosen.slug), None)
    if before and not form.is_bound:
        form.initial.setdefault("username", before.username)
    form.prepare()
    return {
        "choices": listed,
        "cards": CARDS,
        "free": bool(patterns),
        "patterns": patterns,
        "chosen": chosen,
        "before": before,
        "reason": _reason(form, named, before, now),
        "signed_in": {row.tenant: row.username for row in signed_in},
        "open_tenants": [tenants.find(row.tenant) for row in signed_in],
        "again": address(named, form["next"].value() or ""),
    }


def _named(form: SignInForm) -> str:
    return str(form["tenant"].value() or form["address"].value() or "")


def _reason(form: SignInForm, named: str, before: SignIn | None, now: datetime) -> str:
    if form.is_bound:
        return ""
    if before:
        return before.ended(now)
    return unknown(named) if named and not tenants.find(named) else ""
