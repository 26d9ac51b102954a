"""Reading JSON, also where a device smuggled something into it that is none."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
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
