"""Operations: what devices are told to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from sdk.model.collection import (
    Collection,
    Selection,
    collecting,
    counting,
    first_of_each,
    framing,
    latest,
    selecting,
    spelled_out,
)
from sdk.model.entity import key_of
from sdk.model.filters import Paging, TimeWindow, Vocabulary
from sdk.model.managed_object import Device
from sdk.model.operation import Operation, OperationStatus, sent
from sdk.model.order import Order, put_revert, take_revert, unordered
from sdk.model.pages import Listing
from sdk.model.query import Chronology, Query
from sdk.rest.codec import Age
from sdk.rest.media_types import vendor


class OperationDeletion(TimeWindow, total=False):
    """The filters that a deletion of many operations at once understands."""

    device_id: str
    agent_id: str
    status: OperationStatus | str


class OperationFilter(OperationDeletion, Order, total=False):
    """The filters of a list of operations; they combine with *and*.

    Operations come oldest first; ``ascending=False`` (or ``revert=True``) turns that round.
    """

    bulk_id: str | int
    fragment: str


class OperationQuery(OperationFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class OperationSelection(Query[Operation]):
    """A query of operations."""

    @property
    def chronology(self) -> Chronology | None:
        """By their creation."""
        return Chronology("creationTime", newest_first=self._shifts())

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
        """Args: see ``where``; the order is given."""
        return self._query(expression, {**unordered(filters), "ascending": False})

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[OperationQuery]
    ) -> Selection[Operation]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)
    get_last = latest(_newest)

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> Query[Operation]:
        given = dict(filters)
        revert = take_revert(given, ascends=False)
        params = self._params(expression, given)
        if revert:
            put_revert(params, True)
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
        return first_of_each(self.where(**filters).limit(limit), Operation.resolve_type)

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
        return sent(self.c8y, operation, devices, workers)

    def cancel(self, *operations: Operation | str, reason: str, workers: int | None = None) -> None:
        """End operations that are not finished (PUT each): FAILED with a reason.

        Raises:
            BulkError: see ``send_to``.
        """
        json = {"status": OperationStatus.FAILED, "failureReason": reason}
        self.apply_to(json, *(key_of(one) for one in operations), workers=workers)
