"""Retention rules at work: what is older than a rule lets it be is removed, once a day on the platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sdk.sandbox.call import Json
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.times import stamp

ANY = "*"
FINAL = ("SUCCESSFUL", "FAILED")
Remove = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Kept:
    """Data of one kind: where it is, what removes one of it, and which of it may go at all.

    `time` and `source` are the names of the properties that a rule looks at; `filters` those of a rule that
    this kind of data knows.
    """

    stored: Mapping[str, Json]
    remove: Remove
    time: str
    source: str
    filters: tuple[str, ...]
    is_done: Callable[[Json], bool] = lambda record: True


def expire(tenant: Tenant, now: datetime) -> int:
    """Carry out all rules of the tenant as of `now` (aware), one after the other; how much was removed.

    Nobody is told of it. Alarms go only when they are cleared, operations only when they are finished.
    """
    removed = 0
    with tenant.lock, tenant.feed.silence():
        for rule in tenant.retention.values():
            before = stamp(now - timedelta(days=rule["maximumAge"]))
            for kept in _meant(tenant, rule["dataType"]):
                old = [key for key, record in kept.stored.items() if _may_go(kept, rule, record, before)]
                for key in old:
                    kept.remove(key)
                removed += len(old)
    return removed


def _meant(tenant: Tenant, data_type: str) -> Iterable[Kept]:
    kinds = _kinds(tenant)
    return kinds.values() if data_type == ANY else (kinds[data_type],)


def _kinds(tenant: Tenant) -> dict[str, Kept]:
    both, bulk = ("type", "fragmentType"), tenant.bulk_operations
    return {
        "ALARM": Kept(tenant.alarms, tenant.alarms.remove, "time", "source", ("type",), _is_cleared),
        "AUDIT": Kept(tenant.audits, tenant.audits.remove, "time", "source", ("type",)),
        "BULK_OPERATION": Kept(bulk, bulk.pop, "startDate", "groupId", ("fragmentType",), _is_over),
        "EVENT": Kept(tenant.events, tenant.events.remove, "time", "source", both),
        "MEASUREMENT": Kept(tenant.measurements, tenant.measurements.remove, "time", "source", both),
        "OPERATION": Kept(
            tenant.operations, tenant.operations.remove, "creationTime", "deviceId", both[1:], _is_finished
        ),
    }


def _is_cleared(alarm: Json) -> bool:
    return bool(alarm["status"] == "CLEARED")


def _is_finished(operation: Json) -> bool:
    return operation["status"] in FINAL


def _is_over(bulk: Json) -> bool:
    return bulk["status"] in ("COMPLETED", "DELETED")


def _may_go(kept: Kept, rule: Json, record: Json, before: str) -> bool:
    if not str(record[kept.time]) < before or not kept.is_done(record):
        return False
    source = record.get(kept.source)
    found = {
        "source": {str(source["id"] if isinstance(source, dict) else source)},
        "type": {str(record.get("type"))},
        "fragmentType": {*record, *record.get("operationPrototype", ())},
    }
    return all(
        rule[name] == ANY or (name in ("source", *kept.filters) and rule[name] in values)
        for name, values in found.items()
    )
