"""Media types of the Cumulocity protocol."""

from __future__ import annotations

from typing import Final

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
BINARY: Final = "application/octet-stream"
COUNT: Final = "text/plain, application/json"


def vendor(name: str) -> str:
    """The platform's own type for a resource, e.g. ``managedobject`` or ``alarmcollection``."""
    return f"application/vnd.com.nsn.cumulocity.{name}+json"
