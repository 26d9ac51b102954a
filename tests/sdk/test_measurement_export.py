"""Measurements as files for spreadsheets."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from sdk import CumulocityClient, Device, Measurement, Unreachable
from tests.sdk.server import Answer, Server, answer

HEADER = b"time,source,device_name,fragment.series,value,unit\n"


def count(total: int) -> Answer:
    """What the tenant says to a question for the number of measurements."""
    body = {"measurements": [{}], "statistics": {"totalElements": total, "pageSize": 1, "currentPage": 1}}
    return answer(json.dumps(body).encode())


def sheet(*rows: str, end: bytes = b"\n") -> Answer:
    return answer(HEADER + b"\n".join(row.encode() for row in rows) + end, "200 OK", "Content-Type: text/csv")


def client(server: Server) -> CumulocityClient:
    return CumulocityClient(server.url, "t1", None)


def test_a_small_export_is_passed_on_as_it_comes(tmp_path: Path) -> None:
    with Server(count(2), sheet("a", "b")) as server, client(server) as c8y:
        size = c8y.measurements.export(tmp_path / "m.csv", source="1")
    assert (tmp_path / "m.csv").read_bytes() == HEADER + b"a\nb\n"
    assert size == len(HEADER) + 4
    asked = server.requests[1]
    assert b"accept: text/csv" in asked.lower()
    for word in (b"source=1", b"revert=false", b"dateFrom=1970", b"dateTo=20", b"pageSize=2000"):
        assert word in asked


def test_pages_are_put_together_under_one_header() -> None:
    kept = io.BytesIO()
    with (
        Server(count(4001), sheet("a", "b", end=b""), sheet("c"), sheet("d")) as server,
        client(server) as c8y,
    ):
        c8y.measurements.export(kept, source="1", ascending=False)
    assert kept.getvalue() == HEADER + b"a\nb\nc\nd\n"
    assert len(server.requests) == 4
    assert b"currentPage=3" in server.requests[3]
    assert b"revert=true" in server.requests[3]


def test_a_tenant_that_sends_everything_at_once_is_not_written_twice() -> None:
    with Server(count(5000), sheet("a", "b", "c")) as server, client(server) as c8y:
        assert b"".join(c8y.measurements.stream_export(source="1")) == HEADER + b"a\nb\nc\n"
    assert len(server.requests) == 3


def test_a_workbook_is_asked_for_by_its_type_and_never_cut_short(tmp_path: Path) -> None:
    with Server(count(3), answer(b"PK..."), count(2001)) as server, client(server) as c8y:
        assert c8y.measurements.export(tmp_path / "m.xlsx", "xlsx", source="1") == 5
        assert b"accept: application/xlsx" in server.requests[1].lower()
        with pytest.raises(ValueError, match="narrow the dates"):
            c8y.measurements.export(tmp_path / "m.xlsx", "xlsx", source="1")
        with pytest.raises(ValueError, match="csv or xlsx"):
            c8y.measurements.export(tmp_path / "m.pdf", "pdf", source="1")
    assert len(server.requests) == 4


def test_a_broken_export_leaves_no_file(tmp_path: Path) -> None:
    [whole] = sheet("a", "b")
    assert isinstance(whole, bytes)
    with (
        Server(count(2), [whole[:-2], 0.02, None]) as server,
        client(server) as c8y,
        pytest.raises(Unreachable),
    ):
        c8y.measurements.export(tmp_path / "m.csv", source="1")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def seconds(c8y: CumulocityClient) -> str:
    """A device with 2500 measurements of two series, a second apart."""
    device = str(Device(c8y, name="pump").create().id)
    moments = [f"2026-01-01T00:{at // 60:02}:{at % 60:02}.000Z" for at in range(2500)]
    c8y.measurements.create_bulk(
        *(
            Measurement(type="t", source=device, time=moment, series=[("a.b", at), ("a.c", at, "kg")])
            for at, moment in enumerate(moments)
        ),
        batch_size=500,
    )
    return device


def test_every_value_is_exported_once(c8y: CumulocityClient, seconds: str, tmp_path: Path) -> None:
    c8y.measurements.export(tmp_path / "m.csv", source=seconds)
    header, *rows = (tmp_path / "m.csv").read_text().splitlines()
    assert header.encode() + b"\n" == HEADER
    assert len(rows) == len(set(rows)) == 5000
    assert rows == sorted(rows)
    with pytest.raises(ValueError, match="narrow the dates"):
        c8y.measurements.export(tmp_path / "m.xlsx", "xlsx", source=seconds)
    assert c8y.measurements.export(tmp_path / "m.xlsx", "xlsx", source=seconds, before="2026-01-01T00:01:00Z")
    assert zipfile.is_zipfile(tmp_path / "m.xlsx")


def test_series_are_read_beyond_what_is_answered_at_once(c8y: CumulocityClient, seconds: str) -> None:
    for ascending in (True, False):
        series = c8y.measurements.get_series(source=seconds, ascending=ascending)
        assert not series.truncated
        expected = list(range(2500)) if ascending else list(range(2499, -1, -1))
        assert series.values_of("a.b", "min") == series.values_of("a.c", "max") == expected
    table = c8y.measurements.get_series(
        source=seconds, series="a.b", aggregation_interval="10m", aggregation_function=["avg", "count"]
    )
    assert table.collect(value=["avg", "count"])[:2] == [(299.5, 600), (899.5, 600)]
