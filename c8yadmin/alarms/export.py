"""Alarms as rows of a file: the columns of their list, and whole objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from c8yadmin.alarms.forms import AlarmFilter
from c8yadmin.jobs.columns import Sheet, each, field
from c8yadmin.jobs.exporting import Export
from c8yadmin.jobs.registry import action
from sdk import Alarm, CumulocityClient, Query

AT_ONCE = 40  # one request for each


def _matching(c8y: CumulocityClient, form: AlarmFilter) -> Query[Alarm]:
    return form.query(c8y)


def _read(c8y: CumulocityClient, ids: Sequence[str]) -> Iterable[Alarm]:
    return each(c8y.alarms.get, ids)


SHEET = Sheet(
    columns=[
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
    matching=_matching,
    read=_read,
    at_once=AT_ONCE,
    calls=AT_ONCE,
)


@action
class ExportAlarms(Export):
    """`alarms.export`."""

    name = "alarms.export"
    target = "alarms"
