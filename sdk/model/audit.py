"""Audit records: who did what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Self, Unpack

from sdk.model import fields
from sdk.model.collection import Selection, collecting, counting, framing, latest, selecting, spelled_out
from sdk.model.entity import Entity
from sdk.model.filters import Paging, TimeWindow, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.unchanging import Unchanging, UnchangingCollection, complete
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


class AuditSeverity(StrEnum):
    """How grave it is."""

    CRITICAL = "CRITICAL"
    MAJOR = "MAJOR"
    MINOR = "MINOR"
    WARNING = "WARNING"
    INFORMATION = "INFORMATION"


class Change(dict[str, Any]):
    """One changed attribute within an audit record, itself the JSON of it.

    Args:
        data: the JSON to start from.
        attribute: the name of what was changed.
        new_value, previous_value: any JSON values.
        type: the type of the values, as the platform names it.
        change_type: "ADDED" or "REPLACED".
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        attribute: str | None = None,
        new_value: Any = None,
        previous_value: Any = None,
        type: str | None = None,
        change_type: str | None = None,
    ) -> None:
        known = {
            "attribute": attribute,
            "newValue": new_value,
            "previousValue": previous_value,
            "type": type,
            "changeType": change_type,
        }
        super().__init__({**(data or {}), **{key: one for key, one in known.items() if one is not None}})

    @property
    def attribute(self) -> str | None:
        """The name of what was changed."""
        return self.get("attribute")

    @property
    def new_value(self) -> Any:
        """What it is now."""
        return self.get("newValue")

    @property
    def previous_value(self) -> Any:
        """What it was before."""
        return self.get("previousValue")

    @property
    def type(self) -> str | None:
        """The type of the values."""
        return self.get("type")

    @property
    def change_type(self) -> str | None:
        """ADDED or REPLACED."""
        return self.get("changeType")


def _severity(raw: Any) -> AuditSeverity | str | None:
    """Some tenants write it in small letters."""
    text = str(raw).upper()
    return AuditSeverity(text) if text in AuditSeverity.__members__ else str(raw)


class AuditRecord(Unchanging):
    """One audit record.

    Args:
        type: what kind of thing it is about, e.g. "Alarm" or "User".
        time: when it happened: ISO text with a zone, an aware datetime, or "now".
        source: the id of the thing.
        activity: what was done, in few words.
        text: what was done, in more words.
        changes: the changed attributes.
        severity, application, user: the platform may replace them by what it knows itself.

    Raises:
        ValueError: for a time without a zone.
    """

    __slots__ = ()
    _media = "auditrecord"
    _path = "/audit/auditRecords"

    type = fields.text("type")
    time = fields.time("time")
    datetime = fields.moment("time")
    source = fields.reference("source")
    activity = fields.text("activity")
    text = fields.text("text")
    severity = fields.Field[AuditSeverity | str]("severity", _severity, str)
    application = fields.text("application")
    user = fields.text("user")
    creation_time = fields.time("creationTime", readonly=True)
    creation_datetime = fields.moment("creationTime", readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        type: str | None = None,
        time: codec.When | None = None,
        source: str | None = None,
        activity: str | None = None,
        text: str | None = None,
        changes: Iterable[Change] | None = None,
        severity: AuditSeverity | str | None = None,
        application: str | None = None,
        user: str | None = None,
        **fragments: Any,
    ) -> None:
        known = {
            "type": type,
            "activity": activity,
            "text": text,
            "severity": None if severity is None else str(severity),
            "application": application,
            "user": user,
            "time": None if time is None else codec.instant(time),
            "source": None if source is None else {"id": str(source)},
            "changes": None if changes is None else [dict(one) for one in changes],
        }
        super().__init__(c8y, **codec.present(known), **fragments)

    @property
    def changes_made(self) -> list[Change]:
        """The changed attributes (``changes()`` is what was changed in this object, as everywhere)."""
        return [Change(one) for one in documents.objects(self.json, "changes")]

    def _create(self, c8y: CumulocityRestClient, resource: str | None = None) -> Self:
        complete(self._content(), "An audit record", "type", "time", "source", "activity", "text")
        return super()._create(c8y, resource)

    def delete(self, with_device_user: bool | None = None) -> None:
        """Not offered: the platform keeps audit records."""
        raise NotImplementedError("The platform cannot delete audit records.")


class AuditFilter(TimeWindow, total=False):
    """The filters of a list of audit records; they combine with *and*."""

    type: str
    source: str
    application: str
    user: str


class AuditQuery(AuditFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class AuditRecords(UnchangingCollection[AuditRecord]):
    """The audit records of the tenant, newest first; the platform offers no other order."""

    model = AuditRecord
    listing = Listing(
        "/audit/auditRecords", "auditRecords", accept=vendor("auditrecordcollection"), newest_first=True
    )
    vocabulary = Vocabulary(AuditFilter)

    @spelled_out
    def where(self, expression: str | None = None, /, **filters: Unpack[AuditFilter]) -> Query[AuditRecord]:
        """A query for audit records (GET /audit/auditRecords), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"type=Alarm&user=admin"``.
            filters: see ``AuditFilter``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _asked(self, expression: str | None = None, /, **query: Unpack[AuditQuery]) -> Selection[AuditRecord]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)
    get_last = latest(where)

    def where_about(self, obj: Entity | str) -> Query[AuditRecord]:
        """A query for the audit records about one object, given as itself or its id."""
        return self.where(source=obj._key() if isinstance(obj, Entity) else obj)

    def get_all_for(self, obj: Entity | str, *, limit: int | None = 5) -> list[AuditRecord]:
        """The newest audit records about one object; None as the ``limit`` for all."""
        return self.where_about(obj).limit(limit).all()

    def select_for(self, obj: Entity | str, *, limit: int | None = 5) -> Iterable[AuditRecord]:
        """Iterate over the newest audit records about one object; None as the ``limit`` for all."""
        return iter(self.where_about(obj).limit(limit))

    def delete(self, *objects: AuditRecord | str, workers: int | None = None) -> None:
        """Not offered: the platform keeps audit records."""
        raise NotImplementedError("The platform cannot delete audit records.")
