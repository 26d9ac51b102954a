"""What tenants and devices use of the platform."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sdk import BadAnswer, CumulocityClient
from tests.sdk.server import Server, Serving, answer, body_of, lines

DAY = {"day": "2026-01-01T00:00:00Z", "deviceCount": 3, "storageSize": 99, "subscribedApplications": ["a"]}
DEVICE = {"deviceId": "1", "count": 7, "deviceType": "c8y_Linux", "deviceParents": ["2"]}


def test_usage_is_told_by_day_and_in_sum(serving: Serving) -> None:
    server, c8y = serving({"usageStatistics": [DAY]}, {"usageStatistics": [DAY]}, DAY, [{"tenantId": "t2"}])
    [day] = c8y.tenant_statistics.get_all_usage_statistics(after="2026-01-01", before="2026-02-01")
    assert (day.device_count, day.storage_size, day.subscribed_applications) == (3, 99, ["a"])
    assert day.day_datetime == datetime(2026, 1, 1, tzinfo=UTC)
    [again] = c8y.tenant_statistics.select_usage_statistics(limit=None)
    assert again.device_count == 3
    assert c8y.tenant_statistics.get_usage_summary("t2", max_age="30d").device_count == 3
    [tenant] = c8y.tenant_statistics.get_usage_summary_all_tenants(date_from="2026-01-01")
    assert tenant.tenant_id == "t2"
    first, _, summary, every = lines(server)
    assert "dateFrom=2026-01-01&dateTo=2026-02-01" in first
    assert summary.startswith("GET /tenant/statistics/summary?dateFrom=20")
    assert summary.endswith("tenant=t2")
    assert every == "GET /tenant/statistics/allTenantsSummary?dateFrom=2026-01-01"
    with pytest.raises(TypeError):
        c8y.tenant_statistics.get_usage_summary(sourec="1")


@pytest.mark.parametrize(
    "day", ["2026-01-31", date(2026, 1, 31), datetime(2026, 1, 31, 12, tzinfo=UTC), "today"]
)
def test_devices_are_asked_for_by_a_plain_date(serving: Serving, day: str | date) -> None:
    server, c8y = serving({"statistics": [DEVICE]})
    [device] = c8y.tenant_statistics.get_all_daily_device_statistics(None, day, device_id="1")
    assert (device.device_id, device.count, device.device_parents) == ("1", 7, ["2"])
    plain = datetime.now(UTC).date().isoformat() if day == "today" else "2026-01-31"
    assert lines(server)[0].startswith(f"GET /tenant/statistics/device/t1/daily/{plain}?deviceId=1&")


def test_all_pages_of_device_statistics_are_read_and_none_twice(serving: Serving) -> None:
    pages = [{"statistics": [{**DEVICE, "deviceId": str(at)}], "next": "x"} for at in range(2)]
    server, c8y = serving(*pages, {"statistics": []})
    found = c8y.tenant_statistics.select_monthly_device_statistics("t2", "2026-01-31")
    assert [one.device_id for one in found] == ["0", "1"]
    assert [line.split("currentPage=")[1] for line in lines(server)] == ["1", "2", "3"]
    assert "/device/t2/monthly/2026-01-31?" in lines(server)[0]
    _, circling = serving(pages[0])
    with pytest.raises(BadAnswer, match="circle"):
        circling.tenant_statistics.get_all_monthly_device_statistics(month="2026-01-01", limit=None)
    _, endless = serving(*pages)
    assert len(endless.tenant_statistics.get_all_daily_device_statistics(limit=1)) == 1


def test_a_day_that_is_none_is_not_asked_for(c8y: CumulocityClient, calls: list[str]) -> None:
    for wrong in ("yesterday", "2026-13-01"):
        with pytest.raises(ValueError, match=r"(?i)isoformat|month"):
            c8y.tenant_statistics.get_all_daily_device_statistics(day=wrong)
    assert calls == []


def test_files_are_made_listed_and_received(serving: Serving, tmp_path: Path) -> None:
    file = {"id": "5", "instanceName": "x", "type": "REAL", "generationDate": "2026-01-01T00:00:00Z"}
    server, c8y = serving(file, {"statisticsFiles": [file]})
    made = c8y.tenant_statistics.generate("2026-01-01", date(2026, 2, 1))
    assert (made.id, made.type) == ("5", "REAL")
    assert body_of(server.requests[0]) == {"dateFrom": "2026-01-01", "dateTo": "2026-02-01T00:00:00.000Z"}
    assert [one.id for one in c8y.tenant_statistics.get_all_files(date_from="2026-01-01")] == ["5"]
    assert [one.id for one in c8y.tenant_statistics.select_files(limit=None)] == ["5"]
    with Server(answer(b"csv")) as sheets, CumulocityClient(sheets.url, "t1", None) as other:
        assert other.tenant_statistics.get_file("5", tmp_path / "a") == 3
        assert other.tenant_statistics.get_latest_file(tmp_path / "b", "2026-01-31") == 3
    assert lines(sheets) == [
        "GET /tenant/statistics/files/5",
        "GET /tenant/statistics/files/latest/2026-01-31",
    ]
