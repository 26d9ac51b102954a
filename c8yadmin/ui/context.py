"""What every page knows besides what its view says."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse

THEMES = ("light", "dark")


def page_context(request: HttpRequest) -> dict[str, Any]:
    """The tenant and person where there are any, addresses, waiting messages, and the chosen theme.

    `url("inventory:detail", id=…)` stays inside the page's tenant; a page outside of tenants is found by
    the same call. `root` is where the console begins on its host. `tenants` are those that this
    browser is signed in to.
    """
    tenant = getattr(request, "tenant", None)
    inside = {} if tenant is None else {"tenant": tenant.slug}

    def url(name: str, **kwargs: Any) -> str:
        try:
            return reverse(name, kwargs=inside | kwargs)
        except NoReverseMatch:
            return reverse(name, kwargs=kwargs)

    theme = request.COOKIES.get("theme", "")
    return {
        "tenant": tenant,
        "person": getattr(request, "person", None),
        "tenants": getattr(request, "tenants", ()),
        "url": url,
        "root": get_script_prefix(),
        "messages": get_messages(request),
        "theme": theme if theme in THEMES else "",
        "section": request.resolver_match.app_name if request.resolver_match else "",
        "here": request.get_full_path(),
    }
