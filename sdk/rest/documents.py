"""Reading JSON, also where a device smuggled something into it that is none."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from sdk.errors import BadAnswer

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def load_json(raw: bytes | msgspec.Raw, decode: Callable[[Any], Any] = msgspec.json.decode) -> Any:
    """Decode JSON; what devices smuggled into it (half characters, endless numbers) spoils only itself.

    Args:
        decode: a msgspec decoder for what is expected.

    Raises:
        BadAnswer: when it is no JSON, or not what is expected.
    """
    try:
        return decode(raw)
    except _UNREADABLE as problem:
        try:
            return decode(_repaired(bytes(raw)))
        except (*_UNREADABLE, ValueError):
            raise BadAnswer("What the tenant sent is not the promised JSON.") from problem


def _repaired(raw: bytes) -> bytes:
    """The same JSON without what a strict reader refuses."""
    text = raw.decode("utf-8", "replace")
    found = json.loads(text, strict=False, parse_float=_finite, parse_constant=lambda _: None)
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def part(answer: Any, key: str) -> Any:
    """What an answer holds under a key that it must have.

    Raises:
        BadAnswer: when there is nothing.
    """
    found = answer.get(key) if isinstance(answer, dict) else None
    if found is None:
        raise BadAnswer(f"The tenant's answer lacks {key!r}.")
    return found


def rows(answer: Any, key: str) -> list[dict[str, Any]]:
    """The objects that an answer lists under a key, or is a list of; none where there is nothing.

    Raises:
        BadAnswer: when the answer holds something else there.
    """
    found = answer.get(key) if isinstance(answer, dict) else answer
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadAnswer(f"The tenant sent no list of {key}.")
    return found


def objects(document: Any, key: str) -> list[dict[str, Any]]:
    """The objects in a list within a document; whatever else devices wrote there is left out."""
    found = document.get(key) if isinstance(document, Mapping) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def references(document: Any, key: str, element: str) -> list[dict[str, Any]]:
    """The objects that a document refers to: ``{key: {"references": [{element: {…}}]}}``."""
    found = document.get(key) if isinstance(document, Mapping) else None
    wrapped = [one.get(element) for one in objects(found, "references")]
    return [one for one in wrapped if isinstance(one, dict)]
