"""Operations of devices: which agent runs them, how one is opened."""

from __future__ import annotations

from sdk.sandbox import times
from sdk.sandbox.call import Json, invalid
from sdk.sandbox.store.tenant import Tenant

AGENT = "com_cumulocity_model_Agent"


def agent_of(tenant: Tenant, device: str) -> str | None:
    """The agent that runs a device: itself, or the nearest parent device that is one."""
    seen, waiting = set(), [device]
    while waiting:
        current = waiting.pop(0)
        if AGENT in tenant.inventory.objects.get(current, {}):
            return current
        seen.add(current)
        waiting.extend(
            parent
            for parent in tenant.inventory.parents["childDevices"].get(current, ())
            if parent not in seen
        )
    return None


def open_operation(tenant: Tenant, device: str, content: Json) -> Json:
    """Store a new operation of a device that has an agent; 422 if it has none."""
    agent = agent_of(tenant, device)
    if agent is None:
        raise invalid(f"Device '{device}' is not an agent and not a child of one.")
    operation = {"id": tenant.next_id(), "creationTime": times.now(), "deviceId": device, "status": "PENDING"}
    name = tenant.inventory.objects[device].get("name")
    if name:
        operation["deviceName"] = name
    return tenant.operations.put(operation | {"agentId": agent} | content)
