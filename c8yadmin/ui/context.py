"""What every page knows besides what its view says."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse

from c8yadmin.core.paths import ObjectId

THEMES = ("light", "dark")
is_id = re.compile(ObjectId.regex).fullmatch
ANY_NUMBER = "9" * 20  # stands for the id of a row, and is as long as one may be


def page_context(request: HttpRequest) -> dict[str, Any]:
    """The tenant and person where there are any, addresses, waiting messages, and the chosen theme.

    `url("inventory:detail", id=…)` stays inside the page's tenant; a page outside of tenants is found by
    the same call. `root` is where the console begins on its host. `tenants` are those that this
    browser is signed in to.
    """
    tenant = getattr(request, "tenant", None)
    theme = request.COOKIES.get("theme", "")
    return {
        "tenant": tenant,
        "person": getattr(request, "person", None),
        "tenants": getattr(request, "tenants", ()),
        "url": partial(_url, "" if tenant is None else tenant.slug),
        "root": get_script_prefix(),
        "messages": get_messages(request),
        "theme": theme if theme in THEMES else "",
        "section": request.resolver_match.app_name if request.resolver_match else "",
        "here": request.get_full_path(),
    }


def _url(inside: str, page: str, /, **kwargs: Any) -> str:
    """The address of `page` in the tenant `inside`, or outside of tenants where that is empty."""
    if not kwargs:
        return _pattern(get_script_prefix(), inside, page)
    id = kwargs["id"] if kwargs.keys() == {"id"} else None
    if isinstance(id, str) and is_id(id):
        return _pattern(get_script_prefix(), inside, page, id=ANY_NUMBER).replace(ANY_NUMBER, id)
    return _address(inside, page, kwargs)


@lru_cache(maxsize=1024)
def _pattern(prefix: str, inside: str, page: str, **kwargs: str) -> str:
    """The same below `prefix`, kept: a list links to each of its rows, and finds few different addresses."""
    return _address(inside, page, kwargs)


def _address(inside: str, page: str, kwargs: dict[str, Any]) -> str:
    try:
        return reverse(page, kwargs={"tenant": inside} | kwargs if inside else kwargs)
    except NoReverseMatch:
        return reverse(page, kwargs=kwargs)
