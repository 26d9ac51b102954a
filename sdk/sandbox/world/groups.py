"""Nested device groups, smart groups, and the group that the restricted user may work on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sdk.sandbox import times
from sdk.sandbox.call import Json
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.world.makes import SITES

HALLS = 3
FLOORS_OF_FIRST_HALL = 2
PER_LEAF = 12
SMART = {
    "Offline devices": "$filter=(c8y_Availability.status eq 'UNAVAILABLE')",
    "All pumps": "$filter=(type eq 'c8y_Pump') $orderby=name asc",
    "Gateways on old firmware": "$filter=(type eq 'c8y_Gateway' and c8y_Firmware.version eq '7.1.2')",
}


def build_groups(tenant: Tenant, devices: int, start: datetime) -> list[str]:
    """Sites with halls, the first hall with floors, and smart groups; gives the ids of those that hold
    devices.
    """
    at = times.stamp(start - timedelta(days=400))
    sites = min(len(SITES), max(2, devices // 60))
    leaves = []
    for site in SITES[:sites]:
        root = _group(tenant, f"Site {site}", "c8y_DeviceGroup", at)
        for hall in range(1, HALLS + 1):
            inner = _group(tenant, f"{site} hall {hall}", "c8y_DeviceSubGroup", at, root)
            floors = FLOORS_OF_FIRST_HALL if hall == 1 else 0
            leaves += [
                _group(tenant, f"{site} hall {hall} floor {floor}", "c8y_DeviceSubGroup", at, inner)
                for floor in range(1, floors + 1)
            ]
            if not floors:
                leaves.append(inner)
    _group(tenant, "Empty <i>group</i> & 'spares'", "c8y_DeviceGroup", at)
    for name, query in SMART.items():
        smart: Json = {"c8y_IsDynamicGroup": {"invisible": {}}, "c8y_DeviceQueryString": query}
        _group(tenant, name, "c8y_DynamicGroup", at, **smart)
    return leaves


def _group(tenant: Tenant, name: str, kind: str, at: str, parent: str = "", **more: object) -> str:
    identifier = tenant.next_id()
    document = {
        "id": identifier,
        "name": name,
        "type": kind,
        "owner": "admin",
        "creationTime": at,
        "lastUpdated": at,
    }
    tenant.inventory.create(document | {"c8y_IsDeviceGroup": {}} | more)
    if parent:
        tenant.inventory.link("childAssets", parent, identifier)
    return identifier


def restrict(tenant: Tenant, groups: list[str]) -> None:
    """The user `restricted` manages the first group that holds devices, and nothing else."""
    tenant.assignments["restricted"] = {1: {"id": 1, "managedObject": groups[0], "roles": [2, 3]}}
