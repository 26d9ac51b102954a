"""Events and the files attached to them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sdk import Conflict, CumulocityClient, Device, Event, NotFound
from tests.sdk.server import Server, answer

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def device(c8y: CumulocityClient) -> str:
    return str(Device(c8y, name="pump").create().id)


@pytest.fixture
def doors(c8y: CumulocityClient, device: str) -> list[Event]:
    """Four events, an hour apart, oldest first; the last two have a fragment."""
    made = [
        Event(type="door", source=device, time=START + timedelta(hours=at), text=f"door {at}")
        for at in range(4)
    ]
    for one in made[2:]:
        one["c8y_Door"] = "open"
    return c8y.events.create(*made)


def test_an_event_is_created_changed_applied_and_deleted(c8y: CumulocityClient, device: str) -> None:
    event = Event(c8y, "door", "now", device, "opened", c8y_Door={"side": "left"}).create()
    assert (event.type, event.source, event.text) == ("door", device, "opened")
    assert event.creation_datetime is not None
    event.text = "closed"
    event["c8y_Door"]["side"] = "right"
    event.update()
    read = c8y.events.get(str(event.id))
    assert (read.text, read["c8y_Door.side"]) == ("closed", "right")
    other = Event(c8y, "door", "now", device, "other").create()
    assert read.apply_to(str(other.id))["c8y_Door.side"] == "right"
    c8y.events.apply_to({"text": "both"}, str(event.id), str(other.id), workers=2)
    assert {one.text for one in c8y.events.where(source=device)} == {"both"}
    assert other.reload().text == "both"
    other.delete()
    c8y.events.delete(event)
    with pytest.raises(NotFound):
        c8y.events.get(str(other.id))


def test_an_event_without_what_it_needs_is_not_sent(c8y: CumulocityClient, calls: list[str]) -> None:
    for wrong in (
        Event(c8y, "door", "now", "1"),
        Event(c8y, "door", "now", text="x"),
        Event(c8y, text="x", source="1"),
    ):
        with pytest.raises(ValueError, match="An event needs"):
            wrong.create()
    with pytest.raises(ValueError, match="time zone"):
        Event(time=datetime(2026, 1, 1))  # noqa: DTZ001
    assert calls == []


def test_events_come_newest_first_or_as_asked(
    c8y: CumulocityClient, device: str, doors: list[Event], calls: list[str]
) -> None:
    ids = [one.id for one in doors]

    def listed(**order: bool) -> list[str | None]:
        return [one.id for one in c8y.events.get_all(source=device, limit=None, **order)]

    assert listed() == listed(ascending=False) == listed(revert=False) == ids[::-1]
    assert "dateFrom" not in calls[-1]
    assert listed(ascending=True) == listed(asc=True) == listed(revert=True) == listed(reverse=True) == ids
    assert "dateFrom=1970" in calls[-1]
    pages = c8y.events.select(source=device, ascending=True, limit=None, page_size=1, workers=3)
    assert [one.id for one in pages] == ids
    last = c8y.events.get_last(source=device, ascending=True)
    assert last is not None
    assert last.id == ids[-1]
    with pytest.raises(ValueError, match="contradict"):
        listed(ascending=True, revert=False)


def test_events_are_found_by_their_fragments_and_times(
    c8y: CumulocityClient, device: str, doors: list[Event], calls: list[str]
) -> None:
    find = c8y.events.where
    assert find(source=device, fragment="c8y_Door").count() == 2
    assert find(source=device, fragment_type="c8y_Door", fragment_value="open").count() == 2
    assert find(source=device, fragment="c8y_Door", fragment_value="shut").count() == 0
    assert find(source=device, before=START + timedelta(hours=2)).count() == 2
    assert c8y.events.get_count(source=device, created_after="2026-01-01", max_age="1h") == 0
    assert c8y.events.get_all(source=device, as_values="text", limit=1) == ["door 3"]
    newest = c8y.events.skim_latest(device)
    assert {kind: one.id for kind, one in newest.items()} == {"door": doors[-1].id}
    sent = len(calls)
    for wrong in ({"fragment_value": "open"}, {"with_source_devices": True}):
        with pytest.raises(ValueError, match="needs the"):
            find(**wrong)
    assert len(calls) == sent


def test_many_events_are_deleted_by_filters_only(
    c8y: CumulocityClient, device: str, doors: list[Event], calls: list[str]
) -> None:
    sent = len(calls)
    with pytest.raises(ValueError, match="filter"):
        c8y.events.delete_by()
    for wrong in ({"sorce": "1"}, {"last_updated_to": "now"}, {"fragment_value": "x"}):
        with pytest.raises(TypeError):
            c8y.events.delete_by(**wrong)
    assert len(calls) == sent
    c8y.events.delete_by(source=device, fragment="c8y_Door")
    assert [one.id for one in c8y.events.where(source=device, ascending=True)] == [
        one.id for one in doors[:2]
    ]


def test_a_file_is_sent_as_its_parts_and_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / 'a "b" ü.csv'
    file.write_text("1;2")
    with (
        Server(answer(b'{"name":"x"}', "201 Created")) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        event = Event.from_json({"id": "7/1"}, c8y)
        assert event.create_attachment(file, "text/csv") == {"name": "x"}
        assert event.update_attachment(file, "text/csv") == {"name": "x"}
        c8y.events.update_attachment("7", io.BytesIO(b"3;4"))
        with pytest.raises(FileNotFoundError):
            c8y.events.create_attachment("7", tmp_path / "none")
    first, second, third = server.requests
    assert first.startswith(b"POST /event/events/7%2F1/binaries ")
    about = first.split(b'name="object"')[1].split(b"\r\n\r\n")[1].split(b"\r\n")[0]
    assert json.loads(about) == {"name": 'a "b" ü.csv', "type": "text/csv"}
    assert second.startswith(b"PUT /event/events/7%2F1/binaries ")
    assert b"attachment; filename=\"a %22b%22 ?.csv\"; filename*=UTF-8''a%20%22b%22%20%C3%BC.csv" in second
    assert str(tmp_path).encode() not in first + second
    assert second.endswith(b"\r\n\r\n1;2")
    assert third.endswith(b"\r\n\r\n3;4")


def test_attachments_live_and_die_with_their_event(
    c8y: CumulocityClient, device: str, tmp_path: Path
) -> None:
    event = Event(c8y, "door", "now", device, "opened").create()
    assert not event.has_attachment()
    event.create_attachment(io.BytesIO(b"one"), "text/plain")
    with pytest.raises(Conflict):
        c8y.events.create_attachment(str(event.id), io.BytesIO(b"two"))
    assert event.reload().has_attachment()
    assert event.download_attachment() == b"one"
    event.update_attachment(io.BytesIO(b"three"))
    assert c8y.events.download_attachment(str(event.id)) == b"three"
    assert c8y.events.save_attachment(str(event.id), tmp_path / "file") == 5
    assert (tmp_path / "file").read_bytes() == b"three"
    event.delete_attachment()
    with pytest.raises(NotFound):
        c8y.events.delete_attachment(str(event.id))
    assert c8y.events.build_attachment_path("a/b") == "/event/events/a%2Fb/binaries"
