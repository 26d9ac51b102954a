"""The editor's form as a browser reads it, fills it in and sends it."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from django.http import HttpResponse


def editor_of(device: dict[str, Any]) -> str:
    return f"/t/acme/devices/{device['id']}/edit/"


def form_in(answer: HttpResponse) -> dict[str, str]:
    """The fields of the editor as a browser would send them."""
    page = answer.content.decode()
    fields = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] in ("name", "type", "owner", "original"):
            fields[name[1]] = unescape(value[1]) if value else ""
    text = re.search(r'<textarea name="fragments".*?>\n?(.*?)</textarea>', page, re.DOTALL)
    assert text, page
    return fields | {"fragments": unescape(text[1])}


def fragments(form: dict[str, str], **changes: Any) -> dict[str, str]:
    """The form with these fragments set; None takes one out."""
    changed = json.loads(form["fragments"]) | changes
    return form | {"fragments": json.dumps({k: v for k, v in changed.items() if v is not None})}
