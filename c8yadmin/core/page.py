"""One template, two renderings: the whole page, or the block that htmx asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.template.backends.utils import csrf_input, csrf_token_lazy
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Answer with `template`, or with only that block of it which htmx will put in place.

    The name of a block is the id of the element it draws: a request with `hx-target="#devices"` gets the
    block `devices`, so that a fragment cannot drift from its page. Any other request gets the whole page.
    """
    target = fragment(request)
    text = render(template, context, request, target)
    # A lone surrogate from a device has no UTF-8: it becomes a question mark instead of a failure.
    response = HttpResponse(text.encode(errors="replace"), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    if target and status >= 400:
        # What says in place what is wrong does not go into #problem.
        response["HX-Retarget"], response["HX-Reswap"] = f"#{target}", "outerHTML"
    return response


def fragment(request: HttpRequest) -> str | None:
    """The id of the element that htmx will replace; none when the browser wants a page."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if not htmx or htmx.boosted or htmx.history_restore_request:
        return None
    return htmx.target


def render(template: str, context: dict[str, Any], request: HttpRequest, block: str | None = None) -> str:
    """The text of `template`, or of its `block` when it has one of that name."""
    engine = engines["jinja2"]
    assert isinstance(engine, Jinja2)  # noqa: S101  # narrows the type: settings.TEMPLATES has this one engine
    source = engine.env.get_template(template)
    scope = dict(
        context,
        request=request,
        csrf_input=_Input(request),
        csrf_token=csrf_token_lazy(request),
    )
    for processor in engine.template_context_processors:
        scope |= processor(request)
    if block not in source.blocks:
        return source.render(scope)
    return "".join(source.blocks[block](source.new_context(scope)))


class _Input:
    """The hidden input against forged requests, made when a form asks for it.

    Each row of a list may have a form, and Django's own input would mask the token anew for each of them.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def __html__(self) -> str:
        return self._drawn

    @cached_property
    def _drawn(self) -> str:
        return str(csrf_input(self._request))
