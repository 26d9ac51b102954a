"""Redirects that mean another page, for htmx too."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

Handler = Callable[[HttpRequest], HttpResponseBase]


def redirect_middleware(handle: Handler) -> Handler:
    """Let htmx load the page that a view redirects to.

    A browser follows the redirect of an htmx request unseen, and htmx would put that whole page into the
    element that was to be replaced.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = handle(request)
        htmx: HtmxDetails | None = getattr(request, "htmx", None)
        if not htmx or not isinstance(response, HttpResponseRedirect | HttpResponsePermanentRedirect):
            return response
        return HttpResponseClientRedirect(response.url)

    return answer
