"""The tenant's refusals and failures as pages; for htmx as a fragment that leaves the page as it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from inspect import getclosurevars
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_script_prefix, resolve

from c8yadmin.core import problems
from c8yadmin.core.page import page
from c8yadmin.core.problems import Problem
from sdk import C8yError, RateLimited

log = logging.getLogger(__name__)
UNAVAILABLE = (OperationalError, InterfaceError, InternalError)  # PostgreSQL's word for read-only is the last


class FailureMiddleware:
    """Turns what a view lets pass into an answer with the right status and words: an `sdk.C8yError`, a
    `Refusal`, and a database that takes nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, problems.Refusal):
            return answer(request, exception.problem)
        if isinstance(exception, UNAVAILABLE):
            log.error("the database refused: %s", exception)
            return answer(request, problems.UNSAVED)
        if not isinstance(exception, C8yError):
            return None
        response = answer(request, problems.of(exception, request))
        if isinstance(exception, RateLimited) and exception.retry_after:
            response["Retry-After"] = str(round(exception.retry_after))
        return response


def came_from(request: HttpRequest) -> str:
    """The page of this console from which the browser says that it came; empty for none, or for this one."""
    prefix = get_script_prefix()
    try:
        told = urlsplit(request.headers.get("Referer", ""))
        found = resolve("/" + told.path.removeprefix(prefix) if told.path.startswith(prefix) else "")
        own = is_own(request, told.scheme, told.netloc) and is_shown(found.func)
    except (ValueError, Resolver404, DisallowedHost):
        return ""
    page = f"{told.path}?{told.query}" if told.query else told.path
    return "" if not own or (request.method == "GET" and page == request.get_full_path()) else page


def is_own(request: HttpRequest, scheme: str, host: str) -> bool:
    """Whether the console is at `host` for its browsers; a gateway may call it by another name."""
    return host == request.get_host() or f"{scheme}://{host}" in settings.CSRF_TRUSTED_ORIGINS


def is_shown(view: Callable[..., HttpResponseBase]) -> bool:
    """Whether `view` takes GET; Django's decorators, such as `require_POST`, keep it in a closure."""
    methods = getclosurevars(view).nonlocals.get("request_method_list", ["GET"])
    decorated = getattr(view, "__wrapped__", None)
    return "GET" in methods and (decorated is None or is_shown(decorated))


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A whole page about `problem`, or for htmx a fragment for the page's `#problem`."""
    htmx = getattr(request, "htmx", None)
    if not htmx:
        context = {"problem": problem, "back": request.get_full_path(), "came_from": came_from(request)}
        return page(request, "errors/page.html", context, status=problem.status)
    context = {"problem": problem, "back": htmx.current_url_abs_path or get_script_prefix()}
    response = page(request, "errors/problem.html", context, status=problem.status)
    # Else htmx would put a 422 where it asked for rows, and change the address to the one that failed.
    response["HX-Retarget"] = "#problem"
    response["HX-Reswap"] = "innerHTML"
    response["HX-Push-Url"] = "false"
    return response
