"""The JSON of an operation as an administrator types it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from c8yadmin.core.jsontext import Unreadable, loaded
from sdk import ManagedObject

# What the platform sets, or the form does, beside the fragments that the device shall execute.
RESERVED = frozenset(
    {"id", "self", "deviceId", "deviceName", "status", "creationTime", "failureReason", "bulkOperationId"}
)
DESCRIBING = frozenset({"description", "deviceExternalIDs", "delivery", "notification"})


def parse(text: str) -> dict[str, Any]:
    """The operation that `text` holds: an object with one fragment at least.

    Raises ValidationError with what is wrong in `text`, and in which line and column where it is no JSON.
    """
    try:
        body = loaded(text)
    except Unreadable as error:
        raise ValidationError(str(error)) from error
    if not isinstance(body, dict):
        raise ValidationError('An operation is a JSON object: {"c8y_Restart": {}}.')
    if reserved := sorted(RESERVED & body.keys()):
        raise ValidationError(f"Leave out {', '.join(reserved)}: the tenant or this form sets it.")
    if not fragments(body):
        raise ValidationError('Name what the device shall do, for example {"c8y_Restart": {}}.')
    return body


def supported(device: ManagedObject) -> list[str]:
    """The operations that `device` names as supported."""
    found = device.get("c8y_SupportedOperations")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def fragments(body: dict[str, Any]) -> list[str]:
    """The keys of `body` that a device would look for in its supported operations."""
    return [key for key in body if key not in DESCRIBING]
