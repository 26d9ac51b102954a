"""What the macros `select_row`, `text` and `time` draw, in a fraction of their time: lists are full of them.

This holds for nearly every value; any other one is drawn by the macro itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from c8yadmin.ui.text import LIMIT, harmless, visible
from c8yadmin.ui.times import moment

Draw = Callable[..., str]


def select_row(macro: Draw, id: Any, label: Any) -> str:
    """The cell with the checkbox of a row, as `ui.select_row(id, label)`."""
    said = f'<span class="visually-hidden">Select {escape(visible(label, 100))}</span>'
    sent = f'name="id" value="{escape(id)}" form="bulk"'
    box = f'<input class="form-check-input" type="checkbox" {sent} data-select>'
    return Markup(f'<td class="select"><label>{said}{box}</label></td>')  # noqa: S704  # escaped


def text(macro: Draw, value: Any, limit: int = LIMIT) -> str:
    """Text from a device, as `ui.text(value, limit)`."""
    if value and type(value) is str and harmless(value, limit):
        return Markup(f'<bdi class="foreign">{escape(value)}</bdi>')  # noqa: S704  # escaped
    return macro(value, limit)


def time(macro: Draw, value: Any) -> str:
    """A point in time, as `ui.time(value)`."""
    when = moment(value) if value else None
    if when is None:
        return macro(value)
    opening = f'<time datetime="{when.iso}" title="{when.exact}" data-relative>'
    return Markup(f"{opening}{when.words}</time>")  # noqa: S704  # made of digits and our own words
