"""Cells of long lists: what the macros `text` and `time` draw, in a fraction of a macro call's time.

They hold for nearly every value; any other one is drawn by the macro itself.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, pass_environment
from markupsafe import Markup, escape

from c8yadmin.ui.text import LIMIT, harmless
from c8yadmin.ui.times import moment


@pass_environment
def foreign(env: Environment, value: Any, limit: int = LIMIT) -> str:
    """Text from a device, as `ui.text(value, limit)`."""
    if value and type(value) is str and harmless(value, limit):
        return Markup(f'<bdi class="foreign">{escape(value)}</bdi>')  # noqa: S704  # escaped
    return _macro(env, "text", value, limit)


@pass_environment
def ago(env: Environment, value: Any) -> str:
    """A point in time, as `ui.time(value)`."""
    when = moment(value) if value else None
    if when is None:
        return _macro(env, "time", value)
    opening = f'<time datetime="{when.iso}" title="{when.exact}" data-relative>'
    return Markup(f"{opening}{when.words}</time>")  # noqa: S704  # made of digits and our own words


def _macro(env: Environment, name: str, *values: Any) -> str:
    drawn: str = getattr(env.globals["ui"], name)(*values)
    return drawn
