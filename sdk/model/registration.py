"""New device requests: devices that want to join the tenant and wait to be accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Unpack

from sdk.model import bulk_registration, fields
from sdk.model.bulk_registration import BulkRegistration
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.entity import Entity
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.files import FileSpec
from sdk.rest.media_types import vendor


class DeviceRequestStatus(StrEnum):
    """How far a request is. BLOCKED: too many wrong tokens; delete it and make it anew."""

    WAITING_FOR_CONNECTION = "WAITING_FOR_CONNECTION"
    PENDING_ACCEPTANCE = "PENDING_ACCEPTANCE"
    ACCEPTED = "ACCEPTED"
    BLOCKED = "BLOCKED"


class NewDeviceRequest(Entity):
    """One device that is expected or waits. Its ``id`` is the external id the device will use.

    Args:
        enrollment_token: a one-time password for the device's certificate; never read back.
    """

    __slots__ = ()
    _media = "newdevicerequest"
    _path = "/devicecontrol/newDeviceRequests"
    _server_only = (Entity._server_only - {"id"}) | {"status", "tenantId", "owner"}

    group_id = fields.text("groupId")
    type = fields.text("type")
    tenant_id = fields.text("tenantId", readonly=True)
    owner = fields.text("owner", readonly=True)
    status = fields.choice("status", DeviceRequestStatus, readonly=True)
    creation_time = fields.time("creationTime", readonly=True)
    creation_datetime = fields.moment("creationTime", readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        id: str | None = None,
        group_id: str | None = None,
        type: str | None = None,
        enrollment_token: str | None = None,
    ) -> None:
        known = {"id": id, "groupId": group_id, "type": type, "enrollmentToken": enrollment_token}
        super().__init__(c8y, **codec.present(known))


class DeviceRequestFilter(Paging, total=False):
    """Paging only: the platform knows no filter of requests."""


class DeviceRequests(Collection[NewDeviceRequest]):
    """The new device requests of the tenant, in no particular order."""

    model = NewDeviceRequest
    listing = Listing(
        "/devicecontrol/newDeviceRequests", "newDeviceRequests", accept=vendor("newdevicerequestcollection")
    )
    vocabulary = Vocabulary(DeviceRequestFilter)

    def where(self, expression: str | None = None, /) -> Query[NewDeviceRequest]:
        """A query for all requests (GET /devicecontrol/newDeviceRequests), sent when it is used."""
        return self._query(expression, {})

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **paging: Unpack[DeviceRequestFilter]
    ) -> Selection[NewDeviceRequest]:
        """Args: see ``Paging``."""
        return self._select(expression, paging)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def request(
        self,
        id: str,
        group_id: str | None = None,
        type: str | None = None,
        enrollment_token: str | None = None,
    ) -> NewDeviceRequest:
        """Expect a device (POST /devicecontrol/newDeviceRequests).

        Args:
            id: the external id the device will use, e.g. its IMEI.
            group_id: the group it joins once accepted.
            type: its device type.
            enrollment_token: a one-time password for its certificate.

        Raises:
            Invalid, Conflict: when it is expected already, or its id cannot be one.
        """
        wanted = NewDeviceRequest(
            None, id=id, group_id=group_id, type=type, enrollment_token=enrollment_token
        )
        return wanted._create(self.c8y)

    def accept(self, id: str, security_token: str | None = None) -> NewDeviceRequest:
        """Let a waiting device in (PUT …/{id}, status ACCEPTED).

        Args:
            security_token: what the device showed, where the tenant wants it.

        Raises:
            NotFound, Invalid: when there is no such request, or the device has not called yet.
            Forbidden, Invalid: for a wrong or missing token.
        """
        json = {"status": DeviceRequestStatus.ACCEPTED.value}
        if security_token is not None:
            json["securityToken"] = security_token
        raw = self.model._put(self.c8y, id, json)
        return self.model._from_raw(raw, self.c8y) if raw else self.get(id)

    def register_bulk(self, devices: FileSpec | Iterable[Mapping[str, Any]]) -> BulkRegistration:
        """Register many devices at once (POST /devicecontrol/bulkNewDeviceRequests).

        The tenant takes what it can: look at ``failed``. Devices that are there get the new credentials.

        Args:
            devices: a CSV file, or rows by the names of its columns. ``ID`` is needed. With ``CREDENTIALS``
                and ``com_cumulocity_model_Agent.active`` (True) devices are created; with ``ID`` alone, and
                perhaps ``PATH``, they are expected and still to be accepted.

        Raises:
            ValueError: for rows without an ID, and for values that hold separators or quotes.
            OSError: when there is no such file.
        """
        return bulk_registration.register(self.c8y, devices)
