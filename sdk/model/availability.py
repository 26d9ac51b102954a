"""Whether a device is connected and sends what it should."""

from __future__ import annotations

from enum import StrEnum

from sdk.model import fields
from sdk.model.object import CumulocityObject


class ConnectionStatus(StrEnum):
    """Whether a device is connected right now."""

    CONNECTED = "CONNECTED"
    DISCONNECTED = "DISCONNECTED"
    MAINTENANCE = "MAINTENANCE"


class DataStatus(StrEnum):
    """Whether a device sent data within its interval."""

    AVAILABLE = "AVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"
    MAINTENANCE = "MAINTENANCE"


class Availability(CumulocityObject):
    """How the platform last saw a device. ``interval`` is in minutes."""

    __slots__ = ()
    ConnectionStatus = ConnectionStatus
    DataStatus = DataStatus

    device_id = fields.text("deviceId", readonly=True)
    external_id = fields.text("externalId", readonly=True)
    last_message = fields.time("lastMessage", readonly=True)
    last_message_datetime = fields.moment("lastMessage", readonly=True)
    interval = fields.integer("interval", readonly=True)
    interval_minutes = fields.integer("interval", readonly=True)
    connection_status = fields.choice("connectionStatus", ConnectionStatus, readonly=True)
    data_status = fields.choice("dataStatus", DataStatus, readonly=True)
