"""Alarms: what an operator should see until it is cleared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from sdk.model.alarm import LISTING, Alarm, AlarmSeverity, AlarmStatus, delete_exactly
from sdk.model.bulk import each
from sdk.model.collection import (
    Collection,
    Selection,
    collecting,
    counting,
    framing,
    latest,
    selecting,
    spelled_out,
)
from sdk.model.entity import key_of
from sdk.model.filters import CreatedWindow, Paging, TimeWindow, UpdatedWindow, Vocabulary
from sdk.model.query import Chronology, Query
from sdk.rest import documents, media_types
from sdk.rest.media_types import vendor


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

    @property
    def chronology(self) -> Chronology | None:
        """By when they last occurred."""
        return Chronology("time", newest_first=True)

    def count(self) -> int:
        """How many there are (GET /alarm/alarms/count), by the list where a filter is unknown there."""
        if self.params.keys() & _UNCOUNTED:
            return super().count()
        found = self.rest.get("/alarm/alarms/count", params=self.params, accept=media_types.COUNT)
        return int(found)


class Alarms(Collection[Alarm]):
    """The alarms of the tenant, newest first; the platform offers no other order."""

    model = Alarm
    listing = LISTING
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
    to_dataframe = framing(_asked)
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
            filters: a source or a date among them.

        Raises:
            ValueError: without a source and without a date, which the platform refuses.
        """
        self._delete_records(_DELETION, filters)

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
        return Alarm.from_json(documents.part(found, "alarm"), self.c8y)

    def delete(self, *objects: Alarm | str, workers: int | None = None) -> None:
        """Delete single alarms, given as objects or ids.

        The platform can only delete by filters. So each alarm is read, and deleted by the filters that match
        it and nothing else: source, type, status, severity and the moment of its creation.

        Raises:
            ValueError: for an alarm that these do not tell from others; nothing is deleted then.
            BulkError: see ``create``.
        """
        each(lambda one: delete_exactly(self.c8y, key_of(one)), objects, workers)
