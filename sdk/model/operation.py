"""One operation: what a device is told to do, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sdk.model import fields
from sdk.model.bulk import each
from sdk.model.entity import Entity, key_of
from sdk.model.managed_object import Device
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient


class OperationStatus(StrEnum):
    """How far an operation is."""

    PENDING = "PENDING"
    EXECUTING = "EXECUTING"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class OperationStatusChange:
    """That an operation got a status.

    Attributes:
        time: when, as the platform wrote it.
        status: which.
    """

    time: str
    status: OperationStatus | str

    @property
    def datetime(self) -> datetime:
        """When, as an aware datetime.

        Raises:
            ValueError: when the text is no time.
        """
        return codec.parse_instant(self.time)


class Operation(Entity):
    """One operation: a fragment such as ``c8y_Restart={}`` says what is to be done."""

    __slots__ = ()
    _media = "operation"
    _path = "/devicecontrol/operations"
    _server_only = Entity._server_only | {"bulkOperationId", "delivery", "deviceExternalIDs", "deviceName"}
    _fixed = frozenset({"deviceId"})

    device_id = fields.text("deviceId")
    device_name = fields.text("deviceName", readonly=True)
    description = fields.text("description")
    status = fields.choice("status", OperationStatus)
    failure_reason = fields.text("failureReason")
    bulk_id = fields.text("bulkOperationId", readonly=True)
    creation_time = fields.time("creationTime", readonly=True)
    creation_datetime = fields.moment("creationTime", readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        device_id: str | None = None,
        description: str | None = None,
        status: OperationStatus | str | None = None,
        **fragments: Any,
    ) -> None:
        known = {"deviceId": device_id, "description": description, "status": status}
        given = {key: str(value) for key, value in known.items() if value is not None}
        super().__init__(c8y, **given, **fragments)

    def delete(self, with_device_user: bool | None = None) -> None:
        """Not offered: the platform keeps operations; ``Operations.cancel`` ends a pending one."""
        raise NotImplementedError("The platform cannot delete a single operation; cancel it instead.")

    def resolve_type(self) -> str | None:
        """The fragment that says what is to be done, e.g. ``c8y_Restart``: the first one with a prefix."""
        fixed = self._server_only | {field.key for field in self._fields.values()}
        return next((key for key in self.keys() if key not in fixed and "_" in key), None)

    def get_status_changes(self) -> list[OperationStatusChange]:
        """How the operation went so far, as its ``delivery.log`` holds it; nothing is sent."""
        found = documents.objects(self.get("delivery"), "log")
        known = {str(one.value): one for one in OperationStatus}
        return [
            OperationStatusChange(str(one.get("time", "")), known.get(status, status))
            for one in found
            if (status := str(one.get("status", "")))
        ]

    def send_to(self, *devices: Device | str, workers: int | None = None) -> list[str]:
        """Send this operation to devices; see ``Operations.send_to``."""
        return sent(self._client(), self, devices, workers)


def sent(
    c8y: CumulocityRestClient,
    operation: Operation | Mapping[str, Any],
    devices: Sequence[Device | str],
    workers: int | None,
) -> list[str]:
    """Create the same operation for devices, and give back the ids; see ``Operations.send_to``."""
    content = operation._appliable() if isinstance(operation, Operation) else dict(operation)
    # An operation that was read tells how it went, which a new one cannot.
    for key in ("deviceId", "status", "failureReason"):
        content.pop(key, None)

    def send(device: Device | str) -> str:
        made = Operation(None, device_id=key_of(device), **content)._create(c8y)
        return made.id or ""

    return each(send, devices, workers)
