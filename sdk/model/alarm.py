"""One alarm: something at a device that somebody should look at."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from sdk.model import fields
from sdk.model.entity import Dated
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

LISTING: Final = Listing("/alarm/alarms", "alarms", accept=vendor("alarmcollection"), newest_first=True)


class AlarmSeverity(StrEnum):
    """How bad it is."""

    CRITICAL = "CRITICAL"
    MAJOR = "MAJOR"
    MINOR = "MINOR"
    WARNING = "WARNING"


class AlarmStatus(StrEnum):
    """Whether anybody has seen it, and whether it is over."""

    ACTIVE = "ACTIVE"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CLEARED = "CLEARED"


class Alarm(Dated):
    """One alarm. While it is not cleared, repetitions of its type and source raise its count."""

    __slots__ = ()
    _media = "alarm"
    _path = "/alarm/alarms"
    _server_only = Dated._server_only | {"count", "firstOccurrenceTime"}
    _fixed = frozenset({"type", "time", "source"})

    type = fields.text("type")
    text = fields.text("text")
    source = fields.reference("source")
    source_name = fields.member("source", "name")
    severity = fields.choice("severity", AlarmSeverity)
    status = fields.choice("status", AlarmStatus)
    count = fields.integer("count", readonly=True)
    time = fields.time("time")
    datetime = fields.moment("time")
    first_occurrence_time = fields.time("firstOccurrenceTime", readonly=True)
    first_occurrence_datetime = fields.moment("firstOccurrenceTime", readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        type: str | None = None,
        time: codec.When | None = None,
        source: str | None = None,
        text: str | None = None,
        status: AlarmStatus | str | None = None,
        severity: AlarmSeverity | str | None = None,
        **fragments: Any,
    ) -> None:
        super().__init__(c8y)
        self._fill(type=type, text=text, status=status, severity=severity, source=source, time=time)
        self += fragments

    def delete(self, with_device_user: bool | None = None) -> None:
        """Delete this alarm; see ``Alarms.delete``."""
        delete_exactly(self._client(), self._key())


def delete_exactly(c8y: CumulocityRestClient, id: str) -> None:
    """Delete one alarm by filters that match it and nothing else; see ``Alarms.delete``."""
    alarm = Alarm._read(c8y, id)
    created = alarm.creation_datetime
    if not (alarm.source and alarm.type and created):
        raise ValueError(f"Alarm {alarm.id} cannot be told from others.")
    only = {
        "source": alarm.source,
        "type": alarm.type,
        "status": str(alarm.status),
        "severity": str(alarm.severity),
        "createdFrom": codec.instant(created),
        "createdTo": codec.instant(created + timedelta(milliseconds=1)),
    }
    if list(Query(c8y, LISTING, Alarm, only).limit(2).ids()) != [alarm.id]:
        raise ValueError(f"Alarm {alarm.id} cannot be told from others of its source and type.")
    c8y.delete(LISTING.path, only)
