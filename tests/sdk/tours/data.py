"""What devices send and are told, and who hears of it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import sdk
from sdk.model.events import Events
from tests.sdk.tours.guide import TIME, Guide


def measurements(guide: Guide) -> None:
    every, device = guide.c8y.measurements, str(guide.device().id)
    values = {
        "a": sdk.Celsius(1), "b": sdk.Centimeters(1), "c": sdk.Count(1), "d": sdk.CubicMeters(1),
        "e": sdk.Grams(1), "f": sdk.Kelvin(1), "g": sdk.Kilograms(1), "h": sdk.Liters(1),
        "i": sdk.Meters(1), "j": sdk.Percent(1), "k": sdk.Value(1, "bar"),
    }  # fmt: skip
    one = sdk.Measurement(guide.c8y, type="t", source=device, time=TIME, c8y_All=values).create()
    assert len(one.get_series()) == len(values)
    two, three = every.create(*_hourly(device))
    every.create_bulk(*_hourly(device), batch_size=1)
    assert every.get(str(one.id)).reload().to_json()["c8y_All"]["k"] == {"value": 1, "unit": "bar"}
    assert len(every.get_all(source=device)) == every.get_count(source=device) == 5
    assert next(iter(every.select(source=device, ascending=True, type="t"))).id == one.id
    assert getattr(every.get_last(source=device, type="t"), "id", None) == one.id
    assert set(every.skim_latest(device)) == {"t", "u"}
    kept = io.BytesIO()
    every.export(kept, source=device)
    assert kept.getvalue() == b"".join(every.stream_export(source=device))
    series = every.get_series(source=device, series="a.b")
    assert series.values_of("a.b", "max") == [1, 2]
    assert series.collect(value="min") == every.collect_series("min", source=device, series="a.b")
    assert series.to_dataframe(value="min").shape == (2, 1)
    assert series.to_series(value="max").tolist() == series.to_numpy(value="max").tolist() == [1, 2]
    assert every.to_dataframe(["id"], source=device)["id"].count() == 5
    every.delete(two)
    three.delete()
    one.delete()
    every.delete_by(source=device)
    assert every.get_all(source=device) == []


def _hourly(device: str) -> list[sdk.Measurement]:
    start = datetime(2026, 1, 2, tzinfo=UTC)
    return [
        sdk.Measurement(type="u", source=device, time=start + timedelta(hours=at), series=("a.b", at))
        for at in (1, 2)
    ]


def events(guide: Guide) -> None:
    every, device = guide.c8y.events, str(guide.device().id)
    one = sdk.Event(guide.c8y, "t", TIME, device, "one").create()
    [two] = every.create(sdk.Event("", "u", "now", device, "two"))
    one.text = "uno"
    one.update()
    two.text = "due"
    every.update(two)
    every.apply_to({"x": 1}, str(one.id), str(two.id))
    assert one.reload().apply_to(str(two.id)).text == every.get(str(two.id)).text == "uno"
    assert {found.id for found in every.get_all(source=device)} == {one.id, two.id}
    assert [found.id for found in every.select(source=device, type="t")] == [one.id]
    assert every.get_count(source=device, fragment="x") == 2
    assert getattr(every.get_last(source=device), "id", None) == two.id
    assert set(every.skim_latest(device)) == {"t", "u"}
    attached(every, one, str(two.id))
    one.delete()
    every.delete(two)
    sdk.Event(guide.c8y, "t", TIME, device, "three").create()
    every.delete_by(source=device)
    guide.later()
    assert every.get_count(source=device) == 0


def attached(every: Events, one: sdk.Event, other: str) -> None:
    one.create_attachment(io.BytesIO(b"1"))
    one.update_attachment(io.BytesIO(b"2"))
    assert one.reload().has_attachment()
    assert one.download_attachment() == b"2"
    one.delete_attachment()
    every.create_attachment(other, io.BytesIO(b"3"))
    every.update_attachment(other, io.BytesIO(b"4"))
    assert every.download_attachment(other) == b"4"
    assert every.save_attachment(other, io.BytesIO()) == 1
    assert every.to_dataframe(["id"], source=str(one.source))["id"].count() == 2
    assert every.build_attachment_path(other).endswith(f"/{other}/binaries")
    every.delete_attachment(other)


def alarms(guide: Guide) -> None:
    every, device = guide.c8y.alarms, str(guide.device().id)

    def alarm(type: str) -> sdk.Alarm:
        return sdk.Alarm(guide.c8y, type=type, time="now", source=device, text=type, severity="MINOR")

    one = alarm("one").create()
    [two] = every.create(alarm("two"))
    one.text = "uno"
    one.update()
    two.text = "due"
    every.update(two)
    every.apply_to({"severity": "MAJOR"}, str(one.id))
    assert one.reload().severity == sdk.AlarmSeverity.MAJOR
    assert one.apply_to(str(two.id)).text == every.get(str(two.id)).text == "uno"
    assert {found.id for found in every.get_all(source=device)} == {one.id, two.id}
    assert len(list(every.select(source=device, type="one"))) == every.get_count(source=device, type="one")
    assert getattr(every.get_last(source=device), "source", None) == device
    assert every.to_dataframe(["id"], source=device)["id"].count() == 2
    every.apply_by({"status": "ACKNOWLEDGED"}, source=device)
    assert one.reload().status == sdk.AlarmStatus.ACKNOWLEDGED
    one.delete()
    every.delete(two)
    every.upsert(alarm("three"))
    every.delete_by(source=device)
    assert every.get_count(source=device) == 0


def operations(guide: Guide) -> None:
    every, device = guide.c8y.operations, guide.device()
    id = str(device.id)
    one = sdk.Operation(guide.c8y, device_id=id, description="one", c8y_Restart={}).create()
    [two] = every.create(sdk.Operation(device_id=id, description="two", c8y_Restart={}))
    one.status = sdk.OperationStatus.EXECUTING
    one.update()
    two.status = "EXECUTING"
    every.update(two)
    assert one.reload().status == every.get(str(two.id)).status == "EXECUTING"
    assert one.resolve_type() == "c8y_Restart"
    assert one.get_status_changes() is not None
    assert len(every.get_all(device_id=id)) == len(list(every.select(device_id=id))) == 2
    assert every.get_count(device_id=id, status="EXECUTING") == 2
    sent = every.send_to({"c8y_Restart": {}}, id) + one.send_to(device)
    assert getattr(every.get_last(device_id=id), "id", None) == sent[-1]
    assert every.skim_latest(id).keys() == {"c8y_Restart"}
    every.cancel(*sent, reason="no")
    every.delete_by(device_id=id)
    bulk_operations(guide)


def bulk_operations(guide: Guide) -> None:
    group = str(guide.c8y.group_inventory.get_all(limit=1)[0].id)
    later = datetime.now(UTC) + timedelta(days=1)
    known = {
        "group_id": group,
        "start_time": later,
        "creation_ramp": 1,
        "operation_prototype": {"c8y_Restart": {}},
    }
    bulk = guide.c8y.bulk_operations
    first = sdk.BulkOperation(guide.c8y, **known).create()
    [second] = bulk.create(sdk.BulkOperation(**known))
    first.creation_ramp = 2
    first.update()
    second.creation_ramp = 3
    bulk.update(second)
    assert (first.reload().creation_ramp, bulk.get(str(second.id)).creation_ramp) == (2, 3)
    assert bulk.get_count() == len(bulk.get_all(limit=None)) == len(list(bulk.select(limit=None)))
    assert bulk.get_operations(first).all() == []
    assert bulk.retry_failed(first, later).failed_parent_id == first.id
    bulk.cancel(first, str(second.id))


def audit(guide: Guide) -> None:
    every = guide.c8y.audit_records
    known = {"type": "Inventory", "time": TIME, "source": "s", "activity": "a", "text": "t"}
    one = sdk.AuditRecord(guide.c8y, **known).create()
    assert sdk.Change(attribute="x", new_value=1).new_value == 1
    [two] = every.create(sdk.AuditRecord(**known))
    assert every.get(str(one.id)).text == "t"
    ids = {one.id, two.id}
    assert {found.id for found in every.get_all(source="s")} == ids
    assert {found.id for found in every.select(source="s")} == ids
    assert (
        {found.id for found in every.get_all_for("s")} == {found.id for found in every.select_for("s")} == ids
    )
    assert every.get_count(source="s") == 2


def notifications(guide: Guide) -> None:
    every, device = guide.c8y.subscriptions, str(guide.device().id)
    one = sdk.Subscription(guide.c8y, name="one", context="tenant", api_filter=["alarms"]).create()
    [two] = every.create(sdk.Subscription(name="two", context="mo", source_id=device))
    assert sdk.Subscription.from_json(every.get(str(one.id)).to_json()).name == "one"
    assert (
        {found.id for found in every.get_all()} == {found.id for found in every.select()} == {one.id, two.id}
    )
    assert every.get_count() == 2
    tokens = guide.c8y.tokens
    token = tokens.renew(tokens.generate("one", subscriber="me"))
    assert tokens.build_websocket_uri(token).startswith("ws://acme.sandbox/notification2/consumer/?token=")
    assert tokens.unsubscribe(token) in {"DONE", "SCHEDULED"}
    every.delete_by(source=device)
    one.delete()
    [three] = every.create(sdk.Subscription(name="three", context="tenant"))
    every.delete(three)
