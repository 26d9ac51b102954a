"""URI templates: addresses with ``{placeholders}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from sdk.rest import codec

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


def names(template: str) -> list[str]:
    """The names of a template's placeholders."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(template)))


def resource(template: str, values: Mapping[str, Any]) -> str:
    """The path and parameters of a filled template; a host before them is left out, it may be another one.

    Raises:
        ValueError: for a placeholder without a value, a value without a placeholder, and a path segment that
            would lead elsewhere.
    """
    wanted = names(template)
    missing = [name for name in wanted if values.get(name) is None]
    unknown = [name for name in values if name not in wanted]
    if missing or unknown:
        word, which = ("needs", missing) if missing else ("has no", unknown)
        raise ValueError(f"{template!r} {word} {', '.join(which)}.")
    parts = urlsplit(template)
    place = _PLACEHOLDER.sub(lambda found: codec.segment(values[found[1]]), parts.path)
    if not parts.query:
        return place
    given = _PLACEHOLDER.sub(lambda found: quote(codec.comma_list(values[found[1]]), safe=""), parts.query)
    return f"{place}?{given}"
