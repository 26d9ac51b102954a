"""The platform's watch over devices: one that is silent for too long is unavailable until it is heard."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sdk.sandbox import times
from sdk.sandbox.call import Json

if TYPE_CHECKING:
    from sdk.sandbox.store.tenant import Tenant

ALARM = "c8y_UnavailabilityAlarm"
SHORTEST, LONGEST = -32_768, 32_767


def interval_of(document: Json) -> int | None:
    """The minutes within which a device is to be heard, within the platform's borders; a number that was sent
    as a text counts, too. None if the device is not monitored; one in maintenance has 0 or less.
    """
    required = document.get("c8y_RequiredAvailability")
    interval = required.get("responseInterval") if isinstance(required, dict) else None
    if isinstance(interval, str) and re.fullmatch(r"-?\d{1,18}", interval):
        interval = int(interval)
    if isinstance(interval, bool) or not isinstance(interval, int | float):
        return None
    return int(min(max(interval, SHORTEST), LONGEST))


def decay(tenant: Tenant, devices: Iterable[str]) -> None:
    """Mark those of the devices that have been silent for longer than they should, and raise an alarm."""
    for device in devices:
        document = tenant.inventory.objects.get(device)
        if document is not None and _is_overdue(document):
            state = document["c8y_Availability"] | {"status": "UNAVAILABLE"}
            tenant.inventory.update(device, {"c8y_Availability": state})
            _raise_alarm(tenant, device)


def _is_overdue(document: Json) -> bool:
    interval, state = interval_of(document), document.get("c8y_Availability")
    if interval is None or not isinstance(state, dict) or state.get("status") != "AVAILABLE" or interval <= 0:
        return False
    try:
        return times.moment(state["lastMessage"]) + timedelta(minutes=interval) < datetime.now(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return False


def _raise_alarm(tenant: Tenant, device: str) -> None:
    if _open_alarm(tenant, device) is None:
        at = times.now()
        alarm = {
            "id": tenant.next_id(), "source": {"id": device}, "type": ALARM, "severity": "MAJOR",
            "status": "ACTIVE", "text": "No data received from the device within the required interval.",
            "time": at, "creationTime": at, "lastUpdated": at, "firstOccurrenceTime": at, "count": 1,
        }  # fmt: skip
        tenant.alarms.put(alarm)


def _open_alarm(tenant: Tenant, device: str) -> Json | None:
    return next(
        (it for it in tenant.alarms.of(device) if it["type"] == ALARM and it["status"] != "CLEARED"), None
    )


def recover(tenant: Tenant, device: str) -> None:
    """The device was heard: the alarm that missed it is cleared."""
    alarm = _open_alarm(tenant, device)
    if alarm is not None:
        tenant.alarms.put(alarm | {"status": "CLEARED", "lastUpdated": times.now()})
