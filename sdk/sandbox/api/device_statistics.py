"""Device statistics: how many alarms, events and measurements each device sent in a day or month."""

from __future__ import annotations

import re
from collections import Counter

from sdk.sandbox import times
from sdk.sandbox.api.tenants import fetch_tenant
from sdk.sandbox.call import Answer, Call, Json, Routes, invalid
from sdk.sandbox.paging import collection
from sdk.sandbox.store.inventory import KINDS
from sdk.sandbox.store.tenant import Tenant

routes = Routes("tenant")

READ = ("ROLE_TENANT_STATISTICS_READ",)
OF_DEVICES = "/tenant/statistics/device/{tenantId}"
COUNTED = (("alarms", "creationTime"), ("events", "creationTime"), ("measurements", "time"))
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _counts(tenant: Tenant, span: str) -> Counter[str]:
    """The number of records by source whose times begin with `span`."""
    return Counter(
        record["source"]["id"]
        for store, time in COUNTED
        for record in list(getattr(tenant, store).values())
        if record[time].startswith(span)
    )


def _list(call: Call, length: int) -> Answer:
    """The statistics of the day or month that the first `length` characters of the date tell."""
    tenant = fetch_tenant(call, own=True)
    if not _DATE.fullmatch(call.path["date"]):
        raise invalid("The date looks like 2026-01-31.")
    counts = _counts(tenant, times.normal(call.path["date"], "date")[:length])
    wanted = call.text("deviceId")
    found = sorted((device for device in counts if wanted in (None, device)), key=int)
    answer = collection(call, "devices", found, lambda device: _render(tenant, device, counts[device]), ())
    answer.body["statistics"] = answer.body.pop("devices")
    return answer


def _render(tenant: Tenant, device: str, count: int) -> Json:
    inventory = tenant.inventory
    parents = sorted({above for kind in KINDS for above in inventory.parents[kind].get(device, ())}, key=int)
    kind = inventory.objects.get(device, {}).get("type")
    return {"deviceId": device, "deviceParents": parents, "count": count} | (
        {"deviceType": kind} if kind else {}
    )


@routes.get(f"{OF_DEVICES}/daily/{{date}}", roles=READ, produces="application/json", wide=True)
def list_daily(call: Call) -> Answer:
    return _list(call, len("2026-01-31"))


@routes.get(f"{OF_DEVICES}/monthly/{{date}}", roles=READ, produces="application/json", wide=True)
def list_monthly(call: Call) -> Answer:
    return _list(call, len("2026-01"))
