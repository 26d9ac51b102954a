"""Alarms, operations, bulk operations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sdk import (
    Alarm,
    AlarmSeverity,
    AlarmStatus,
    BulkOperation,
    BulkOperationGeneralStatus,
    CumulocityClient,
    Device,
    DeviceGroup,
    Operation,
    OperationStatus,
    OperationStatusChange,
    Query,
)

Connect = Callable[..., CumulocityClient]


@pytest.fixture
def device(c8y: CumulocityClient) -> Device:
    """A device that takes operations."""
    return Device(c8y, name="target", com_cumulocity_model_Agent={}).create()


def raised(c8y: CumulocityClient, device: Device, kind: str = "x_Alarm", **fragments: Any) -> Alarm:
    return Alarm(
        c8y, type=kind, source=device.id, text="hot", severity="MAJOR", time="now", **fragments
    ).create()


def test_an_alarm_is_raised_seen_and_cleared(c8y: CumulocityClient, device: Device) -> None:
    alarm = raised(c8y, device, x_Extra={"v": 1})
    assert (alarm.severity, alarm.status, alarm.source, alarm.count) == (
        AlarmSeverity.MAJOR,
        AlarmStatus.ACTIVE,
        device.id,
        1,
    )
    alarm.status = AlarmStatus.ACKNOWLEDGED
    assert alarm.changes() == {"status": "ACKNOWLEDGED"}
    alarm.update()
    assert c8y.alarms.get(str(alarm.id)).status is AlarmStatus.ACKNOWLEDGED
    c8y.alarms.apply_to({"status": "CLEARED"}, str(alarm.id))
    assert alarm.reload().status is AlarmStatus.CLEARED
    assert alarm["x_Extra"] == {"v": 1}


def test_repetitions_are_counted(c8y: CumulocityClient, device: Device) -> None:
    assert [raised(c8y, device).count for _ in range(3)] == [1, 2, 3]


def test_content_of_one_alarm_fits_another(c8y: CumulocityClient, device: Device) -> None:
    one, other = raised(c8y, device, "x_One"), raised(c8y, device, "x_Other")
    one.severity = AlarmSeverity.WARNING
    assert one.apply_to(str(other.id)).severity is AlarmSeverity.WARNING
    assert c8y.alarms.get(str(other.id)).type == "x_Other"


def test_filters_of_alarms(c8y: CumulocityClient, device: Device, calls: list[str]) -> None:
    raised(c8y, device, "x_One")
    raised(c8y, device, "x_Two").apply({"status": "CLEARED"})
    of_device = c8y.alarms.where(source=str(device.id))
    assert {one.type for one in of_device} == {"x_One", "x_Two"}
    assert [one.type for one in c8y.alarms.where(source=str(device.id), resolved=False)] == ["x_One"]
    for filters, amount in (
        ({"type": ["x_One", "x_Two"]}, 2),
        ({"type": "x_One"}, 1),
        ({"severity": ["CRITICAL", AlarmSeverity.MAJOR]}, 2),
        ({"severity": AlarmSeverity.CRITICAL}, 0),
        ({"status": ("ACTIVE", "ACKNOWLEDGED")}, 1),
        ({"max_age": "1h"}, 2),
        ({"min_age": "1h"}, 0),
        ({"created_after": datetime.now(UTC) - timedelta(hours=1)}, 2),
        ({"created_before": datetime.now(UTC) - timedelta(hours=1)}, 0),
        ({"updated_after": datetime.now(UTC) - timedelta(hours=1)}, 2),
    ):
        given: dict[str, Any] = {"source": str(device.id), **filters}
        assert len(c8y.alarms.where(**given).all()) == amount
        assert c8y.alarms.get_count(**given) == amount
    assert any(call.startswith("GET /alarm/alarms/count?") for call in calls)
    with pytest.raises(TypeError, match="revert"):
        c8y.alarms.where(revert=True)  # type: ignore[call-arg]


def test_the_newest_alarm_comes_first(c8y: CumulocityClient, device: Device) -> None:
    raised(c8y, device, "x_Older")
    newest = raised(c8y, device, "x_Newer")
    last = c8y.alarms.get_last(source=str(device.id))
    assert last is not None
    assert last.id == newest.id
    assert c8y.alarms.get_last(type="x_Missing") is None
    times = [one.datetime for one in c8y.alarms.where()]
    assert times == sorted(times, reverse=True)  # type: ignore[type-var]


def test_many_alarms_change_their_status_in_one_call(
    c8y: CumulocityClient, device: Device, calls: list[str]
) -> None:
    for kind in ("x_One", "x_Two"):
        raised(c8y, device, kind)
    calls.clear()
    c8y.alarms.apply_by({"status": "CLEARED"}, source=str(device.id), status=["ACTIVE", "ACKNOWLEDGED"])
    assert calls == [f"PUT /alarm/alarms?source={device.id}&status=ACTIVE%2CACKNOWLEDGED"]
    assert c8y.alarms.get_count(source=str(device.id), resolved=False) == 0


@pytest.mark.parametrize("filters", [{}, {"with_source_assets": True}, {"source": None}])
def test_no_filter_would_mean_all_and_is_refused(
    c8y: CumulocityClient, calls: list[str], filters: Any
) -> None:
    for call in (
        lambda: c8y.alarms.delete_by(**filters),
        lambda: c8y.alarms.apply_by({"status": "CLEARED"}, **filters),
    ):
        with pytest.raises(ValueError, match="At least one filter"):
            call()
    with pytest.raises(ValueError, match="At least one filter"):
        c8y.operations.delete_by()
    assert calls == []


def test_filters_a_deletion_does_not_know_are_refused(c8y: CumulocityClient, calls: list[str]) -> None:
    wrong: list[Callable[[], object]] = [
        lambda: c8y.alarms.apply_by({"status": "CLEARED"}, source="1", type="x"),  # type: ignore[call-arg]
        lambda: c8y.alarms.delete_by(source="1", updated_after="now"),  # type: ignore[call-arg]
        lambda: c8y.alarms.delete_by(source="1", sorce="2"),  # type: ignore[call-arg]
        lambda: c8y.alarms.delete_by(source="1", pageSize=5),  # type: ignore[call-arg]
        lambda: c8y.operations.delete_by(device_id="1", bulk_id=1),  # type: ignore[call-arg]
        lambda: c8y.operations.delete_by(device_id="1", fragment="x"),  # type: ignore[call-arg]
    ]
    for call in wrong:
        with pytest.raises(TypeError, match="no filter"):
            call()
    with pytest.raises(ValueError, match="only the status"):
        c8y.alarms.apply_by({"status": "CLEARED", "text": "x"}, source="1")
    assert calls == []


def test_deleting_by_filters(c8y: CumulocityClient, device: Device) -> None:
    raised(c8y, device, "x_One")
    raised(c8y, device, "x_Two")
    c8y.alarms.delete_by(source=str(device.id), type="x_One")
    assert [one.type for one in c8y.alarms.where(source=str(device.id))] == ["x_Two"]


def test_deleting_one_alarm_deletes_no_other(c8y: CumulocityClient, device: Device) -> None:
    cleared = raised(c8y, device)
    cleared.apply({"status": "CLEARED"})
    active = raised(c8y, device)
    c8y.alarms.delete(str(cleared.id))
    assert [one.id for one in c8y.alarms.where(source=str(device.id))] == [active.id]
    active.delete()
    assert c8y.alarms.get_count(source=str(device.id)) == 0


def test_an_operation_is_sent_and_cancelled(c8y: CumulocityClient, device: Device) -> None:
    made = Operation(c8y, device_id=device.id, description="Restart", c8y_Restart={}).create()
    assert (made.status, made.device_id, made.description) == (OperationStatus.PENDING, device.id, "Restart")
    c8y.operations.cancel(made, reason="not today")
    made.reload()
    assert (made.status, made.failure_reason) == (OperationStatus.FAILED, "not today")
    with pytest.raises(NotImplementedError, match="cancel"):
        made.delete()
    with pytest.raises(NotImplementedError, match="cancel"):
        c8y.operations.delete(made)


@pytest.mark.parametrize("workers", [None, 4])
def test_one_operation_for_many_devices(c8y: CumulocityClient, workers: int | None) -> None:
    devices = [Device(c8y, name=str(i), com_cumulocity_model_Agent={}).create() for i in range(6)]
    template = Operation(description="Restart", c8y_Restart={})
    ids = c8y.operations.send_to(template, *devices, workers=workers)
    assert len(set(ids)) == 6
    assert {c8y.operations.get(one).device_id for one in ids} == {one.id for one in devices}
    again = c8y.operations.send_to({"c8y_Restart": {}, "deviceId": "999"}, str(devices[0].id))
    assert c8y.operations.get(again[0]).device_id == devices[0].id


def test_operations_come_oldest_first_or_turned_round(
    c8y: CumulocityClient, device: Device, later: Callable[[], None]
) -> None:
    ids = [Operation(c8y, device_id=device.id, c8y_Restart={}).create().id for _ in range(3)]
    mine = {"device_id": str(device.id)}
    assert [one.id for one in c8y.operations.where(**mine)] == ids  # type: ignore[arg-type]
    for turned in ({"ascending": False}, {"revert": True}, {"ascending": False, "revert": True}):
        found = c8y.operations.where(**mine, **turned)  # type: ignore[arg-type]
        assert [one.id for one in found] == ids[::-1]
    last = c8y.operations.get_last(**mine)  # type: ignore[arg-type]
    assert last is not None
    assert last.id == ids[-1]
    assert c8y.operations.get_count(**mine, status="PENDING") == 3  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="contradict"):
        c8y.operations.where(ascending=True, revert=True)
    c8y.operations.delete_by(**mine)  # type: ignore[arg-type]
    later()
    assert c8y.operations.get_count(**mine) == 0  # type: ignore[arg-type]


def test_a_bulk_operation_is_scheduled_and_cancelled(c8y: CumulocityClient) -> None:
    group = DeviceGroup(c8y, root=True, name="g").create()
    made = BulkOperation(
        c8y,
        group_id=group.id,
        start_time=datetime.now(UTC) + timedelta(days=1),
        creation_ramp=1.5,
        operation_prototype={"c8y_Restart": {}},
    ).create()
    assert (made.group_id, made.creation_ramp) == (group.id, 1.5)
    assert made.general_status is BulkOperationGeneralStatus.SCHEDULED
    assert made.operation_prototype == {"c8y_Restart": {}}
    assert made.id in {one.id for one in c8y.bulk_operations.where()}
    assert c8y.bulk_operations.get_count() == len(c8y.bulk_operations.get_all(limit=None))
    c8y.bulk_operations.cancel(made)
    assert made.reload().general_status is BulkOperationGeneralStatus.CANCELED


def test_the_operations_of_a_bulk_operation(c8y: CumulocityClient) -> None:
    [known] = [one for one in c8y.bulk_operations.where() if (one.progress or {}).get("all", 0) > 0][:1]
    assert c8y.bulk_operations.get_operations(known).count() == len(
        c8y.operations.get_all(bulk_id=str(known.id), limit=None)
    )


def test_an_operation_tells_how_it_went() -> None:
    log = [{"time": "2026-01-01T00:00:00Z", "status": "PENDING"}, {"status": "LOST"}, "junk", {"time": "x"}]
    one = Operation.from_json({"id": "1", "c8y_Restart": {}, "delivery": {"log": log}})
    first, second = one.get_status_changes()
    assert first == OperationStatusChange("2026-01-01T00:00:00Z", OperationStatus.PENDING)
    assert first.datetime.isoformat() == "2026-01-01T00:00:00+00:00"
    assert second.status == "LOST"
    assert Operation().get_status_changes() == []
    assert "delivery" not in one._content()


def test_operations_understand_every_wish_for_an_order(c8y: CumulocityClient, calls: list[str]) -> None:
    for wish in ({"asc": False}, {"ascending": False}, {"revert": True}, {"reverse": True}):
        c8y.operations.get_all(**wish)
    assert all("revert=true&dateFrom=1970" in call for call in calls)
    with pytest.raises(ValueError, match="contradict"):
        c8y.operations.get_all(asc=True, revert=True)


def test_lists_go_on_from_the_time_of_any_row(c8y: CumulocityClient) -> None:
    lists: list[Query[Any]] = [c8y.alarms.where(), c8y.operations.where(), c8y.operations.where(revert=True)]
    for query in lists:
        chronology = query.chronology
        assert chronology
        rows = query.all()
        times = [str(row[chronology.field]) for row in rows]
        assert all(chronology.keeps(*pair) for pair in zip(times[1:], times, strict=False))
        assert not chronology.keeps(times[0], times[-1])
        for place in (0, len(rows) // 2, len(rows) - 1):
            first = times.index(times[place])  # all of that moment come again
            assert [row.id for row in query.beyond(times[place])] == [row.id for row in rows[first:]]


def test_a_window_of_time_stays_where_a_list_goes_on_in_it(c8y: CumulocityClient) -> None:
    times = [str(alarm["time"]) for alarm in c8y.alarms.where()]
    inside = c8y.alarms.where(date_from=times[-3], date_to=times[1])
    assert [str(alarm["time"]) for alarm in inside.beyond(times[4])] == times[4:-2]


def test_a_list_goes_on_after_the_last_moment_that_there_is(c8y: CumulocityClient, device: Device) -> None:
    last = "9999-12-31T23:59:59.999Z"
    Alarm(c8y, type="t_Far", time=last, text="x", severity="MAJOR", source=device.id).create()
    beyond = [row.time for row in c8y.alarms.where().beyond(last)]
    assert beyond[0] == last
    assert beyond == [row.time for row in c8y.alarms.where()]


def test_what_comes_in_no_order_of_time_says_so(c8y: CumulocityClient) -> None:
    with pytest.raises(ValueError, match="order of their time"):
        c8y.inventory.where().beyond("2026-01-01T00:00:00Z")
