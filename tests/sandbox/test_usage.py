"""Statistics of tenants and devices."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from sdk.sandbox import Sandbox, times
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

TODAY = times.now()[:10]


def test_calls_and_records_are_counted(checked: Door, acme: Tenant, agent: str) -> None:
    path = f"/tenant/statistics?dateFrom={TODAY}&dateTo={TODAY}"
    before = checked.get(path).json()["usageStatistics"]
    event = {"source": {"id": agent}, "type": "t", "text": "x", "time": times.now()}
    made = checked.post("/event/events", "event", event).json()["id"]
    checked.put(f"/event/events/{made}", "event", {"text": "y"})
    after = checked.get(path).json()["usageStatistics"][0]
    was = before[0] if before else {}
    assert after["eventsCreatedCount"] == was.get("eventsCreatedCount", 0) + 1
    assert after["eventsUpdatedCount"] == 1
    assert after["deviceWithChildrenCount"] == len(acme.inventory.index.having("c8y_IsDevice"))
    assert "cockpit" in after["subscribedApplications"]


def test_a_summary_is_the_sum_of_its_days(checked: Door) -> None:
    span = "dateFrom=2020-01-01&dateTo=2099-01-01"
    days = checked.get(f"/tenant/statistics?{span}&pageSize=2000").json()["usageStatistics"]
    summary = checked.get(f"/tenant/statistics/summary?{span}").json()
    for name in ("alarmsCreatedCount", "measurementsCreatedCount", "inventoriesCreatedCount"):
        assert summary[name] == sum(day[name] for day in days) > 0
    assert checked.get("/tenant/statistics/summary").status_code == 200


def test_other_tenants_are_for_the_management_tenant(checked: Door, management: Door) -> None:
    assert checked.get("/tenant/statistics/summary?tenant=globex").status_code == 403
    assert checked.get("/tenant/statistics/allTenantsSummary").json() == []
    assert management.get("/tenant/statistics/summary?tenant=globex").status_code == 200
    assert management.get("/tenant/statistics/summary?tenant=nowhere").status_code == 404
    summaries = management.get("/tenant/statistics/allTenantsSummary").json()
    assert [found["tenantId"] for found in summaries] == ["acme", "globex", "management"]
    assert summaries[0]["peakDeviceCount"] == summaries[0]["deviceCount"] > 0


def test_devices_are_counted_by_day_and_month(checked: Door, acme: Tenant, agent: str) -> None:
    event = {"source": {"id": agent}, "type": "t", "text": "x", "time": times.now()}
    checked.post("/event/events", "event", event)
    for span in ("daily", "monthly"):
        answer = checked.get(f"/tenant/statistics/device/acme/{span}/{TODAY}?deviceId={agent}").json()
        assert answer["statistics"][0]["deviceId"] == agent
        assert answer["statistics"][0]["count"] >= 1
        assert checked.get(f"/tenant/statistics/device/globex/{span}/{TODAY}").status_code == 403
    wrong = checked.get("/tenant/statistics/device/acme/daily/2026-01-31T00:00:00Z")
    assert wrong.status_code == 422


@pytest.mark.fact("statistics.files")
def test_statistics_files_are_for_the_management_tenant(checked: Door, management: Door) -> None:
    files = "/tenant/statistics/files"
    span = {"dateFrom": "2020-01-01T00:00:00Z", "dateTo": "2099-01-01T00:00:00Z"}
    assert checked.get(files).status_code == 403
    made = management.post(files, "tenantstatisticsdate", span)
    assert (made.status_code, made.json()["type"]) == (201, "TEST")
    listed = management.get(f"{files}?dateFrom=2030-01-01").json()["statisticsFiles"]
    assert [found["id"] for found in listed] == [made.json()["id"]]
    content = management.get(f"{files}/{made.json()['id']}").content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        table = archive.read(archive.namelist()[0]).decode()
    assert "acme" in table
    assert table.splitlines()[0].startswith("tenantId,day,alarmsCreatedCount")
    assert management.get(f"{files}/latest/2020-02-01").status_code == 200
    assert management.get(f"{files}/latest/{TODAY}").status_code == 404
    assert management.get(f"{files}/0").status_code == 404
    backwards = {"dateFrom": span["dateTo"], "dateTo": span["dateFrom"]}
    assert management.post(files, "tenantstatisticsdate", backwards).status_code == 422


def test_refused_calls_count_too_and_devices_apart(sandbox: Sandbox, acme: Tenant) -> None:
    door = Door(sandbox, "operator")
    del door.session.headers["X-Cumulocity-Application-Key"]
    before = acme.usage.days[TODAY]["requestCount"]
    assert door.get("/user/acme/users").status_code == 403
    assert acme.usage.days[TODAY]["requestCount"] == before + 1
    assert acme.usage.days[TODAY]["deviceRequestCount"] == 1


@pytest.mark.parametrize("dates", ["dateFrom=soon", "dateTo=2026-13-01"])
def test_wrong_dates_are_refused_even_without_tenants_below(
    checked: Door, management: Door, dates: str
) -> None:
    for door in (checked, management):
        refused = door.get(f"/tenant/statistics/allTenantsSummary?{dates}")
        assert (refused.status_code, refused.json()["error"]) == (422, "tenant/invalidData")
