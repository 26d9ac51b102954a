"""Usage statistics: of the current tenant by days, of all tenants in sum, and the files of both."""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO, StringIO

from sdk.sandbox import times
from sdk.sandbox.api.tenants import is_below
from sdk.sandbox.call import Answer, Call, Json, Routes, forbidden, invalid, not_found
from sdk.sandbox.files import BINARY, File, download
from sdk.sandbox.paging import collection
from sdk.sandbox.store.tenant import Tenant

routes = Routes("tenant")

READ = ("ROLE_TENANT_STATISTICS_READ",)
FILES = "/tenant/statistics/files"
FILE_READ, FILE_CREATE = ("ROLE_TENANT_MANAGEMENT_ADMIN",), "ROLE_TENANT_MANAGEMENT_CREATE"
CREATED = (
    ("alarmsCreatedCount", "alarms", "creationTime"),
    ("eventsCreatedCount", "events", "creationTime"),
    ("measurementsCreatedCount", "measurements", "time"),
    ("operationsCreatedCount", "operations", "creationTime"),
)
UPDATED = ("alarmsUpdatedCount", "eventsUpdatedCount", "inventoriesUpdatedCount", "operationsUpdatedCount")
BYTES_OF_A_RECORD = 512
_MONTH = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def _days(tenant: Tenant) -> dict[str, Counter[str]]:
    """The counters of each day on which something happened, oldest first."""
    days: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, store, time in CREATED:
        for record in list(getattr(tenant, store).values()):
            days[record[time][:10]][name] += 1
    for document in list(tenant.inventory.objects.values()):
        days[document["creationTime"][:10]]["inventoriesCreatedCount"] += 1
    for day, counted in list(tenant.usage.days.items()):
        days[day].update(counted)
    return {day: days[day] for day in sorted(days)}


def _counts(counted: Counter[str]) -> Json:
    """The counters as the platform names them. What was there before it was counted took a request each."""
    created = {name: counted[name] for name in (*(name for name, *_ in CREATED), "inventoriesCreatedCount")}
    updated = {name: counted[name] for name in UPDATED}
    changes = sum(created.values()) + sum(updated.values())
    requests = {
        "requestCount": max(counted["requestCount"], changes),
        "deviceRequestCount": counted["deviceRequestCount"],
        "totalResourceCreateAndUpdateCount": changes,
    }
    return created | updated | requests


def _state(call: Call, tenant: Tenant) -> Json:
    """What is counted by looking: devices, storage, applications."""
    inventory = tenant.inventory
    devices = inventory.index.having("c8y_IsDevice").listed()
    roots = [device for device in devices if not inventory.parents["childDevices"].get(device)]
    records = sum(len(getattr(tenant, store)) for _, store, _ in CREATED) + len(inventory.objects)
    files = sum(
        len(file.content) for file in [*inventory.files.values(), *tenant.events.attachments.values()]
    )
    apps = call.sandbox.applications.values()
    return {
        "deviceCount": len(roots),
        "deviceEndpointCount": len(devices) - len(roots),
        "deviceWithChildrenCount": len(devices),
        "storageSize": records * BYTES_OF_A_RECORD + files,
        "subscribedApplications": sorted(app.name for app in apps if tenant.name in app.subscribers),
        "resources": {"cpu": 0, "memory": 0, "usedBy": []},
    }


def _between(call: Call, days: Iterable[str], default: str = "") -> list[str]:
    """The days from `dateFrom` to `dateTo`, both included; `default` is the first without `dateFrom`."""
    start, end = call.text("dateFrom"), call.text("dateTo")
    first = times.normal(start, "dateFrom")[:10] if start else default
    last = times.normal(end, "dateTo")[:10] if end else "9999"
    return [day for day in days if first <= day <= last]


def _this_month() -> str:
    return times.now()[:8] + "01"


@routes.get("/tenant/statistics", roles=READ, produces="tenantusagestatisticscollection", wide=True)
def list_days(call: Call) -> Answer:
    days = _days(call.tenant)
    state = _state(call, call.tenant)

    def render(day: str) -> Json:
        own = call.link("tenant", "statistics", day)
        return _counts(days[day]) | state | {"day": f"{day}T00:00:00.000Z", "self": own}

    return collection(call, "usageStatistics", _between(call, days), render)


def _summary(call: Call, tenant: Tenant, days: list[str]) -> Json:
    known = _days(tenant)
    total: Counter[str] = Counter()
    for day in days:
        total.update(known[day])
    return _counts(total) | _state(call, tenant)


@routes.get(
    "/tenant/statistics/summary",
    roles=(*READ, "ROLE_INVENTORY_READ", "ROLE_MANAGED_OBJECT_READ"),
    produces="tenantusagestatisticssummary",
    wide=True,
)
def get_summary(call: Call) -> Answer:
    """Without dates, the sum of the current month."""
    tenant, name = call.tenant, call.text("tenant")
    if name is not None:
        found = call.sandbox.tenants.get(name)
        if found is None:
            raise not_found(f"Tenant '{name}' was not found.")
        if not is_below(call, found):
            raise forbidden()
        tenant = found
    days = _between(call, _days(tenant), _this_month())
    return Answer(_summary(call, tenant, days) | {"day": f"{times.now()[:10]}T00:00:00.000Z"})


@routes.get(
    "/tenant/statistics/allTenantsSummary",
    roles=("ROLE_TENANT_MANAGEMENT_READ",),
    produces="application/json",
    wide=True,
)
def list_summaries(call: Call) -> Answer:
    _between(call, ())  # wrong dates are refused even where there is no tenant to count
    tenants = [found for found in call.sandbox.tenants.values() if is_below(call, found)]
    return Answer(
        [_of_tenant(call, tenant, _between(call, _days(tenant), _this_month())) for tenant in tenants]
    )


def _of_tenant(call: Call, tenant: Tenant, days: list[str]) -> Json:
    body = _summary(call, tenant, days)
    peaks = {f"peak{name[0].upper()}{name[1:]}": body[name] for name in _PEAKS}
    profile = tenant.profile
    body |= {
        "tenantId": tenant.name,
        "tenantDomain": tenant.domain,
        "tenantCompany": profile.get("company", ""),
    }
    body |= {"creationTime": profile.get("creationTime", times.stamp(call.sandbox.start))}
    body |= {"tenantCustomProperties": profile.get("customProperties", {})}
    return body | peaks | ({"parentTenantId": profile["parent"]} if "parent" in profile else {})


_PEAKS = ("deviceCount", "deviceWithChildrenCount", "storageSize")


def _require_management(call: Call) -> None:
    if call.tenant.name != "management":
        raise forbidden("Only the management tenant has statistics files.")


@routes.get(FILES, roles=FILE_READ, produces="tenantStatisticsfilecollection")
def list_files(call: Call) -> Answer:
    _require_management(call)
    start, end = call.text("dateFrom"), call.text("dateTo")
    first = times.normal(start, "dateFrom") if start else ""
    last = times.normal(end, "dateTo") if end else "9999"
    stored = [found for found, _ in call.tenant.statistics_files.values()]
    found = [it for it in stored if it["dateFrom"] <= last and it["dateTo"] >= first]
    return collection(call, "statisticsFiles", found, lambda it: it, totals=("totalPages",))


@routes.post(
    FILES,
    roles=(*FILE_READ, FILE_CREATE),
    consumes=("tenantstatisticsdate",),
    produces="tenantstatisticsfile",
    wide=True,
)
def create_file(call: Call) -> Answer:
    _require_management(call)
    start, end = (times.normal(str(call.json.get(name)), name) for name in ("dateFrom", "dateTo"))
    if start > end:
        raise invalid("'dateFrom' must not be after 'dateTo'.")
    made = {"id": call.tenant.next_id(), "instanceName": "sandbox", "generationDate": times.now()}
    made |= {"dateFrom": start, "dateTo": end, "type": "TEST"}
    call.tenant.statistics_files[made["id"]] = made, _file(call, start[:10], end[:10])
    return Answer(made, 201)


def _file(call: Call, first: str, last: str) -> File:
    """A ZIP file with a table: a row for each tenant and day."""
    table = StringIO()
    rows = [
        {"tenantId": tenant.name, "day": day} | _counts(counted)
        for tenant in call.sandbox.tenants.values()
        for day, counted in _days(tenant).items()
        if first <= day <= last
    ]
    writer = csv.DictWriter(table, ["tenantId", "day", *_counts(Counter())])
    writer.writeheader()
    writer.writerows(rows)
    name, content = f"statistics-{first}-{last}", BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", table.getvalue())
    return File(f"{name}.zip", BINARY, content.getvalue())


@routes.get(f"{FILES}/{{id}}", roles=FILE_READ, produces=BINARY)
def get_file(call: Call) -> Answer:
    _require_management(call)
    if call.path["id"] not in call.tenant.statistics_files:
        raise not_found(f"Statistics file '{call.path['id']}' was not found.")
    return download(call, call.tenant.statistics_files[call.path["id"]][1])


@routes.get(f"{FILES}/latest/{{month}}", roles=FILE_READ, produces=BINARY, wide=True)
def get_latest_file(call: Call) -> Answer:
    """The file of a month that is over, which the platform makes on the first day of the next."""
    _require_management(call)
    if not _MONTH.fullmatch(call.path["month"]):
        raise invalid("The month looks like 2026-01-01.")
    first = times.normal(f"{call.path['month'][:7]}-01", "month")[:10]
    if first >= _this_month():
        raise not_found(f"There is no statistics file of '{first[:7]}' yet.")
    end = times.moment(first).replace(day=28) + timedelta(days=4)
    last = times.stamp(end - timedelta(days=end.day))[:10]
    return download(call, _file(call, first, last))
