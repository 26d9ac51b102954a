"""Objects: JSON to be changed freely, and only what differs is sent."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sdk import Alarm, AlarmSeverity, BadAnswer, Binary, CumulocityClient, ManagedObject, NotFound, User
from tests.sdk.server import Answer, Server, answer


def stored(**fragments: object) -> ManagedObject:
    return ManagedObject.from_json({"id": "1", "name": "pump", **fragments})


def test_nothing_changed_means_no_request(c8y: CumulocityClient, calls: list[str]) -> None:
    device = c8y.device_inventory.get_all(limit=1)[0]
    device.name = device.name
    device["c8y_Hardware"] = dict(device["c8y_Hardware"])
    calls.clear()
    assert device.update() is device
    c8y.device_inventory.update(device)
    assert calls == []


def test_an_edit_deep_inside_reaches_the_tenant(c8y: CumulocityClient) -> None:
    made = ManagedObject(c8y, x_A={"b": {"c": 1, "d": 2}}, x_Other=1).create()
    made["x_A"]["b"]["c"] = 5
    assert made.changes() == {"x_A": {"b": {"c": 5, "d": 2}}}
    made.update()
    assert c8y.inventory.get(str(made.id))["x_A"] == {"b": {"c": 5, "d": 2}}
    assert made.changes() == {}


def test_a_removed_fragment_is_gone_and_unknown_ones_survive(c8y: CumulocityClient) -> None:
    made = ManagedObject(c8y, name="x", x_A=1, x_B={"deep": [1, {"y": None}]}).create()
    del made["x_A"]
    made.name = None
    assert made.changes() == {"x_A": None, "name": None}
    made.update()
    again = c8y.inventory.get(str(made.id))
    assert "x_A" not in again
    assert again.name is None
    assert again["x_B"] == {"deep": [1, {"y": None}]}


def test_a_copy_leaves_the_original_alone(c8y: CumulocityClient) -> None:
    made = ManagedObject(c8y, name="before").create()
    made.name = "after"
    fresh = made.update(copy=True)
    assert (fresh.name, fresh.changes()) == ("after", {})
    assert made.changes() == {"name": "after"}
    assert made.reload(copy=True).name == "after"
    made.name = "lost"
    assert made.reload() is made
    assert made.name == "after"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_by_python_has_its_own_content_and_the_same_tenant(
    c8y: CumulocityClient, copied: Callable[[ManagedObject], ManagedObject]
) -> None:
    made = ManagedObject(c8y, x_A={"b": 1}).create()
    assert made.name is None
    made["x_A"]["b"] = 2
    other = copied(made)
    other["x_A"]["b"] = 3
    assert (made.changes(), other.changes()) == ({"x_A": {"b": 2}}, {"x_A": {"b": 3}})
    other.update()
    assert made.reload()["x_A.b"] == 3
    assert copied(Binary(c8y, file="a.txt")).file == "a.txt"  # type: ignore[attr-defined]


def test_a_pickle_keeps_changes_and_no_credentials(c8y: CumulocityClient) -> None:
    made = ManagedObject(c8y, name="x", x_A=1).create()
    assert made.name == "x"
    made["x_A"] = 2
    packed = pickle.dumps([made])
    assert b"Basic" not in packed
    [again] = pickle.loads(packed)  # noqa: S301
    assert (type(again), again.name, again.changes()) == (ManagedObject, "x", {"x_A": 2})
    with pytest.raises(ValueError, match="no connection"):
        again.update()
    again.c8y = c8y
    again.update()
    assert made.reload()["x_A"] == 2


def test_an_object_can_be_created_many_times(c8y: CumulocityClient) -> None:
    template = ManagedObject(c8y, name="same")
    first, second = template.create(), template.create()
    assert first.id != second.id
    assert template.id is None
    assert first.create().id not in {first.id, second.id}


def test_apply_and_apply_to(c8y: CumulocityClient) -> None:
    one = ManagedObject(c8y, name="one", x_A={"v": 1}).create()
    other = ManagedObject(c8y, name="other").create()
    assert one.apply({"x_B": 2})["x_B"] == 2
    assert one.apply_to(str(other.id)).id == other.id
    assert c8y.inventory.get(str(other.id)).as_tuple("name", "x_A.v", "x_B") == ("one", 1, 2)


def test_an_update_without_an_answer_keeps_what_was_written() -> None:
    empty: Answer = [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
    with Server(empty) as server, CumulocityClient(server.url, "t1", None) as c8y:
        one = ManagedObject.from_json({"id": "1", "a": 1, "b": 2}, c8y)
        one["a"] = 5
        del one["b"]
        one.update()
        assert (one.changes(), dict(one)) == ({}, {"id": "1", "a": 5})


def test_the_id_comes_from_the_location_when_there_is_no_body() -> None:
    created = b"HTTP/1.1 201 Created\r\nLocation: https://x/inventory/managedObjects/77\r\n"
    with (
        Server(
            [created + b"Content-Length: 0\r\n\r\n"], [b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"]
        ) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        assert ManagedObject(c8y, name="x").create().id == "77"
        assert ManagedObject(c8y, name="x").create().id is None


def test_dots_lead_into_objects_but_a_literal_key_comes_first() -> None:
    one = stored(a={"b": {"c": 1}, "x.y": {"z": 2}}, **{"a.b": {"c": 3}, "lone.key": 4})
    assert one["lone.key"] == 4
    assert one["a.b"] == {"c": 3}
    assert one["a.b.c"] == 3
    assert one["a.x.y.z"] == 2
    one["a.b.c"] = 9
    assert one["a.b"] == {"c": 9}
    assert one["a"]["b"] == {"c": 1}


def test_reading_what_is_not_there() -> None:
    one = stored(a={"b": None}, text="x")
    assert one.get("a.b", 5) is None
    assert one.get("a.c", 5) == 5
    assert one.get("text.length", 5) == 5
    assert one.has("a.b")
    assert "a.c" not in one
    assert 5 not in one
    for path in ("zzz", "a.c", "text.length"):
        with pytest.raises(KeyError):
            one[path]
        with pytest.raises(KeyError):
            del one[path]


def test_writing_creates_the_way_but_never_breaks_it() -> None:
    one = stored(text="x")
    one.set("a.b.c", 1)
    assert one["a"] == {"b": {"c": 1}}
    del one["a.b.c"]
    assert one["a"] == {"b": {}}
    with pytest.raises(TypeError, match="text"):
        one["text.length"] = 5
    one += {"name": "new", "x_C": {}}
    assert one.changes() == {"a": {"b": {}}, "name": "new", "x_C": {}}


def test_it_is_a_mapping() -> None:
    one = stored(a=1)
    assert dict(one) == {"id": "1", "name": "pump", "a": 1}
    assert (len(one), list(one), list(one.keys())) == (3, ["id", "name", "a"], ["id", "name", "a"])
    assert list(one.items())[2] == ("a", 1)
    copy = one.to_json()
    copy["a"] = {"changed": True}
    assert one["a"] == 1
    assert one.to_json(only_updated=True) == {}
    assert one.as_tuple("id", ("zzz", "-")) == ("1", "-")


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, 1.0), ([1], [True]), ("1", 1)])
def test_values_that_python_calls_equal_still_differ(before: object, after: object) -> None:
    one = stored(x=before)
    one["x"] = after
    assert one.changes() == {"x": after}


def test_what_was_put_back_is_no_change() -> None:
    one = stored(a={"b": 1}, c=None)
    one["a"]["b"] = 2
    one["a"]["b"] = 1
    del one["c"]
    one["new"] = None
    assert one.changes() == {}


def test_times_are_read_as_text_and_as_moments() -> None:
    one = ManagedObject.from_json({"creationTime": "2026-01-31T12:00:00.123+01:00", "lastUpdated": "soon"})
    assert one.creation_time == "2026-01-31T12:00:00.123+01:00"
    assert one.creation_datetime == datetime(2026, 1, 31, 11, 0, 0, 123000, UTC)
    assert (one.last_updated, one.last_updated_datetime) == ("soon", None)


def test_times_may_be_assigned_in_every_form_but_without_a_zone() -> None:
    alarm = Alarm(time=datetime(2026, 1, 31, 12, 0, 0, 123456, timezone(timedelta(hours=2))))
    assert alarm["time"] == "2026-01-31T12:00:00.123+02:00"
    alarm.datetime = datetime(2026, 1, 31, tzinfo=UTC)
    assert alarm.time == "2026-01-31T00:00:00.000Z"
    alarm.time = "now"
    assert alarm.datetime is not None
    assert abs(datetime.now(UTC) - alarm.datetime) < timedelta(seconds=5)
    with pytest.raises(ValueError, match="time zone"):
        alarm.time = datetime(2026, 1, 31)  # type: ignore[assignment]  # noqa: DTZ001


def test_known_words_are_members_and_others_stay_text() -> None:
    alarm = Alarm.from_json(
        {"severity": "MAJOR", "status": "SNOOZED", "count": "7", "source": {"id": 5, "name": "p"}}
    )
    assert alarm.severity is AlarmSeverity.MAJOR
    assert alarm.status == "SNOOZED"
    assert (alarm.count, alarm.source, alarm.source_name) == (7, "5", "p")
    alarm.source = "9"
    assert alarm["source"] == {"id": "9"}


@pytest.mark.parametrize("wild", [5, 1.5, True, [], {}, {"a": [1]}, None, "text"])
def test_no_value_of_a_device_breaks_a_field(wild: object) -> None:
    keys = ("id", "type", "name", "severity", "status", "count", "time", "source", "text", "creationTime")
    alarm = Alarm.from_json(dict.fromkeys(keys, wild))
    for name in Alarm._fields:
        getattr(alarm, name)
    assert alarm.changes() == {}


def test_what_the_platform_sets_cannot_be_assigned() -> None:
    one = stored()
    with pytest.raises(AttributeError, match="id"):
        one.id = "2"
    with pytest.raises(AttributeError, match="platform"):
        one.creation_time = "now"


def test_objects_without_a_connection_say_so() -> None:
    with pytest.raises(ValueError, match="c8y="):
        ManagedObject(name="x").create()
    with pytest.raises(ValueError, match="no id yet"):
        ManagedObject(CumulocityClient("http://x", "t1", None), name="x").delete()


def test_a_description_shows_no_more_than_needed() -> None:
    user = User(username="jdoe", password="secret", email="j@x")
    assert "secret" not in repr(user)
    assert repr(stored(big="x" * 9999)) == "ManagedObject(id='1', name='pump')"


def test_a_list_element_that_is_no_object_is_a_bad_answer() -> None:
    listed = answer(b'{"managedObjects":[5]}')
    with Server(listed) as server, CumulocityClient(server.url, "t1", None) as c8y:
        [one] = c8y.inventory.where()
        with pytest.raises(BadAnswer):
            _ = one.name


WILD = [
    b'"half a pair \\ud800"',
    b'"half a pair \\udc00 in the middle"',
    b'"no utf-8 \xff"',
    b'"a tab\there"',
    b"1e999",
    b"NaN",
    b"-Infinity",
]


@pytest.mark.parametrize("wild", WILD)
def test_what_one_device_smuggles_in_spoils_no_list(wild: bytes) -> None:
    body = b'{"managedObjects":[{"id":"1","x_Wild":%s},{"id":"2","name":"good"}]}' % wild
    with Server(answer(body)) as server, CumulocityClient(server.url, "t1", None) as c8y:
        assert [one.id for one in c8y.inventory.where()] == ["1", "2"]
        assert list(c8y.inventory.where().values("id", "name")) == [("1", None), ("2", "good")]
        first = c8y.inventory.where().all()[0]
        assert "x_Wild" in first
        first["x_New"] = 1
        assert first.changes() == {"x_New": 1}


def test_endless_depth_is_a_bad_answer() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with Server(answer(b'{"managedObjects":[{"id":"1","x":%s}]}' % deep)) as server:
        c8y = CumulocityClient(server.url, "t1", None)
        with c8y, pytest.raises(BadAnswer):
            c8y.inventory.get_all()


def test_deleting(c8y: CumulocityClient) -> None:
    made = ManagedObject(c8y, name="x").create()
    made.delete()
    with pytest.raises(NotFound):
        made.reload()


def test_values_at_paths_become_a_record() -> None:
    one = stored(c8y_Hardware={"model": "A"})
    found = one.as_record(name="name", model="c8y_Hardware.model", size=("c8y_Size.x", 7), no="nothing")
    assert found == {"name": "pump", "model": "A", "size": 7, "no": None}


def test_the_document_itself_is_at_hand_and_its_changes_are_noticed() -> None:
    one = stored(x_A={"b": 1})
    one.json["x_A"]["b"] = 2
    assert one.changes() == {"x_A": {"b": 2}}
    assert one.to_json() == one.json
    one.to_json()["name"] = "other"
    assert one.name == "pump"


def test_an_object_knows_what_it_is_and_when_it_changed_under_both_names() -> None:
    one = stored(c8y_IsBinary="", lastUpdated="2026-01-01T00:00:00.000Z")
    assert (one.is_binary, one.is_device, one.is_device_group) == (True, False, False)
    assert one.update_time == one.last_updated == "2026-01-01T00:00:00.000Z"
    assert one.update_datetime == one.last_updated_datetime == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(AttributeError, match=r"ManagedObject\.last_updated is set by the platform"):
        one.update_time = "now"
