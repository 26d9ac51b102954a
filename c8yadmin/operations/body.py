"""The JSON of an operation as an administrator types it."""

from __future__ import annotations

import json
from math import isinf
from typing import Any, NoReturn

from django.core.exceptions import ValidationError

# What the platform sets, or the form does, beside the fragments that the device shall execute.
RESERVED = frozenset(
    {"id", "self", "deviceId", "deviceName", "status", "creationTime", "failureReason", "bulkOperationId"}
)
DESCRIBING = frozenset({"description", "deviceExternalIDs", "delivery", "notification"})


def parse(text: str) -> dict[str, Any]:
    """The operation that `text` holds: an object with one fragment at least.

    Raises ValidationError with the line and the column where `text` is no JSON, or with what is wrong in it.
    """
    body = _decode(text)
    if not isinstance(body, dict):
        raise ValidationError('An operation is a JSON object: {"c8y_Restart": {}}.')
    if reserved := sorted(RESERVED & body.keys()):
        raise ValidationError(f"Leave out {', '.join(reserved)}: the tenant or this form sets it.")
    if not fragments(body):
        raise ValidationError('Name what the device shall do, for example {"c8y_Restart": {}}.')
    return body


def fragments(body: dict[str, Any]) -> list[str]:
    """The keys of `body` that a device would look for in its supported operations."""
    return [key for key in body if key not in DESCRIBING]


def _decode(text: str) -> Any:
    try:
        body = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
        json.dumps(body, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValidationError(f"This is no JSON: {_reason(error)} at {where}.") from error
    except RecursionError as error:
        raise ValidationError("This JSON is nested too deeply.") from error
    except UnicodeEncodeError as error:
        raise ValidationError(
            "This JSON has half of a character: a lone surrogate such as \\ud800."
        ) from error
    except ValueError as error:  # an integer of thousands of digits
        raise ValidationError("This JSON has a number that is too long.") from error
    return body


def _reason(error: json.JSONDecodeError) -> str:
    return error.msg[:1].lower() + error.msg[1:]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValidationError(f"The key “{key}” occurs twice in the same object.")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValidationError(f"JSON has no {name}.")


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise ValidationError(f"The number {digits} is too large.")
    return number
