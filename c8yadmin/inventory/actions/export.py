"""Devices as rows of a file: the columns of their list, and whole objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from c8yadmin.inventory.conditions import SEVERITIES
from c8yadmin.inventory.forms import DeviceFilter
from c8yadmin.inventory.rows import active_alarms, availability, parents
from c8yadmin.jobs.exports.columns import Sheet, field
from c8yadmin.jobs.exports.exporting import Export
from c8yadmin.jobs.registry import action
from sdk import CumulocityClient, Device, ManagedObject, Query

AT_ONCE = 100  # ids in one address


def _matching(c8y: CumulocityClient, form: DeviceFilter) -> Query[Device]:
    return form.query(c8y, with_groups=True)


def _read(c8y: CumulocityClient, ids: Sequence[str]) -> Iterable[ManagedObject]:
    return c8y.inventory.where(ids=list(ids), with_groups=True)


def _groups(found: ManagedObject) -> str:
    return ", ".join(name or id for id, name in parents(found.get("assetParents")))


def _alarms(severity: str, found: ManagedObject) -> int:
    return dict(active_alarms(found)).get(severity, 0)


SHEET = Sheet(
    columns=[
        ("id", field("id")),
        ("name", field("name")),
        ("type", field("type")),
        ("groups", _groups),
        ("availability", availability),
        *((f"{severity} alarms", partial(_alarms, severity)) for severity in SEVERITIES),
        ("owner", field("owner")),
        ("created", field("creation_time")),
        ("last update", field("last_updated")),
    ],
    matching=_matching,
    read=_read,
    at_once=AT_ONCE,
    calls=1,
)


@action
class ExportDevices(Export):
    """`inventory.export`."""

    name = "inventory.export"
    label = "Export devices"
    target = "devices"
