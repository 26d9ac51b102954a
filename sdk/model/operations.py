"""Operations: what devices are told to do."""

from __future__ import annotations

from collections.abc import Mapping
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
from sdk.model.filters import Paging, TimeWindow, Vocabulary
from sdk.model.managed_object import Device, key_of
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest.client import CumulocityRestClient
from sdk.rest.codec import Age
from sdk.rest.media_types import vendor


class OperationStatus(StrEnum):
    """How far an operation is."""

    PENDING = "PENDING"
    EXECUTING = "EXECUTING"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"


class Operation(Entity):
    """One operation: a fragment such as ``c8y_Restart={}`` says what is to be done."""

    __slots__ = ()
    _media = "operation"
    _path = "/devicecontrol/operations"
    _server_only = Entity._server_only | {"bulkOperationId", "deviceExternalIDs", "deviceName"}
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

    def delete(self, **_: Any) -> None:
        """Not offered: the platform keeps operations; ``Operations.cancel`` ends a pending one."""
        raise NotImplementedError("The platform cannot delete a single operation; cancel it instead.")

    def resolve_type(self) -> str | None:
        """The fragment that says what is to be done, e.g. ``c8y_Restart``: the first one with a prefix."""
        fixed = self._server_only | {field.key for field in self._fields.values()}
        return next((key for key in self.keys() if key not in fixed and "_" in key), None)

    def send_to(self, *devices: Device | str, workers: int | None = None) -> list[str]:
        """Send this operation to devices; see ``Operations.send_to``."""
        return Operations(self._client()).send_to(self, *devices, workers=workers)


class OperationDeletion(TimeWindow, total=False):
    """The filters that a deletion of many operations at once understands."""

    device_id: str
    agent_id: str
    status: OperationStatus | str


class OperationFilter(OperationDeletion, total=False):
    """The filters of a list of operations; they combine with *and*.

    Operations come oldest first; ``ascending=False`` (or ``revert=True``) turns that round.
    """

    bulk_id: str | int
    fragment: str
    ascending: bool
    revert: bool


class OperationQuery(OperationFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class OperationSelection(Query[Operation]):
    """A query of operations."""

    def _shifts(self) -> bool:
        return self.params.get("revert") == "true"


_DELETION = Vocabulary(OperationDeletion, always=frozenset())


class Operations(Collection[Operation]):
    """The operations of the tenant, oldest first."""

    model = Operation
    listing = Listing("/devicecontrol/operations", "operations", accept=vendor("operationcollection"))
    vocabulary = Vocabulary(
        OperationFilter, renamed={"bulk_id": "bulkOperationId", "fragment": "fragmentType"}
    )

    @spelled_out
    def where(self, expression: str | None = None, /, **filters: Unpack[OperationFilter]) -> Query[Operation]:
        """A query for operations (GET /devicecontrol/operations), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"status=PENDING&deviceId=1"``.
            filters: see ``OperationFilter``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _newest(
        self, expression: str | None = None, /, **filters: Unpack[OperationFilter]
    ) -> Query[Operation]:
        """Args: see ``where``."""
        return self._query(expression, {**filters, "ascending": False, "revert": None})

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[OperationQuery]
    ) -> Selection[Operation]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    get_count = counting(where)
    get_last = latest(_newest)

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> Query[Operation]:
        given = dict(filters)
        ascending, revert = given.pop("ascending", None), given.pop("revert", None)
        if ascending is not None and revert is not None and ascending == revert:
            raise ValueError("ascending and revert contradict each other.")
        params = self._params(expression, given)
        if revert or ascending is False:
            params["revert"] = "true"
            if not {"dateFrom", "dateTo"} & params.keys():
                # The platform turns the order only within a range of dates.
                params["dateFrom"] = "1970-01-01T00:00:00.000Z"
        return OperationSelection(self.c8y, self.listing, self.model, params)

    def skim_latest(
        self, device_id: str, *, max_age: Age | None = None, limit: int = 200
    ) -> dict[str, Operation]:
        """The newest operation of each kind among the newest ones of a device.

        Args:
            max_age: no older ones, e.g. "1d" or "2h30m".
            limit: how many are looked at.

        Returns:
            By the fragment that says what is to be done, the newest first.
        """
        filters: OperationFilter = {"device_id": device_id, "ascending": False}
        if max_age is not None:
            filters["max_age"] = max_age
        found: dict[str, Operation] = {}
        for one in self.where(**filters).limit(limit):
            found.setdefault(one.resolve_type() or "", one)
        return found

    @spelled_out
    def delete_by(self, **filters: Unpack[OperationDeletion]) -> None:
        """Delete all operations that match, in one call (DELETE /devicecontrol/operations).

        Args:
            filters: at least one.

        Raises:
            ValueError: without a filter.
        """
        self.c8y.delete(self.listing.path, self._scope(_DELETION, filters))

    def delete(self, *objects: Operation | str, workers: int | None = None) -> None:
        """Not offered by the platform; see ``cancel`` and ``delete_by``."""
        raise NotImplementedError("The platform cannot delete a single operation; cancel it instead.")

    def send_to(
        self,
        operation: Operation | Mapping[str, Any],
        *devices: Device | str,
        workers: int | None = None,
    ) -> list[str]:
        """Create the same operation for many devices (POST each).

        Returns:
            The ids of the new operations; in the order of the devices without ``workers``.

        Raises:
            BulkError: when one of several failed; a single one raises its own error.
        """
        content = operation._appliable() if isinstance(operation, Operation) else dict(operation)
        # An operation that was read tells how it went, which a new one cannot.
        for key in ("deviceId", "status", "failureReason"):
            content.pop(key, None)

        def send(device: Device | str) -> str:
            made = Operation(None, device_id=key_of(device), **content)._create(self.c8y)
            return made.id or ""

        return each(send, devices, workers)

    def cancel(self, *operations: Operation | str, reason: str, workers: int | None = None) -> None:
        """End operations that are not finished (PUT each): FAILED with a reason.

        Raises:
            BulkError: see ``send_to``.
        """
        json = {"status": OperationStatus.FAILED, "failureReason": reason}
        self.apply_to(json, *(key_of(one) for one in operations), workers=workers)
