"""How the tenant's ids stand in this console's addresses: `<oid:id>` and `<segment:id>` in a route."""

from __future__ import annotations

from urllib.parse import quote, unquote

from django.urls import register_converter


class ObjectId:
    """An id that the platform gave: up to 20 ASCII digits; nothing else becomes a tenant call."""

    regex = "[0-9]{1,20}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


class Segment:
    """An id that a person or a device chose, whatever characters it has, as one segment of a path.

    It is percent-encoded before the address is, because servers decode a path once before they route it and
    would take an encoded slash for a separator.
    """

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        text = unquote(value, errors="strict")
        if not text.strip("."):
            raise ValueError("A segment of dots is a step in a path, not an id.")
        return text

    def to_url(self, value: str) -> str:
        return quote(value, safe="")


register_converter(ObjectId, "oid")
register_converter(Segment, "segment")
