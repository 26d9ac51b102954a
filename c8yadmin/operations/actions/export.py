"""Operations as rows of a file: the columns of their list, and whole objects."""

from __future__ import annotations

from c8yadmin.jobs.exports.columns import field, one_by_one
from c8yadmin.jobs.exports.exporting import Export
from c8yadmin.jobs.registry import action

SHEET = one_by_one(
    [
        ("id", field("id")),
        ("status", field("status")),
        ("description", field("description")),
        ("device id", field("device_id")),
        ("device", field("device_name")),
        ("created", field("creation_time")),
        ("failure reason", field("failure_reason")),
    ],
    lambda c8y: c8y.operations,
)


@action
class ExportOperations(Export):
    """`operations.export`."""

    name = "operations.export"
    label = "Export operations"
    target = "operations"
