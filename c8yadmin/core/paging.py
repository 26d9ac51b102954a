"""From a list's form to the page of rows that the tenant gives for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from c8yadmin.core.listing import ListForm, Listing
from sdk import Query

T = TypeVar("T")


def fetch(form: ListForm, query: Callable[[], Query[T]]) -> tuple[Listing[T], int]:
    """The page that `form` asks for, in one tenant call, and the status to answer with.

    400 and no call for a page that is no number from 1 on, 422 and no call for a filter that cannot be meant,
    404 for a page beyond the last one; the listing then has no rows, and its form says why.
    """
    if not form.is_valid():
        return Listing(form, []), 400 if "page" in form.errors else 422
    found = query().page(form.page_number, form.page_size)
    listing = Listing(form, found.items, found.total, found.has_next)
    beyond = listing.number > 1 and not found.items and not found.has_next
    return listing, 404 if beyond else 200
