"""The names of fragments and series, under which the platform could not find everything."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sdk.sandbox.call import invalid

_UNUSABLE = re.compile(r"[\s.,*\[\]()@$]|^$")


def check_names(names: Iterable[str], kind: str = "fragment") -> None:
    """Refuse names that hold what none may hold."""
    for name in names:
        if _UNUSABLE.search(name):
            raise invalid(f"'{name}' is not a valid {kind} name: no blanks and none of . , * [ ] ( ) @ $")
