"""Alarms as rows of a file: the columns of their list, and whole objects."""

from __future__ import annotations

from c8yadmin.jobs.exports.columns import field, one_by_one
from c8yadmin.jobs.exports.exporting import Export
from c8yadmin.jobs.registry import action

SHEET = one_by_one(
    [
        ("id", field("id")),
        ("severity", field("severity")),
        ("status", field("status")),
        ("type", field("type")),
        ("text", field("text")),
        ("device id", field("source")),
        ("device", field("source_name")),
        ("count", field("count")),
        ("last occurred", field("time")),
        ("first occurred", field("first_occurrence_time")),
    ],
    lambda c8y: c8y.alarms,
)


@action
class ExportAlarms(Export):
    """`alarms.export`."""

    name = "alarms.export"
    label = "Export alarms"
    target = "alarms"
