"""Drawing a component without a page around it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.template import engines


def draw(source: str, **context: Any) -> str:
    """The markup that a template of `source` makes."""
    return str(engines["jinja2"].from_string(source).render(context))


def seen(markup: str) -> str:
    """The words that a reader of `markup` sees."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", markup))).strip()
