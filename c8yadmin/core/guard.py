"""The typed confirmation without which nothing changes a guarded tenant."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpResponse

from c8yadmin.core.page import page
from c8yadmin.core.request import AppRequest

P = ParamSpec("P")
View = Callable[Concatenate[AppRequest, P], HttpResponse]
FIELD = "confirm"
UNCONFIRMED = 428  # Precondition Required


def confirmed(request: AppRequest) -> bool:
    """Whether this change may go on: the tenant is not guarded, or its name was typed."""
    return request.tenant.access != "guarded" or request.POST.get(FIELD, "").strip() == request.tenant.name


def guarded(view: View[P]) -> View[P]:
    """Decorates a view whose POST changes the tenant: a guarded one has to be named first.

    What was sent is kept in the question and sent again with the answer, so nothing of it is lost. Not for
    forms with secrets: those ask in their own page, by `confirmed`.
    """

    @wraps(view)
    def ask_first(request: AppRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and not confirmed(request):
            return _question(request)
        return view(request, *args, **kwargs)

    return ask_first


def _question(request: AppRequest) -> HttpResponse:
    """The question as a page, or for htmx as a dialog over the page."""
    kept = {
        name: values for name, values in request.POST.lists() if name not in (FIELD, "csrfmiddlewaretoken")
    }
    context = {
        "kept": kept,
        "action": request.get_full_path(),
        "mistyped": bool(request.POST.get(FIELD)),
        "leave": request.back("accounts:tenant"),
    }
    if not request.htmx:
        return page(request, "core/confirm.html", context, UNCONFIRMED)
    response = page(request, "core/confirm_dialog.html", context, UNCONFIRMED)
    response["HX-Retarget"], response["HX-Reswap"], response["HX-Push-Url"] = "#problem", "innerHTML", "false"
    return response
