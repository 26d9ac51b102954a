"""Alarms, and how many of them are active: the platform keeps that with their source."""

from __future__ import annotations

from sdk.sandbox.call import Json
from sdk.sandbox.store.inventory import Inventory
from sdk.sandbox.store.records import Records

COUNTS = "c8y_ActiveAlarmsStatus"
NONE_ACTIVE = {"critical": 0, "major": 0, "minor": 0, "warning": 0}


class Alarms(Records):
    """Records of alarms; the number of active ones of each severity stands in a fragment of their source."""

    def __init__(self, inventory: Inventory) -> None:
        super().__init__(lambda alarm: str(alarm["source"]["id"]), lambda alarm: str(alarm["time"]))
        self._inventory = inventory
        self._counted: dict[str, str] = {}

    def put(self, record: Json) -> Json:
        super().put(record)
        self._count(record, str(record["severity"]).lower() if record["status"] == "ACTIVE" else "")
        return record

    def remove(self, identifier: str) -> None:
        alarm = self[identifier]
        super().remove(identifier)
        self._count(alarm, "")

    def _count(self, alarm: Json, severity: str) -> None:
        """Count an alarm under `severity` and nowhere else; "" counts it nowhere."""
        before = self._counted.pop(alarm["id"], "")
        if severity:
            self._counted[alarm["id"]] = severity
        source = self._inventory.objects.get(alarm["source"]["id"])
        if source is None or before == severity:
            return
        counts = {name: _number(source.get(COUNTS), name) for name in NONE_ACTIVE}
        for name, step in ((before, -1), (severity, 1)):
            if name:
                counts[name] += step
        self._inventory.update(source["id"], {COUNTS: counts})


def _number(counts: object, name: str) -> int:
    count = counts.get(name) if isinstance(counts, dict) else 0
    return count if isinstance(count, int) else 0
