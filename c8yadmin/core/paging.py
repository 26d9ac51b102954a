"""From a list's form to the page of rows that the tenant gives for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django_htmx.http import push_url

from c8yadmin.core.listing import ListForm, Listing
from c8yadmin.core.page import page
from c8yadmin.core.request import AppRequest
from sdk import Query

T = TypeVar("T")


def fetch(form: ListForm, query: Callable[[], Query[Any]]) -> tuple[Listing[Any], int]:
    """The page that `form` asks for, in one tenant call, and the status to answer with.

    400 and no call for a page that is no number from 1 on, 422 and no call for a filter that cannot be meant,
    404 for a page beyond the last one; the listing then has no rows, and its form says why.
    """
    if not form.is_valid():
        return Listing(form, []), 400 if "page" in form.errors else 422
    found = query().page(form.page_number, form.page_size)
    listing: Listing[Any] = Listing(form, found.items, found.total, found.has_next)
    beyond = listing.number > 1 and not found.items and not found.has_next
    return listing, 404 if beyond else 200


def cut(form: ListForm, rows: Sequence[T] | QuerySet[Any]) -> tuple[Listing[T], int]:
    """The same for what the console has at hand: its own records, or rows that were read whole because the
    tenant cannot filter them; `form` is valid."""
    total = rows.count() if isinstance(rows, QuerySet) else len(rows)
    start = (form.page_number - 1) * form.page_size
    listing: Listing[T] = Listing(form, list(rows[start : start + form.page_size]), total)
    return listing, 404 if listing.number > 1 and not listing.rows else 200


def show(
    request: AppRequest, template: str, listing: Listing[Any], context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page of `listing`; htmx is told to show its address without the filters that are not set.

    A list that is only drawn anew, by itself for instance, stays where it is in the browser's history.
    """
    response = page(request, template, {"listing": listing, **context}, status)
    if request.htmx and request.method == "GET":
        address = request.path + listing.url(page=listing.number if listing.number > 1 else None)
        if (request.htmx.current_url_abs_path or "").rstrip("?") != address.rstrip("?"):
            push_url(response, address)
    return response
