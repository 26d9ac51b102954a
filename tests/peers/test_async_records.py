"""pyc8y and what devices tell: alarms, events, measurements, series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pyc8y.client import CumulocityClient
from pyc8y.model import Alarm, AuditRecord, Device, Event, Measurement

from tests.peers.running import asynchronous

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def new_device(c8y: CumulocityClient, label: str) -> str:
    return str((await Device(c8y, type=label, name=label, com_cumulocity_model_Agent={}).create()).id)


@asynchronous
async def test_an_alarm_is_raised_counted_and_cleared(c8y: CumulocityClient, label: str) -> None:
    source = await new_device(c8y, label)
    kind = {"type": label, "text": "Too hot", "severity": "MAJOR", "source": source, "time": "now"}
    raised = await Alarm(c8y, **kind).create()
    again = await Alarm(c8y, **kind).create()
    assert (again.id, again.count) == (raised.id, 2)
    again.status, again.severity, again.text = "ACKNOWLEDGED", "MINOR", "Seen"
    await again.update()
    await Alarm(c8y, text="Noted", my_Note={"by": "me"}).apply_to(raised.id)
    kept = await c8y.alarms.get(raised.id)
    assert (kept.status, kept.severity, kept.text) == ("ACKNOWLEDGED", "MINOR", "Noted")
    assert await c8y.alarms.count(source=source, status="ACKNOWLEDGED") == 1
    await c8y.alarms.apply_to({"status": "CLEARED"}, raised.id)
    assert await c8y.alarms.get_all(source=source, resolved=False) == []
    fresh = await Alarm(c8y, **kind).create()
    assert fresh.id != raised.id


@asynchronous
async def test_many_alarms_are_acknowledged_and_deleted_by_filter(c8y: CumulocityClient, label: str) -> None:
    source = await new_device(c8y, label)
    alarms = [
        Alarm(type=f"{label}_{number}", text="x", severity="CRITICAL", source=source, time=NOON)
        for number in range(4)
    ]
    await c8y.alarms.create(*alarms, workers=4)
    window = {"source": source, "severity": "CRITICAL", "after": "2026-03-01", "before": "2026-03-02"}
    await c8y.alarms.apply_by(Alarm(status="ACKNOWLEDGED"), **window)
    assert {found.status for found in await c8y.alarms.get_all(**window)} == {"ACKNOWLEDGED"}
    await c8y.alarms.delete_by(**window)
    assert await c8y.alarms.get_all(source=source) == []


@asynchronous
async def test_an_event_is_created_changed_and_deleted(c8y: CumulocityClient, label: str) -> None:
    source = await new_device(c8y, label)
    event = await Event(c8y, type=label, text="Door opened", source=source, time="now").create()
    event.text, event["my_Door"] = "Door closed", {"no": 7}
    await event.update()
    assert await c8y.events.get_count(source=source, fragment="my_Door") == 1
    assert (await c8y.events.get(event.id)).text == "Door closed"
    await event.delete()
    with pytest.raises(KeyError):
        await c8y.events.get(event.id)


@asynchronous
async def test_events_come_newest_first_in_their_time_window(c8y: CumulocityClient, label: str) -> None:
    source = await new_device(c8y, label)
    events = [
        Event(type=label, text=str(hour), source=source, time=NOON + timedelta(hours=hour))
        for hour in range(6)
    ]
    await c8y.events.create(*events, workers=3)
    found = await c8y.events.get_all(source=source, after=NOON, before=NOON + timedelta(hours=4))
    assert [one.text for one in found] == ["3", "2", "1", "0"]
    oldest = await c8y.events.get_all(source=source, after=NOON, asc=True, limit=2)
    assert [one.text for one in oldest] == ["0", "1"]
    assert (await c8y.events.get_last(source=source)).text == "5"
    assert len(await c8y.events.get_all(source=source, page_size=2, limit=None, workers=2)) == 6
    await c8y.events.delete_by(source=source)
    assert await c8y.events.get_count(source=source) == 0


@asynchronous
async def test_an_event_carries_a_file(c8y: CumulocityClient, label: str, tmp_path: Path) -> None:
    source = await new_device(c8y, label)
    event = await Event(c8y, type=label, text="x", source=source, time="now").create()
    log = tmp_path / "log.txt"
    log.write_bytes(b"first")
    await event.create_attachment(log, content_type="text/plain")
    event = await c8y.events.get(event.id)
    assert event.has_attachment()
    assert await event.download_attachment() == (b"first", "log.txt")
    with pytest.raises(ValueError, match="409"):
        await event.create_attachment(log)
    await event.update_attachment(BytesIO(b"second"))
    assert (await event.download_attachment()).content == b"second"
    await event.delete_attachment()
    assert not (await c8y.events.get(event.id)).has_attachment()


async def measured(c8y: CumulocityClient, source: str, label: str) -> None:
    """Six measurements, one each minute, of a temperature and, in each second one, a pressure."""
    measurements = []
    for minute in range(6):
        made = Measurement(type=label, source=source, time=NOON + timedelta(minutes=minute))
        made["my_Heat"] = {"T": {"value": 20.5 + minute, "unit": "C"}}
        if minute % 2:
            made["my_Air"] = {"P": {"value": 1000 + minute, "unit": "hPa"}}
        measurements.append(made)
    await c8y.measurements.create(*measurements, batch_size=4)


@asynchronous
async def test_measurements_are_stored_in_batches_and_selected(c8y: CumulocityClient, label: str) -> None:
    source = await new_device(c8y, label)
    await measured(c8y, source, label)
    assert await c8y.measurements.get_count(source=source) == 6
    assert (await c8y.measurements.get_last(source=source))["my_Heat.T.value"] == 25.5
    by_series = {"value_fragment_type": "my_Air", "value_fragment_series": "P"}
    assert len(await c8y.measurements.get_all(source=source, limit=None, **by_series)) == 3
    assert set(await c8y.inventory.get_supported_measurements(source)) == {"my_Heat", "my_Air"}
    assert set(await c8y.inventory.get_supported_series(source)) == {"my_Heat.T", "my_Air.P"}
    await c8y.measurements.delete_by(source=source, type=label)
    assert await c8y.measurements.get_all(source=source) == []


@asynchronous
async def test_series_stand_side_by_side_with_gaps(c8y: CumulocityClient, label: str) -> None:
    source = await new_device(c8y, label)
    await measured(c8y, source, label)
    series = await c8y.measurements.get_series(
        source=source, series=["my_Heat.T", "my_Air.P"], after=NOON, before=NOON + timedelta(minutes=4)
    )
    assert [(spec.series, spec.unit) for spec in series.specs] == [("my_Heat.T", "C"), ("my_Air.P", "hPa")]
    rows = series.collect(series=["my_Heat.T", "my_Air.P"], value="min")
    assert rows == [(20.5, None), (21.5, 1001), (22.5, None), (23.5, 1003)]
    assert series.truncated is False


@asynchronous
async def test_series_are_aggregated_by_the_tenant(c8y: CumulocityClient, label: str) -> None:
    source = await new_device(c8y, label)
    await measured(c8y, source, label)
    wanted = {"source": source, "after": NOON, "before": NOON + timedelta(hours=1)}
    series = await c8y.measurements.get_series(
        **wanted,
        series=["my_Heat.T", "my_Air.P"],
        aggregation_function=["avg", "count"],
        aggregation_interval="2m",
    )
    assert series.values_of(series="my_Heat.T", value="avg") == [21.0, 23.0, 25.0]
    assert series.values_of(series="my_Air.P", value="count") == [1.0, 1.0, 1.0]
    hourly = await c8y.measurements.get_series(**wanted, series="my_Heat.T", aggregation="HOURLY")
    assert hourly.collect(value=["min", "max"]) == [(20.5, 25.5)]


@asynchronous
async def test_what_a_person_does_is_on_record(c8y: CumulocityClient, label: str) -> None:
    source = await new_device(c8y, label)
    record = AuditRecord(
        c8y, type="my_Type", activity="Looked", text="He looked", source=source, time="now", user="reader"
    )
    made = await record.create()
    records = await c8y.audit_records.get_all(source=source)
    assert [found.activity for found in records] == ["Looked", "Managed object created"]
    assert (records[0].id, records[0].user, records[1].user) == (made.id, "reader", "admin")
