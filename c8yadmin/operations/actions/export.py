"""Operations as rows of a file: the columns of their list, and whole objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from c8yadmin.jobs.columns import Sheet, each, field
from c8yadmin.jobs.exporting import Export
from c8yadmin.jobs.registry import action
from c8yadmin.operations.forms import OperationFilter
from sdk import CumulocityClient, Operation, Query

AT_ONCE = 40  # one request for each


def _matching(c8y: CumulocityClient, form: OperationFilter) -> Query[Operation]:
    return form.query(c8y)


def _read(c8y: CumulocityClient, ids: Sequence[str]) -> Iterable[Operation]:
    return each(c8y.operations.get, ids)


SHEET = Sheet(
    columns=[
        ("id", field("id")),
        ("status", field("status")),
        ("description", field("description")),
        ("device id", field("device_id")),
        ("device", field("device_name")),
        ("created", field("creation_time")),
        ("failure reason", field("failure_reason")),
    ],
    matching=_matching,
    read=_read,
    at_once=AT_ONCE,
    calls=AT_ONCE,
)


@action
class ExportOperations(Export):
    """`operations.export`."""

    name = "operations.export"
    target = "operations"
