"""Many devices registered by one CSV file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, BinaryIO, Final

from sdk.model import fields
from sdk.model.object import CumulocityObject
from sdk.rest import documents
from sdk.rest.client import CumulocityRestClient
from sdk.rest.files import FileSpec
from sdk.rest.media_types import vendor

_PLACE: Final = "/devicecontrol/bulkNewDeviceRequests"
_SEPARATOR: Final = ";"
# How the platform reads quotes is not documented, so nothing that would need them is sent.
_UNSENDABLE: Final = frozenset(';,\t"\r\n')


class FailedRegistration(CumulocityObject):
    """One device that was not registered. The line of the file is not shown: it holds credentials."""

    __slots__ = ()
    device_id = fields.text("deviceId", readonly=True)
    reason = fields.text("failureReason", readonly=True)

    def __repr__(self) -> str:
        return f"FailedRegistration({self.device_id!r}: {self.reason!r})"


class BulkRegistration(CumulocityObject):
    """How the registration of many devices went."""

    __slots__ = ()
    number_of_all = fields.integer("numberOfAll", readonly=True)
    number_of_created = fields.integer("numberOfCreated", readonly=True)
    number_of_failed = fields.integer("numberOfFailed", readonly=True)
    number_of_successful = fields.integer("numberOfSuccessful", readonly=True)

    @property
    def failed(self) -> list[FailedRegistration]:
        """The devices that were not registered, and why."""
        return FailedRegistration._listed(self.json, "failedCreationList")

    @property
    def updated(self) -> list[str]:
        """The ids of devices that were there before; they have the new credentials now."""
        return [str(one.get("deviceId")) for one in documents.objects(self.json, "credentialUpdatedList")]


def register(c8y: CumulocityRestClient, devices: FileSpec | Iterable[Mapping[str, Any]]) -> BulkRegistration:
    """Send a CSV file, or one made of rows, and tell how it went."""
    kind = vendor("bulknewdevicerequest")
    given: Any = devices
    is_file = isinstance(devices, str | PathLike) or hasattr(devices, "read")
    file: FileSpec = given if is_file else sheet(list(given))
    found = c8y.post_file(_PLACE, file, "devices.csv", accept=kind, content_type="text/csv")
    return BulkRegistration.from_json(found, c8y)


def sheet(rows: Sequence[Mapping[str, Any]]) -> BinaryIO:
    """Rows as the CSV that the platform reads.

    Raises:
        ValueError: without rows, for a row without an ID, and for values that hold separators or quotes.
    """
    if not rows or not all(row.get("ID") for row in rows):
        raise ValueError("Each device needs an ID.")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, *([_cell(row.get(name)) for name in columns] for row in rows)]
    for value in (value for line in lines for value in line):
        if _UNSENDABLE.intersection(value):
            raise ValueError("Values hold no separators, quotes or line breaks; one of them does.")
    return io.BytesIO("\n".join(_SEPARATOR.join(line) for line in lines).encode())


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
