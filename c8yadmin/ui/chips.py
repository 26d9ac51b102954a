"""What a list is filtered by, as removable chips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import Field

from c8yadmin.core.listing import Listing


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    value: str
    url: str  # the same list without this filter


def applied(listing: Listing[Any]) -> list[Chip]:
    """One chip for each filter that is set."""
    form = listing.form
    return [
        Chip(
            str(form[name].label),
            _words(form.fields[name], value),
            listing.url(**{form.add_prefix(name): None}),
        )
        for name, value in form.filters().items()
    ]


def _words(field: Field, value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"  # the field's label says that it is UTC
    labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    values: Iterable[Any] = value if isinstance(value, list | tuple | set) else [value]
    return ", ".join(labels.get(str(one), str(one)) for one in values)
