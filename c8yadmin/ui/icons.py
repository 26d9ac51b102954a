"""Lucide's icons as inline SVG."""

from __future__ import annotations

from functools import cache

from lucide.jinja import lucide
from markupsafe import Markup


@cache
def icon(name: str, label: str = "") -> str:
    """The icon `name`, 16 pixels wide; hidden from screen readers unless `label` says what it means.

    Raises:
        lucide.IconDoesNotExist: lucide has no such icon.
    """
    said = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    drawing = lucide(name, size=16, **{"class": "icon"}, **said)
    return Markup("").join(Markup(line.strip()) for line in drawing.splitlines())  # noqa: S704  # lucide's own
