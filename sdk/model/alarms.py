"""Alarms: what an operator should see until it is cleared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Unpack

from sdk.model import fields
from sdk.model.bulk import each
from sdk.model.collection import (
    Collection,
    Selection,
    collecting,
    counting,
    latest,
    selecting,
    spelled_out,
)
from sdk.model.entity import Entity
from sdk.model.filters import CreatedWindow, Paging, TimeWindow, UpdatedWindow, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec, media_types
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


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


class Alarm(Entity):
    """One alarm. While it is not cleared, repetitions of its type and source raise its count."""

    __slots__ = ()
    _media = "alarm"
    _path = "/alarm/alarms"
    _server_only = Entity._server_only | {"count", "firstOccurrenceTime"}
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
    creation_time = fields.time("creationTime", readonly=True)
    creation_datetime = fields.moment("creationTime", readonly=True)
    last_updated = fields.time("lastUpdated", readonly=True)
    last_updated_datetime = fields.moment("lastUpdated", readonly=True)
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
        known = {"type": type, "text": text, "status": status, "severity": severity}
        super().__init__(c8y, **{key: str(value) for key, value in known.items() if value is not None})
        if source is not None:
            self.source = source
        if time is not None:
            self._writable()["time"] = codec.instant(time)
        self._writable().update(fragments)

    def delete(self, **_: Any) -> None:
        """Delete this alarm; see ``Alarms.delete``."""
        Alarms(self._client()).delete(self)


class AlarmScope(TimeWindow, CreatedWindow, total=False):
    """The filters that a change of many alarms at once understands."""

    source: str
    status: AlarmStatus | str | Iterable[AlarmStatus | str]
    severity: AlarmSeverity | str | Iterable[AlarmSeverity | str]
    resolved: bool
    with_source_children: bool
    with_source_assets: bool
    with_source_devices: bool
    with_source_additions: bool


class AlarmDeletion(AlarmScope, total=False):
    """The filters that a deletion of many alarms at once understands."""

    type: str | Iterable[str]


class AlarmFilter(AlarmDeletion, UpdatedWindow, total=False):
    """The filters of a list of alarms; they combine with *and*, several values of one with *or*."""


class AlarmQuery(AlarmFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


_LISTS = frozenset({"type", "status", "severity"})
_SCOPE = Vocabulary(AlarmScope, lists=_LISTS - {"type"}, always=frozenset())
_DELETION = Vocabulary(AlarmDeletion, lists=_LISTS, always=frozenset())
_UNCOUNTED = frozenset({"createdFrom", "createdTo", "lastUpdatedFrom", "lastUpdatedTo"})


class AlarmSelection(Query[Alarm]):
    """A query of alarms; the platform counts them at a place of its own."""

    def count(self) -> int:
        """How many there are (GET /alarm/alarms/count), by the list where a filter is unknown there."""
        if self.params.keys() & _UNCOUNTED:
            return super().count()
        found = self.rest.get("/alarm/alarms/count", params=self.params, accept=media_types.COUNT)
        return int(found)


class Alarms(Collection[Alarm]):
    """The alarms of the tenant, newest first; the platform offers no other order."""

    model = Alarm
    listing = Listing("/alarm/alarms", "alarms", accept=vendor("alarmcollection"), newest_first=True)
    vocabulary = Vocabulary(AlarmFilter, lists=_LISTS)

    @spelled_out
    def where(self, expression: str | None = None, /, **filters: Unpack[AlarmFilter]) -> Query[Alarm]:
        """A query for alarms (GET /alarm/alarms), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"severity=MAJOR&resolved=false"``.
            filters: see ``AlarmFilter``. ``type``, ``status`` and ``severity`` take one value or several.
        """
        return self._query(expression, filters)

    @spelled_out
    def _asked(self, expression: str | None = None, /, **query: Unpack[AlarmQuery]) -> Selection[Alarm]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    get_count = counting(where)
    count = get_count
    get_last = latest(where)

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> Query[Alarm]:
        return AlarmSelection(self.c8y, self.listing, self.model, self._params(expression, filters))

    @spelled_out
    def apply_by(self, model: Alarm | Mapping[str, Any], /, **filters: Unpack[AlarmScope]) -> None:
        """Set the status of all alarms that match, in one call (PUT /alarm/alarms).

        The tenant goes on in the background when there are many.

        Args:
            model: its ``status`` is written, nothing else can be.
            filters: at least one; there is none by type.

        Raises:
            ValueError: without a filter, or with more than a status to write.
        """
        json = model._appliable() if isinstance(model, Alarm) else dict(model)
        if json.keys() != {"status"}:
            raise ValueError("Of many alarms at once only the status can be set.")
        params = self._scope(_SCOPE, filters)
        self.c8y.put(self.listing.path, params=params, json=json, content_type=vendor("alarm"))

    @spelled_out
    def delete_by(self, **filters: Unpack[AlarmDeletion]) -> None:
        """Delete all alarms that match, in one call (DELETE /alarm/alarms), in the background.

        Args:
            filters: at least one.

        Raises:
            ValueError: without a filter.
        """
        params = self._scope(_DELETION, filters)
        self.c8y.delete(self.listing.path, params)

    def upsert(self, alarm: Alarm, *, increment_count: bool | None = None) -> Alarm:
        """Create an alarm, or write to the one of its source and type (POST /alarm/alarms/upsert).

        Only the newest platforms offer it.

        Args:
            increment_count: whether the count of one that is there rises.
        """
        found = self.c8y.post(
            f"{self.listing.path}/upsert",
            params={"incrementCount": increment_count},
            json=alarm._content(),
            accept=vendor("alarmUpsertResponse"),
            content_type=vendor("alarm"),
        )
        return Alarm.from_json(found["alarm"], self.c8y)

    def delete(self, *objects: Alarm | str, workers: int | None = None) -> None:
        """Delete single alarms, given as objects or ids.

        The platform can only delete by filters. So each alarm is read, and deleted by the filters that match
        it and nothing else: source, type, status, severity and the moment of its creation.

        Raises:
            ValueError: for an alarm that these do not tell from others; nothing is deleted then.
            BulkError: see ``create``.
        """
        each(self._delete_exactly, objects, workers)

    def _delete_exactly(self, one: Alarm | str) -> None:
        alarm = self.get(one._key() if isinstance(one, Alarm) else one)
        created = alarm.creation_datetime
        if not (alarm.source and alarm.type and created):
            raise ValueError(f"Alarm {alarm.id} cannot be told from others.")
        only: AlarmDeletion = {
            "source": alarm.source,
            "type": alarm.type,
            "status": str(alarm.status),
            "severity": str(alarm.severity),
            "created_from": created,
            "created_to": created + timedelta(milliseconds=1),
        }
        if list(self.where(**only).limit(2).ids()) != [alarm.id]:
            raise ValueError(f"Alarm {alarm.id} cannot be told from others of its source and type.")
        self.delete_by(**only)
