"""Bulk operations: one operation for every device of a group, created step by step."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypedDict, Unpack

from sdk.model import fields
from sdk.model.bulk import each
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.entity import Entity, key_of
from sdk.model.filters import Paging, Vocabulary
from sdk.model.operation import Operation
from sdk.model.operations import Operations
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


class BulkOperationStatus(StrEnum):
    """How far the creation of the operations is. COMPLETED: all are created, not executed."""

    ACTIVE = "ACTIVE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    DELETED = "DELETED"


class BulkOperationGeneralStatus(StrEnum):
    """How far the operations themselves are."""

    SCHEDULED = "SCHEDULED"
    EXECUTING = "EXECUTING"
    EXECUTING_WITH_ERRORS = "EXECUTING_WITH_ERRORS"
    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class BulkOperation(Entity):
    """An operation for each device of a group, or for those where an earlier one failed.

    Args:
        group_id: the group; not together with ``failed_parent_id``.
        failed_parent_id: the earlier bulk operation whose failures are tried again.
        start_time: when to begin.
        creation_ramp: seconds between two operations.
        operation_prototype: what each device is told, e.g. ``{"c8y_Restart": {}}``.
    """

    __slots__ = ()
    _media = "bulkoperation"
    _path = "/devicecontrol/bulkoperations"
    _server_only = Entity._server_only | {"status", "generalStatus", "progress"}

    group_id = fields.text("groupId")
    failed_parent_id = fields.text("failedParentId")
    start_time = fields.time("startDate")
    start_datetime = fields.moment("startDate")
    creation_ramp = fields.number("creationRamp")
    operation_prototype = fields.document("operationPrototype")
    status = fields.choice("status", BulkOperationStatus, readonly=True)
    general_status = fields.choice("generalStatus", BulkOperationGeneralStatus, readonly=True)
    progress = fields.document("progress", readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        group_id: str | None = None,
        failed_parent_id: str | None = None,
        start_time: codec.When | None = None,
        creation_ramp: float | None = None,
        operation_prototype: dict[str, Any] | None = None,
        **fragments: Any,
    ) -> None:
        known = {
            "groupId": group_id,
            "failedParentId": failed_parent_id,
            "startDate": None if start_time is None else codec.instant(start_time),
            "creationRamp": creation_ramp,
            "operationPrototype": operation_prototype,
        }
        super().__init__(c8y, **codec.present(known), **fragments)


class BulkOperationFilter(TypedDict, total=False):
    """The filters of a list of bulk operations."""

    general_status: BulkOperationGeneralStatus | str
    date_from: codec.When
    date_to: codec.When
    with_deleted: bool


class BulkOperationQuery(BulkOperationFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class BulkOperations(Collection[BulkOperation]):
    """The bulk operations of the tenant."""

    model = BulkOperation
    listing = Listing(
        "/devicecontrol/bulkoperations", "bulkOperations", accept=vendor("bulkoperationcollection")
    )
    vocabulary = Vocabulary(BulkOperationFilter)

    @spelled_out
    def where(
        self, expression: str | None = None, /, **filters: Unpack[BulkOperationFilter]
    ) -> Query[BulkOperation]:
        """A query for bulk operations (GET /devicecontrol/bulkoperations), sent when it is used."""
        return self._query(expression, filters)

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[BulkOperationQuery]
    ) -> Selection[BulkOperation]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def cancel(self, *operations: BulkOperation | str, workers: int | None = None) -> None:
        """Stop creating operations (DELETE each); what was created stays.

        Raises:
            BulkError: when one of several failed; a single one raises its own error.
        """
        each(lambda one: self._delete_one(one, {}), operations, workers)

    def retry_failed(
        self, operation: BulkOperation | str, start_time: codec.When, creation_ramp: float = 1.0
    ) -> BulkOperation:
        """Do again what failed in a bulk operation (POST of a new one with ``failedParentId``).

        The devices are told the same as before; where ``operation`` does not hold that, it is read first.

        Args:
            start_time: when to begin, in the future.
            creation_ramp: seconds between two operations.
        """
        known = operation if isinstance(operation, BulkOperation) else None
        failed = known if known and known.operation_prototype else self.get(key_of(operation))
        again = BulkOperation(
            failed_parent_id=failed._key(),
            start_time=start_time,
            creation_ramp=creation_ramp,
            operation_prototype=failed.operation_prototype,
        )
        return again._create(self.c8y)

    def get_operations(self, id: BulkOperation | str) -> Query[Operation]:
        """The operations that a bulk operation created (GET /devicecontrol/operations?bulkOperationId=)."""
        return Operations(self.c8y).where(bulk_id=key_of(id))
