"""c8y_api and what devices tell: alarms, events, measurements, series, operations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from time import sleep

from c8y_api import CumulocityApi
from c8y_api.model import Alarm, BulkOperation, Celsius, Device, DeviceGroup, Event, Measurement, Operation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def agent(c8y: CumulocityApi, label: str) -> str:
    return str(Device(c8y, name=label, type=label, com_cumulocity_model_Agent={}).create().id)


def test_an_alarm_is_raised_counted_acknowledged_and_deleted(sync_c8y: CumulocityApi, label: str) -> None:
    source = agent(sync_c8y, label)
    kind = {"type": label, "text": "Too hot", "severity": Alarm.Severity.MAJOR, "source": source}
    raised = Alarm(sync_c8y, time=NOON, **kind).create()
    assert Alarm(sync_c8y, time="now", **kind).create().id == raised.id
    assert sync_c8y.alarms.get(raised.id).count == 2
    raised.status = Alarm.Status.ACKNOWLEDGED
    assert raised.update().status == "ACKNOWLEDGED"
    assert sync_c8y.alarms.count(source=source, status="ACKNOWLEDGED") == 1
    sync_c8y.alarms.apply_by(Alarm(status="CLEARED"), source=source)
    assert [found.status for found in sync_c8y.alarms.get_all(source=source)] == ["CLEARED"]
    sync_c8y.alarms.delete_by(source=source)
    assert sync_c8y.alarms.get_all(source=source) == []


def test_events_are_created_changed_listed_and_deleted(sync_c8y: CumulocityApi, label: str) -> None:
    source = agent(sync_c8y, label)
    for hour in range(4):
        Event(sync_c8y, type=label, text=str(hour), source=source, time=NOON + timedelta(hours=hour)).create()
    listed = sync_c8y.events.get_all(source=source, page_size=2)
    assert [found.text for found in listed] == ["3", "2", "1", "0"]
    sync_c8y.events.apply_to({"my_Note": {"a": 1}}, listed[0].id)
    assert sync_c8y.events.get_last(source=source).my_Note.a == 1
    window = {"after": NOON, "before": NOON + timedelta(hours=2)}
    oldest = sync_c8y.events.get_all(source=source, reverse=True, **window)
    assert [found.text for found in oldest] == ["0", "1"]
    oldest[0].text = "changed"
    assert oldest[0].update().text == "changed"
    sync_c8y.events.delete_by(source=source)
    assert sync_c8y.events.get_count(source=source) == 0


def test_an_event_carries_a_file(sync_c8y: CumulocityApi, label: str) -> None:
    event = Event(sync_c8y, type=label, text="x", source=agent(sync_c8y, label), time="now").create()
    event.create_attachment(BytesIO(b"first"), content_type="text/plain")
    assert sync_c8y.events.download_attachment(event.id) == b"first"
    sync_c8y.events.update_attachment(event.id, BytesIO(b"second"))
    assert event.download_attachment() == b"second"
    event.delete_attachment()
    assert not sync_c8y.events.get(event.id).has_attachment()


def test_measurements_become_series(sync_c8y: CumulocityApi, label: str) -> None:
    source = agent(sync_c8y, label)
    times = [NOON + timedelta(minutes=minute) for minute in range(5)]
    sync_c8y.measurements.create(
        *[
            Measurement(type=label, source=source, time=time, my_H={"T": Celsius(time.minute)})
            for time in times
        ]
    )
    assert sync_c8y.measurements.get_count(source=source) == 5
    assert sync_c8y.measurements.get_last(source=source).my_H.T.value == 4
    values = sync_c8y.measurements.collect_series(
        source=source, series="my_H.T", value="max", after=times[0], before=times[3]
    )
    assert values == [0, 1, 2]
    assert sync_c8y.inventory.get_supported_series(source) == ["my_H.T"]
    sync_c8y.measurements.delete_by(source=source)
    assert sync_c8y.measurements.get_all(source=source) == []


def test_an_operation_runs_and_is_deleted(sync_c8y: CumulocityApi, label: str) -> None:
    device = agent(sync_c8y, label)
    operation = Operation(sync_c8y, device, description="x", c8y_Restart={}).create()
    operation.status = Operation.Status.EXECUTING
    operation.update()
    assert sync_c8y.operations.get(operation.id).status == "EXECUTING"
    assert sync_c8y.operations.get_last(device_id=device).id == operation.id
    sync_c8y.operations.delete_by(device_id=device, status="EXECUTING")
    assert sync_c8y.operations.get_all(device_id=device) == []


def test_a_bulk_operation_reaches_its_group(sync_c8y: CumulocityApi, label: str) -> None:
    group = DeviceGroup(sync_c8y, root=True, name=label).create()
    sync_c8y.group_inventory.assign_children(group.id, agent(sync_c8y, label))
    prototype = {"description": label, "c8y_Restart": {}}
    bulk = BulkOperation(
        sync_c8y, group_id=group.id, start_time="now", creation_ramp=0.01, operation_prototype=prototype
    ).create()
    while sync_c8y.bulk_operations.get(bulk.id).status != "COMPLETED":
        sleep(0.02)
    (created,) = sync_c8y.operations.get_all(bulk_id=bulk.id)
    assert created.description == label
    assert sync_c8y.bulk_operations.get(bulk.id).general_status == "EXECUTING"
    assert sync_c8y.bulk_operations.get_count() >= 1
