"""What may be shown of a request or an answer in a log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

HIDDEN: Final = "***"
_NAMES: Final = re.compile(
    r"passw|token|secret|credential|authorization|cookie|otp|tfa|certinpem", re.IGNORECASE
)


def headers(values: Mapping[str, str]) -> dict[str, str]:
    """Headers with every value that could be used to sign in replaced."""
    return {name: HIDDEN if _NAMES.search(name) else value for name, value in values.items()}


def body(value: Any) -> Any:
    """JSON with the values of secret-sounding keys replaced, at any depth."""
    if isinstance(value, Mapping):
        return {key: HIDDEN if _NAMES.search(str(key)) else body(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [body(one) for one in value]
    return value


def url(address: str) -> str:
    """Path and parameters of an address, secret parameters replaced; no host, user or password."""
    parts = urlsplit(address)
    shown = "&".join(
        f"{name}={HIDDEN if _NAMES.search(name) else quote(value, safe='')}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return f"{parts.path}?{shown}" if shown else parts.path
