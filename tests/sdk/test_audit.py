"""Audit records: written, found, never changed."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from sdk import AuditRecord, AuditSeverity, Change, CumulocityClient, Device
from tests.sdk.server import Server, answer

SOURCE = "thing-4711"


def test_a_record_is_created_and_found(c8y: CumulocityClient) -> None:
    words = {"activity": "Checked", "text": "All is well"}
    made = AuditRecord(c8y, type="Inventory", time="now", source=SOURCE, c8y_Mine=1, **words).create()
    assert (made.type, made.source) == ("Inventory", SOURCE)
    assert (made.activity, made.text) == ("Checked", "All is well")
    assert made.user == "admin"
    assert made.severity is AuditSeverity.INFORMATION
    assert made["c8y_Mine"] == 1
    records = c8y.audit_records
    assert records.get(str(made.id)).text == "All is well"
    [found] = records.get_all(source=SOURCE, type="Inventory", user="admin", max_age="1h")
    assert found.id == made.id
    assert records.get_count(source=SOURCE) == 1
    assert [one.id for one in records.get_all_for(SOURCE)] == [made.id]
    assert [one.id for one in records.select_for(Device.from_json({"id": SOURCE}), limit=None)] == [made.id]
    last = records.get_last(source=SOURCE)
    assert last is not None
    assert last.id == made.id
    assert records.get_all(f"source={SOURCE}", as_values=["activity", ("x", 0)]) == [("Checked", 0)]


def test_the_newest_record_comes_first(c8y: CumulocityClient) -> None:
    known = {"type": "Inventory", "source": SOURCE, "activity": "a", "text": "t"}
    made = c8y.audit_records.create(
        *(AuditRecord(time=f"2026-01-0{day}T00:00:00Z", **known) for day in (1, 2, 3))
    )
    found = list(c8y.audit_records.select(source=SOURCE, page_size=1, limit=None))
    assert [one.id for one in found] == [one.id for one in reversed(made)]


def test_what_changed_is_read_and_written() -> None:
    change = Change(attribute="status", new_value="CLEARED", previous_value="ACTIVE", type="java.lang.String")
    assert change == {
        "attribute": "status",
        "newValue": "CLEARED",
        "previousValue": "ACTIVE",
        "type": "java.lang.String",
    }
    record = AuditRecord(changes=[change])
    assert record["changes"] == [change]
    read = Change({"attribute": "a", "changeType": "ADDED", "newValue": {"b": [1]}})
    assert (read.attribute, read.change_type, read.new_value, read.previous_value, read.type) == (
        "a",
        "ADDED",
        {"b": [1]},
        None,
        None,
    )
    sent = AuditRecord.from_json({"id": "1", "changes": [read], "severity": "information"})
    assert sent.changes_made == [read]
    assert sent.severity is AuditSeverity.INFORMATION
    assert AuditRecord.from_json({"severity": "odd"}).severity == "odd"


def test_changes_travel_with_the_record() -> None:
    with (
        Server(answer(b'{"id":"1"}', "201 Created")) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        c8y.audit_records.create(
            AuditRecord(
                type="User",
                time="2026-01-01",
                source="1",
                activity="a",
                text="t",
                severity=AuditSeverity.MAJOR,
                application="mine",
                user="me",
                changes=[Change(attribute="x", new_value=1, change_type="ADDED")],
            )
        )
    body = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    assert body["changes"] == [{"attribute": "x", "newValue": 1, "changeType": "ADDED"}]
    assert (body["severity"], body["application"], body["user"]) == ("MAJOR", "mine", "me")


def test_records_are_neither_incomplete_nor_changed_nor_deleted(
    c8y: CumulocityClient, calls: list[str]
) -> None:
    with pytest.raises(ValueError, match="needs activity and text"):
        AuditRecord(c8y, type="User", time="now", source="1").create()
    with pytest.raises(ValueError, match="time zone"):
        AuditRecord(time=datetime(2026, 1, 1))  # noqa: DTZ001
    record = AuditRecord.from_json({"id": "1"}, c8y)
    for forbidden in (
        record.update,
        record.delete,
        lambda: record.apply({}),
        lambda: record.apply_to("2"),
        lambda: c8y.audit_records.update(record),
        lambda: c8y.audit_records.apply_to({"a": 1}, "1"),
        lambda: c8y.audit_records.delete("1"),
    ):
        with pytest.raises(NotImplementedError):
            forbidden()
    with pytest.raises(TypeError):
        c8y.audit_records.where(revert=True)
    assert calls == []
