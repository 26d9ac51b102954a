"""Measurements in other formats and other units."""

from __future__ import annotations

import csv
import zipfile
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree

import pytest

from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

MEASUREMENTS = "/measurement/measurements"


@pytest.fixture
def device(admin: Door) -> str:
    """A device with a name that tables must quote, and two measurements."""
    named = {"name": 'Pump "A", <b>hall</b>\u0007'}
    made = str(admin.post("/inventory/managedObjects", "managedobject", named).json()["id"])
    for hour, value in ((1, 20.5), (2, -40)):
        body = {"source": {"id": made}, "type": "t", "time": f"2026-01-01T0{hour}:00:00Z"}
        body["c8y_T"] = {"T": {"value": value, "unit": "°C"}, "n": {"value": hour}}
        assert admin.post(MEASUREMENTS, "measurement", body).status_code == 201
    return made


@pytest.mark.fact("measurement.export")
def test_a_table_has_a_row_for_each_value(checked: Door, device: str) -> None:
    answer = checked.get(f"{MEASUREMENTS}?source={device}", headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(answer.content.decode())))
    assert rows[0] == ["time", "source", "device_name", "fragment.series", "value", "unit"]
    name = 'Pump "A", <b>hall</b>\u0007'
    assert rows[1] == ["2026-01-01T01:00:00.000Z", device, name, "c8y_T.T", "20.5", "°C"]
    assert [row[3] for row in rows[1:]] == ["c8y_T.T", "c8y_T.n"] * 2
    page = checked.get(f"{MEASUREMENTS}?source={device}&pageSize=1", headers={"Accept": "text/csv"})
    assert len(page.text.splitlines()) == 3


@pytest.mark.fact("measurement.export")
@pytest.mark.parametrize("kind", ["application/xlsx", "application/vnd.ms-excel"])
def test_a_workbook_can_be_read(checked: Door, device: str, kind: str) -> None:
    answer = checked.get(f"{MEASUREMENTS}?source={device}", headers={"Accept": kind})
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        parts = {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}  # noqa: S314 - our own
    cells = [[cell.itertext() for cell in row] for row in parts["xl/sheet.xml"][0]]
    rows = [["".join(text) for text in row] for row in cells]
    assert rows[1][1:] == [device, 'Pump "A", <b>hall</b>', "c8y_T.T", "20.5", "°C"]
    assert len(rows) == 5


@pytest.mark.fact("measurement.export")
def test_a_stream_holds_everything(checked: Door, acme: Tenant) -> None:
    answer = checked.get(MEASUREMENTS, headers={"Accept": "application/json-stream"})
    assert answer.headers["Content-Type"] == "application/json-stream"
    assert len(answer.json()["measurements"]) == len(acme.measurements)


def shown(door: Door, device: str, system: str) -> Any:
    headers = {"X-Cumulocity-System-Of-Units": system}
    return door.get(f"{MEASUREMENTS}?source={device}", headers=headers)


@pytest.mark.fact("header.units")
def test_units_are_converted_on_demand(checked: Door, device: str, acme: Tenant) -> None:
    values = [found["c8y_T"]["T"] for found in shown(checked, device, "imperial").json()["measurements"]]
    assert [(round(value["value"], 6), value["unit"]) for value in values] == [(68.9, "°F"), (-40.0, "°F")]
    metric = shown(checked, device, "metric").json()["measurements"]
    assert metric[0]["c8y_T"]["T"] == {"value": 20.5, "unit": "°C"}
    assert shown(checked, device, "nautical").status_code == 422
    span = f"source={device}&dateFrom=2026-01-01&dateTo=2026-01-02&series=c8y_T.T"
    headers = {"X-Cumulocity-System-Of-Units": "imperial"}
    series = checked.get(f"{MEASUREMENTS}/series?{span}", headers=headers).json()
    assert series["series"] == [{"type": "c8y_T", "name": "T", "unit": "°F"}]
    assert [entry["c8y_T"]["T"]["unit"] for entry in acme.measurements.of(device)] == ["°C", "°C"]
