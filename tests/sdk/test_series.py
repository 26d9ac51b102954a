"""Series: tables of values over time."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sdk import CumulocityClient, Device, Measurement, Series, SeriesSpec
from tests.sdk.server import Server, answer

START = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = {
    "values": {
        "2026-01-01T00:00:00.000Z": [{"min": 1, "max": 2}, None],
        "2026-01-01T01:00:00.000Z": [{"min": 3, "max": 4}, {"min": 5, "max": 6}],
    },
    "series": [{"type": "c8y_T", "name": "T", "unit": "C"}, {"type": "c8y_P", "name": "P"}],
    "truncated": False,
}


@pytest.fixture
def table() -> Series:
    return Series.from_json(TABLE)


def test_a_table_says_what_it_holds(table: Series) -> None:
    assert table.specs == [SeriesSpec("c8y_T", "T", "C"), SeriesSpec("c8y_P", "P", None)]
    assert [one.series for one in table.specs] == ["c8y_T.T", "c8y_P.P"]
    assert table.truncated is False
    assert table.values == TABLE["values"]


def test_rows_are_flat_and_of_the_same_length(table: Series) -> None:
    assert table.collect("c8y_T.T", "min") == [(1,), (3,)]
    assert table.collect("c8y_T.T", ["min", "max"]) == [(1, 2), (3, 4)]
    assert table.collect(value="min") == [(1, None), (3, 5)]
    assert table.collect() == [(1, 2, None, None), (3, 4, 5, 6)]
    times = list(TABLE["values"])
    assert [row[0] for row in table.collect("c8y_P.P", "min", timestamps=True)] == times
    assert table.collect("c8y_P.P", "min", "datetime")[1] == (START + timedelta(hours=1), 5)
    assert table.collect("c8y_P.P", "min", "epoch")[0] == (START.timestamp(), None)


def test_values_leave_the_gaps_out(table: Series) -> None:
    assert table.values_of("c8y_P.P", "max") == [6]
    assert table.values_of("c8y_T.T", "max") == [2, 4]
    with pytest.raises(ValueError, match=r"c8y_T\.T, c8y_P\.P"):
        table.values_of(value="min")
    with pytest.raises(ValueError, match="min, max"):
        table.values_of("c8y_T.T")
    single = Series.from_json({"values": {"2026-01-01": [{"avg": 7}]}, "series": [TABLE["series"][0]]})
    assert single.values_of() == [7]


def test_unknown_series_and_times_are_refused(table: Series) -> None:
    with pytest.raises(ValueError, match=r"no series 'c8y_X\.X'"):
        table.collect("c8y_X.X")
    with pytest.raises(ValueError, match="epoch"):
        table.collect(timestamps="seconds")


def test_a_data_frame_has_a_row_per_time_and_numbers_in_every_column(table: Series) -> None:
    frame = table.to_dataframe(timestamps="datetime")
    assert list(frame.columns) == ["c8y_T_T_min", "c8y_T_T_max", "c8y_P_P_min", "c8y_P_P_max"]
    assert [str(kind) for kind in frame.dtypes] == ["float64"] * 4
    assert list(frame.index) == [START, START + timedelta(hours=1)]
    assert frame["c8y_P_P_max"].isna().tolist() == [True, False]
    assert frame["c8y_T_T_max"].mean() == 3
    assert list(table.to_dataframe(value="min").columns) == ["c8y_T_T", "c8y_P_P"]
    assert list(table.to_dataframe("c8y_T.T").index) == [0, 1]


def test_one_series_is_a_pandas_series_or_a_numpy_array_aligned_with_the_times(table: Series) -> None:
    one = table.to_series("c8y_P.P", timestamps="epoch")
    assert (one.name, list(one.index)) == ("c8y_P_P", [START.timestamp(), START.timestamp() + 3600])
    assert one.dropna().tolist() == [5]
    array = table.to_numpy("c8y_P.P", "max")
    assert (array.dtype, array.shape) == ("float64", (2,))
    assert math.isnan(array[0])
    assert array[1] == 6


def test_a_table_without_rows_is_an_empty_frame_of_numbers() -> None:
    empty = Series.from_json({"values": {}, "series": TABLE["series"], "truncated": False})
    assert empty.to_dataframe(value="min").shape == (0, 2)
    assert empty.to_numpy("c8y_T.T", "min").shape == (0,)


@pytest.mark.parametrize("library", ["pandas", "numpy"])
def test_a_missing_library_is_named(table: Series, monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=f"pip install {library}"):
        table.to_dataframe() if library == "pandas" else table.to_numpy("c8y_T.T", "min")


def test_series_are_read_from_the_tenant(c8y: CumulocityClient, calls: list[str]) -> None:
    device = str(Device(c8y, name="pump").create().id)
    c8y.measurements.create_bulk(
        *(
            Measurement(type="t", source=device, time=START + timedelta(minutes=at), series=("c8y_T.T", at))
            for at in range(3)
        ),
        Measurement(type="t", source=device, time=START, series=[("a.b", 1), ("a.c", 2)]),
    )
    series = c8y.measurements.get_series(source=device, series=["c8y_T.T", "a.b"])
    assert series.values_of("c8y_T.T", "min") == [0, 1, 2]
    assert "series=c8y_T.T&series=a.b" in calls[-1]
    assert [row[0] for row in series.collect(["a.b"], "max")] == [1, None, None]
    newest = c8y.measurements.collect_series("min", source=device, series="c8y_T.T", ascending=False)
    assert newest == [(2,), (1,), (0,)]
    window = c8y.measurements.collect_series(
        "min", True, source=device, series="c8y_T.T", after=START + timedelta(minutes=2)
    )
    assert window == [("2026-01-01T00:02:00.000Z", 2)]


def part(times: range, truncated: bool, *names: str) -> bytes:
    values = {f"2026-01-01T00:00:{at:02}.000Z": [{"min": at, "max": at} for _ in names] for at in times}
    series = [{"type": "a", "name": name} for name in names]
    return json.dumps({"values": values, "series": series, "truncated": truncated}).encode()


@pytest.fixture
def cut_short() -> Iterator[Server]:
    """A tenant that answers two rows at a time, the later ones with a further series."""
    bodies = [
        part(range(2), True, "x"),
        part(range(1, 3), True, "y", "x"),
        part(range(2, 4), False, "y", "x"),
    ]
    with Server(*(answer(body) for body in bodies)) as server:
        yield server


def test_what_was_cut_off_is_read_too(cut_short: Server) -> None:
    with CumulocityClient(cut_short.url, "t1", None) as c8y:
        series = c8y.measurements.get_series(source="1", date_from="2026-01-01", date_to="2026-01-02")
    assert series.truncated is False
    assert series.collect(value="min") == [(0, None), (1, 1), (2, 2), (3, 3)]
    assert [one.series for one in series.specs] == ["a.x", "a.y"]
    starts = [request.split(b"dateFrom=")[1].split(b"&")[0] for request in cut_short.requests]
    assert starts == [b"2026-01-01", b"2026-01-01T00%3A00%3A01.000Z", b"2026-01-01T00%3A00%3A02.000Z"]


def test_newest_first_goes_on_backwards_and_ends_where_nothing_is_gained() -> None:
    body = json.loads(part(range(2), True, "x"))
    body["values"] = dict(reversed(body["values"].items()))
    with (
        Server(answer(json.dumps(body).encode())) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        series = c8y.measurements.get_series(source="1", revert=True)
    assert series.truncated is True
    assert series.collect(value="max") == [(1,), (0,)]
    assert len(server.requests) == 2
    assert b"dateTo=2026-01-01T00%3A00%3A00.001Z" in server.requests[1]


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({}, "source is needed"),
        ({"source": "1", "aggregation_function": "avg"}, "needs an aggregation_interval"),
        ({"source": "1", "aggregation_interval": "0h"}, "no interval"),
        ({"source": "1", "aggregation_interval": "1000s"}, "no interval"),
        ({"source": "1", "aggregation_interval": "1h", "aggregation": "HOURLY"}, "not both"),
        ({"source": "1", "date_from": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001
        ({"source": "1", "ascending": True, "revert": True}, "contradict"),
    ],
)
def test_requests_that_cannot_be_are_not_sent(
    c8y: CumulocityClient, calls: list[str], filters: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        c8y.measurements.get_series(**filters)
    assert calls == []


def test_aggregation_is_asked_for(calls: list[str]) -> None:
    with (
        Server(answer(part(range(1), False, "x"))) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        c8y.measurements.get_series(
            source="1", aggregation_interval="1h", aggregation_function=["avg", "count"]
        )
        c8y.measurements.get_series(source="1", aggregation="DAILY")
    assert b"aggregationInterval=1h" in server.requests[0]
    assert b"aggregationFunction=avg&aggregationFunction=count" in server.requests[0]
    assert b"aggregationType=DAILY" in server.requests[1]
