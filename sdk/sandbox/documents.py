"""JSON as the platform takes it: strict UTF-8, finite numbers, characters that can be sent again."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

DEEPEST = 200
_SURROGATE = re.compile("[\ud800-\udfff]")
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Wrong(ValueError):
    """The text is no JSON that could be stored; the message says why."""


def load(body: bytes) -> Any:
    """Read a document; `Wrong` if it is not JSON, nests too deeply, or holds what JSON cannot hold."""
    if body.count(b"[") + body.count(b"{") > DEEPEST and _is_too_deep(body):
        raise Wrong(f"The JSON body is nested more than {DEEPEST} levels deep.")
    try:
        text = body.decode()
        document = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except Wrong:
        raise
    except (ValueError, RecursionError) as error:
        raise Wrong("The body is not valid JSON.") from error
    if "\\u" in text and _SURROGATE.search(_encode(document)):
        raise Wrong("The body holds half of a surrogate pair.")
    return document


def dumped(document: Any) -> bytes:
    return _encode(document).encode()


def _no_constant(name: str) -> NoReturn:
    raise Wrong(f"{name} is not valid in JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Wrong(f"The number {text[:20]} is too large.")
    return number


def _is_too_deep(body: bytes) -> bool:
    """Whether the brackets outside of texts nest too deeply."""
    depth = 0
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', body, re.DOTALL):
        if token[0] in (b"[", b"{"):
            depth += 1
        elif token[0] in (b"]", b"}"):
            depth -= 1
        if depth > DEEPEST:
            return True
    return False
