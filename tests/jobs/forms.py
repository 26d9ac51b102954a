"""The form of a new job as a browser reads it."""

from __future__ import annotations

import re
from html import unescape

from django.http import HttpResponse


def fields(answer: HttpResponse) -> dict[str, list[str]]:
    """What the page's job form would send besides what the user types."""
    form = answer.content.decode().split('class="form-stack"')[1].split("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(unescape(value))
    return found
