"""How devices join, seen from the devices: the verbs of new device requests under other names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sdk.model.bulk import each
from sdk.model.bulk_registration import BulkRegistration
from sdk.model.registration import DeviceRequests, DeviceRequestStatus, NewDeviceRequest
from sdk.rest.client import CumulocityRestClient
from sdk.rest.files import FileSpec


class Joining:
    """The verbs of a device inventory for devices that are not there yet; see ``DeviceRequests``."""

    c8y: CumulocityRestClient

    def request(
        self,
        id: str,
        group_id: str | None = None,
        type: str | None = None,
        enrollment_token: str | None = None,
    ) -> NewDeviceRequest:
        """Expect a device; see ``DeviceRequests.request``."""
        return DeviceRequests(self.c8y).request(id, group_id, type, enrollment_token)

    def accept(self, id: str, security_token: str | None = None) -> NewDeviceRequest:
        """Let a waiting device in; see ``DeviceRequests.accept``."""
        return DeviceRequests(self.c8y).accept(id, security_token)

    def accept_all(self, workers: int | None = None) -> list[NewDeviceRequest]:
        """Let all devices in that wait now (PUT each); with security tokens each is to be accepted alone.

        Raises:
            BulkError: when one of several failed; a single one raises its own error.
        """
        requests = DeviceRequests(self.c8y)
        waiting = DeviceRequestStatus.PENDING_ACCEPTANCE
        ids = [str(one.id) for one in requests.where() if one.status == waiting]
        return each(requests.accept, ids, workers)

    def get_requests(self, *, limit: int | None = 5) -> list[NewDeviceRequest]:
        """The devices that are expected or wait (GET /devicecontrol/newDeviceRequests).

        Args:
            limit: at most so many; None for all.
        """
        return DeviceRequests(self.c8y).where().limit(limit).all()

    def get_request(self, id: str) -> NewDeviceRequest:
        """One device that is expected or waits (GET …/newDeviceRequests/{id}); NotFound if there is none."""
        return DeviceRequests(self.c8y).get(id)

    def delete_request(self, *ids: str, workers: int | None = None) -> None:
        """Expect these devices no longer (DELETE each)."""
        DeviceRequests(self.c8y).delete(*ids, workers=workers)

    reject = delete_request

    def register_bulk(self, devices: FileSpec | Iterable[Mapping[str, Any]]) -> BulkRegistration:
        """Register many devices at once; see ``DeviceRequests.register_bulk``."""
        return DeviceRequests(self.c8y).register_bulk(devices)
