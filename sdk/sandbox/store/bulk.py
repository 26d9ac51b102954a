"""Bulk operations at work: operations are created one by one along the ramp, whenever somebody looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sdk.sandbox import times
from sdk.sandbox.call import Json
from sdk.sandbox.store.operations import agent_of, open_operation
from sdk.sandbox.store.tenant import Tenant

_COUNTED = {"PENDING": "pending", "FAILED": "failed", "EXECUTING": "executing", "SUCCESSFUL": "successful"}
GENERAL = frozenset(("SCHEDULED", "EXECUTING", "EXECUTING_WITH_ERRORS", "SUCCESSFUL", "FAILED", "CANCELED"))


def advance(tenant: Tenant) -> None:
    """Create the operations that are due by now."""
    now = datetime.now(UTC)
    for bulk in tenant.bulk_operations.values():
        start = times.moment(bulk["startDate"])
        if bulk["status"] not in ("ACTIVE", "IN_PROGRESS") or start > now:
            continue
        if "targets" not in bulk:
            bulk["targets"], bulk["created"] = _targets(tenant, bulk), 0
        due = _due(bulk, now - start)
        for device in bulk["targets"][bulk["created"] : due]:
            if device in tenant.inventory.objects and agent_of(tenant, device):
                open_operation(
                    tenant, device, bulk["operationPrototype"] | {"bulkOperationId": int(bulk["id"])}
                )
        bulk["created"] = due
        bulk["status"] = "COMPLETED" if due == len(bulk["targets"]) else "IN_PROGRESS"


def _due(bulk: Json, running: timedelta) -> int:
    ramp = float(bulk["creationRamp"])
    everything = len(bulk["targets"])
    return everything if ramp == 0 else min(everything, int(running.total_seconds() / ramp) + 1)


def _targets(tenant: Tenant, bulk: Json) -> list[str]:
    """The devices of the group below all subgroups, or those whose operation of the parent failed."""
    if "failedParentId" in bulk:
        parent = int(bulk["failedParentId"])
        operations = tenant.operations.values()
        return [
            str(op["deviceId"])
            for op in operations
            if op.get("bulkOperationId") == parent and op["status"] == "FAILED"
        ]
    group = str(bulk["groupId"])
    objects = tenant.inventory.objects
    below = set(tenant.inventory.members(group)) | set(tenant.inventory.hierarchy(group))
    return sorted(
        (found for found in below if "c8y_IsDevice" in objects[found] and agent_of(tenant, found)), key=int
    )


def show_state(tenant: Tenant, bulk: Json) -> Json:
    """A bulk operation with its `generalStatus` and `progress`."""
    shown = {key: value for key, value in bulk.items() if key not in ("targets", "created", "creator")}
    number = int(bulk["id"])
    progress = {
        "pending": 0,
        "failed": 0,
        "executing": 0,
        "successful": 0,
        "all": len(bulk.get("targets", ())),
    }
    for operation in tenant.operations.values():
        if operation.get("bulkOperationId") == number:
            progress[_COUNTED[operation["status"]]] += 1
    return shown | {"progress": progress, "generalStatus": _general(bulk["status"], progress)}


def _general(status: str, progress: dict[str, int]) -> str:
    if status == "DELETED":
        return "CANCELED"
    if status == "ACTIVE":
        return "SCHEDULED"
    if status == "IN_PROGRESS" or progress["pending"] or progress["executing"]:
        return "EXECUTING_WITH_ERRORS" if progress["failed"] else "EXECUTING"
    return "FAILED" if progress["failed"] else "SUCCESSFUL"
