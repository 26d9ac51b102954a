"""JSON values as text for a page."""

from __future__ import annotations

import json
from typing import Any

from c8yadmin.ui.text import escaped

TOO_LONG = 200_000  # characters of one document on a page


def pretty(value: Any) -> str:
    """`value` as indented JSON, what cannot be seen as JSON's own escapes; a huge one ends with a note."""
    text = escaped(json.dumps(value, indent=2, ensure_ascii=False, default=str))
    return text if len(text) <= TOO_LONG else f"{text[:TOO_LONG]}\n… {len(text) - TOO_LONG:,} more characters"


def plain(value: Any) -> str:
    """A value in one line, as a table of changes shows it: texts bare, all the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
