"""The Jinja2 environment of every page: strict, escaping, with all macros under `ui`."""

from __future__ import annotations

from functools import cache
from json import dumps
from typing import Any

from django.templatetags.static import static
from django_htmx.jinja import htmx_script
from jinja2 import Environment, StrictUndefined

from c8yadmin.ui import chips, documents, forms, icons, numbers, text, times
from c8yadmin.ui.components import Components

# Nothing is evaluated or run from markup, nothing of a page is kept in the browser's storage. Refused forms
# (422) are put in place; any other failure goes to the page's #problem and leaves the rest alone.
HTMX_CONFIG = {
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "defaultSwapStyle": "innerHTML",
    "attributesToSettle": ["class"],  # never style, which the content security policy forbids
    "timeout": 90_000,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": True, "error": True, "target": "#problem", "swapOverride": "innerHTML"},
    ],
}


def environment(**options: Any) -> Environment:
    """Django's options, with an error for every unknown variable and without the lines of mere statements."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    env = Environment(**options)  # noqa: S701  # Django's back end passes autoescape=True
    env.globals |= {
        "ui": Components(env),
        "static": static if env.auto_reload else cache(static),  # a name stands for one content
        "htmx_config": dumps(HTMX_CONFIG, separators=(",", ":")),
        "htmx_script": htmx_script,
        "svg": icons.icon,
        "applied": chips.applied,
        "control": forms.control,
        "moment": times.moment,
    }
    env.tests["harmless"] = text.harmless
    env.filters |= {
        "number": numbers.number,
        "filesize": numbers.filesize,
        "percent": numbers.percent,
        "clock": times.clock,
        "pieces": text.pieces,
        "visible": text.visible,
        "pretty_json": documents.pretty,
        "plain": documents.plain,
    }
    return env
