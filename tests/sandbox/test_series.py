"""Series of measurements, as they are and aggregated."""

from __future__ import annotations

from typing import Any

import pytest

from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

SERIES = "/measurement/measurements/series"
WINDOW = {"dateFrom": "2026-01-01", "dateTo": "2027-01-01", "revert": "false"}


@pytest.fixture
def source(admin: Door, agent: str) -> str:
    """A device with a temperature at 10:10, 10:50, 11:00 and on later days, and one pressure."""
    times = ["2026-03-04T10:10:00", "2026-03-04T10:50:00", "2026-03-04T11:00:00", "2026-03-06T00:00:00"]
    for time, value in zip([*times, "2026-05-01"], [1, 2, 6, 10, 20], strict=True):
        body = {
            "source": {"id": agent},
            "type": "t",
            "time": time,
            "my_H": {"T": {"value": value, "unit": "C"}},
        }
        admin.post("/measurement/measurements", "measurement", body)
    body = {"source": {"id": agent}, "type": "t", "time": times[2], "my_A": {"P": {"value": 900}}}
    admin.post("/measurement/measurements", "measurement", body)
    return agent


def asked(admin: Door, source: str, **options: Any) -> dict[str, Any]:
    wanted = {"source": source, "series": "my_H.T"} | WINDOW | options
    answer = admin.get(SERIES, params=wanted)
    assert answer.status_code == 200, answer.text
    table: dict[str, Any] = answer.json()
    return table


def day(text: str) -> str:
    return f"2026-{text}.000Z"


@pytest.mark.parametrize(
    ("interval", "starts"),
    [
        ("30m", ["03-04T10:00:00", "03-04T10:30:00", "03-04T11:00:00", "03-06T00:00:00", "05-01T00:00:00"]),
        ("1h", ["03-04T10:00:00", "03-04T11:00:00", "03-06T00:00:00", "05-01T00:00:00"]),
        ("1d", ["03-04T00:00:00", "03-06T00:00:00", "05-01T00:00:00"]),
        ("1w", ["03-02T00:00:00", "04-27T00:00:00"]),
        ("1M", ["03-01T00:00:00", "05-01T00:00:00"]),
        ("1q", ["01-01T00:00:00", "04-01T00:00:00"]),
        ("1y", ["01-01T00:00:00"]),
    ],
)
def test_values_are_gathered_by_interval(admin: Door, source: str, interval: str, starts: list[str]) -> None:
    table = asked(admin, source, aggregationInterval=interval)
    assert list(table["values"]) == [day(start) for start in starts]


def test_functions_are_told_and_are_minimum_and_maximum_else(admin: Door, source: str) -> None:
    hourly = asked(admin, source, aggregationInterval="1h")["values"][day("03-04T10:00:00")]
    assert hourly == [{"min": 1.0, "max": 2.0}]
    functions = ["avg", "sum", "count", "stdDevPop", "stdDevSamp"]
    daily = asked(admin, source, aggregationInterval="1d", aggregationFunction=functions)["values"]
    ((cell,), (alone,), _) = daily.values()
    assert (cell["avg"], cell["sum"], cell["count"]) == (3.0, 9.0, 3.0)
    assert (round(cell["stdDevPop"], 3), round(cell["stdDevSamp"], 3)) == (2.16, 2.646)
    assert (alone["stdDevPop"], alone["stdDevSamp"]) == (0.0, None)


def test_the_older_types_stand_for_one_unit_each(admin: Door, source: str) -> None:
    for kind, interval in (("MINUTELY", "1m"), ("HOURLY", "1h"), ("DAILY", "1d")):
        assert asked(admin, source, aggregationType=kind) == asked(
            admin, source, aggregationInterval=interval
        )
    both = asked(admin, source, aggregationType="DAILY", aggregationInterval="1y")
    assert len(both["values"]) == 1


def test_aggregated_series_have_gaps_too(admin: Door, source: str) -> None:
    table = asked(admin, source, series=["my_H.T", "my_A.P"], aggregationInterval="1h")
    assert [entry["name"] for entry in table["series"]] == ["T", "P"]
    assert table["values"][day("03-04T10:00:00")][1] is None
    assert table["values"][day("03-04T11:00:00")] == [{"min": 6.0, "max": 6.0}, {"min": 900.0, "max": 900.0}]


@pytest.mark.fact("series.aggregation")
@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"aggregationFunction": "avg"}, 400),
        ({"aggregationFunction": "mode", "aggregationInterval": "1h"}, 422),
        ({"aggregationInterval": "0h"}, 422),
        ({"aggregationInterval": "1000s"}, 422),
        ({"aggregationInterval": "5x"}, 422),
        ({"aggregationType": "YEARLY"}, 422),
    ],
)
def test_a_wrong_aggregation_is_refused(
    admin: Door, source: str, options: dict[str, str], status: int
) -> None:
    answer = admin.get(SERIES, params={"source": source} | WINDOW | options)
    assert answer.status_code == status


def test_no_number_is_too_large_and_no_interval_too_long(admin: Door, agent: str) -> None:
    for value in (10**400, -1e308, -1e308):
        body = {"source": {"id": agent}, "type": "t", "time": "0001-01-01", "my_H": {"T": {"value": value}}}
        admin.post("/measurement/measurements", "measurement", body)
    wide = {"dateFrom": "0001-01-01", "aggregationFunction": ["sum", "avg", "min"]}
    for interval in ("999w", "999y", "999d"):
        table = asked(admin, agent, aggregationInterval=interval, **wide)
        assert len(table["values"]) == 1


ALL = "/measurement/measurements"


@pytest.fixture
def measured(admin: Door, agent: str) -> str:
    """A device with a measurement in each of three hours."""
    for hour in (8, 9, 10):
        body = {"source": {"id": agent}, "type": "hourly", "time": f"2026-01-01T{hour:02}:30:00Z"}
        assert admin.post(ALL, "measurement", body | {"t_H": {"T": {"value": hour}}}).status_code == 201
    return f"{ALL}?source={agent}&type=hourly"


def hours(door: Door, path: str) -> list[int]:
    return [found["t_H"]["T"]["value"] for found in door.get(path).json()["measurements"]]


@pytest.mark.fact("measurement.series-time")
def test_time_series_come_newest_first_others_oldest_first(admin: Door, acme: Tenant, measured: str) -> None:
    dated = f"{measured}&dateFrom=2026-01-01"
    assert (hours(admin, measured), hours(admin, dated)) == ([8, 9, 10], [8, 9, 10])
    acme.time_series = True
    assert (hours(admin, measured), hours(admin, dated)) == ([10, 9, 8], [10, 9, 8])
    assert hours(admin, f"{dated}&revert=false") == [8, 9, 10]
    assert hours(admin, f"{measured}&revert=false") == [10, 9, 8]


@pytest.mark.fact("measurement.series-time")
def test_time_series_are_not_found_by_an_id_and_deleted_by_full_hours(
    admin: Door, acme: Tenant, measured: str
) -> None:
    one = f"{ALL}/{admin.get(measured).json()['measurements'][0]['id']}"
    assert admin.get(one).status_code == 200
    acme.time_series = True
    assert admin.get(one).status_code == 404
    assert admin.delete(f"{measured}&dateFrom=2026-01-01T09:30:00Z").status_code == 422
    assert admin.delete(f"{measured}&dateTo=2026-01-01T10:00:00%2B00:15").status_code == 422
    assert admin.delete(f"{measured}&dateFrom=2026-01-01T10:00:00%2B01:00").status_code == 204
    assert hours(admin, measured) == [8]
    acme.time_series = False
    assert admin.delete(f"{measured}&dateTo=2026-01-01T08:45:00Z").status_code == 204
    assert hours(admin, measured) == []
