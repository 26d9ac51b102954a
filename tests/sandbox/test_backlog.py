"""Calls that change or delete much: the answer comes before all is done."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pytest
import time_machine

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

TIME = "2026-01-01T00:00:00Z"


@pytest.fixture
def slow(acme: Tenant) -> Tenant:
    """A tenant that does two steps at once, and one in each second after that."""
    acme.backlog.at_once, acme.backlog.pace = 2, 1.0
    return acme


def many(admin: Door, agent: str, path: str, kind: str, **more: Any) -> None:
    for number in range(5):
        body = {"source": {"id": agent}, "type": f"t{number}", "time": TIME, "text": "many"} | more
        assert admin.post(path, kind, body).status_code == 201


def active(admin: Door, agent: str) -> int:
    path = f"/alarm/alarms?source={agent}&status=ACTIVE&type=t0,t1,t2,t3,t4&pageSize=100"
    return len(admin.get(path).json()["alarms"])


@pytest.mark.fact("alarm.many")
def test_many_alarms_go_on_being_changed_after_the_answer(admin: Door, slow: Tenant, agent: str) -> None:
    slow.alarms.forget(agent)
    many(admin, agent, "/alarm/alarms", "alarm", severity="MINOR")
    path = f"/alarm/alarms?source={agent}&status=ACTIVE"
    now = time.time()
    with time_machine.travel(now, tick=False):
        assert admin.put(path, "alarm", {"status": "CLEARED"}).status_code == 202
        assert active(admin, agent) == 3
    with time_machine.travel(now + 1.5, tick=False):
        assert active(admin, agent) == 2
    with time_machine.travel(now + 60, tick=False):
        assert active(admin, agent) == 0
        assert admin.put(path, "alarm", {"status": "CLEARED"}).status_code == 200


def test_what_goes_on_is_done_by_the_application_that_asked(
    admin: Door, sandbox: Sandbox, slow: Tenant, agent: str
) -> None:
    slow.alarms.forget(agent)
    many(admin, agent, "/alarm/alarms", "alarm", severity="MINOR")
    asking = next(app for app in sandbox.applications.values() if app.owner == "acme")
    before = len(slow.audits)
    path = f"/alarm/alarms?source={agent}"
    key = {"X-Cumulocity-Application-Key": asking.document["key"]}
    assert admin.put(path, "alarm", {"status": "CLEARED"}, headers=key).status_code == 202
    slow.backlog.finish()
    written = list(slow.audits.values())[before:]
    assert [record["application"] for record in written] == [asking.name] * 5


def test_what_goes_on_unheard_stays_unheard(admin: Door, slow: Tenant, agent: str) -> None:
    many(admin, agent, "/event/events", "event")
    heard: list[str] = []
    slow.events.announce = lambda action, record: None if slow.feed.is_quiet else heard.append(action)
    for mode, told in (("QUIESCENT", 0), ("PERSISTENT", 5)):
        headers = {"X-Cumulocity-Processing-Mode": mode}
        assert admin.call("DELETE", f"/event/events?source={agent}", headers=headers).status_code == 204
        slow.backlog.finish()
        assert len(heard) == told
        many(admin, agent, "/event/events", "event")
        heard.clear()


def test_an_alarm_that_was_deleted_meanwhile_does_not_come_back(
    admin: Door, slow: Tenant, agent: str
) -> None:
    slow.alarms.forget(agent)
    many(admin, agent, "/alarm/alarms", "alarm", severity="MINOR")
    assert admin.put(f"/alarm/alarms?source={agent}", "alarm", {"status": "CLEARED"}).status_code == 202
    assert admin.call("DELETE", f"/alarm/alarms?source={agent}").status_code == 204
    slow.backlog.finish()
    assert admin.get(f"/alarm/alarms?source={agent}").json()["alarms"] == []


@pytest.mark.fact("paging.deleted")
@pytest.mark.parametrize(
    ("path", "kind", "more"),
    [
        ("/alarm/alarms", "alarm", {"severity": "MINOR"}),
        ("/event/events", "event", {}),
        ("/measurement/measurements", "measurement", {"c8y_T": {"T": {"value": 1}}}),
    ],
)
def test_deleted_records_are_still_listed_for_a_while(
    admin: Door, slow: Tenant, agent: str, path: str, kind: str, more: dict[str, Any]
) -> None:
    slow.delete_object(agent)
    agent = admin.post("/inventory/managedObjects", "managedobject", {"c8y_IsDevice": {}}).json()["id"]
    many(admin, agent, path, kind, **more)
    key = f"{kind}s"
    assert admin.call("DELETE", f"{path}?source={agent}").status_code == 204
    assert len(admin.get(f"{path}?source={agent}").json()[key]) == 3
    slow.backlog.finish()
    assert admin.get(f"{path}?source={agent}").json()[key] == []


def test_deleted_trees_and_operations_take_their_time(admin: Door, slow: Tenant, agent: str) -> None:
    slow.operations.forget(agent)
    orders = "/devicecontrol/operations"
    for _ in range(5):
        assert admin.post(orders, "operation", {"deviceId": agent, "c8y_Restart": {}}).status_code == 201
    objects = "/inventory/managedObjects"
    group = admin.post(objects, "managedobject", {"c8y_IsDeviceGroup": {}}).json()["id"]
    for _ in range(4):
        child = {"c8y_IsDevice": {}, "type": "leaf"}
        admin.post(f"{objects}/{group}/childAssets", "managedobject", child)
    now = time.time()
    with time_machine.travel(now, tick=False):
        assert admin.call("DELETE", f"{orders}?deviceId={agent}").status_code == 204
        assert len(admin.get(f"{orders}?deviceId={agent}").json()["operations"]) == 3
        assert admin.call("DELETE", f"{objects}/{group}?cascade=true").status_code == 204
        assert admin.get(f"{objects}/{group}").status_code == 200  # what came before is done first
    with time_machine.travel(now + 4, tick=False):
        assert admin.get(f"{orders}?deviceId={agent}").json()["operations"] == []
        assert len(admin.get(f"{objects}?type=leaf").json()["managedObjects"]) == 4
    with time_machine.travel(now + 60, tick=False):
        assert admin.get(f"{objects}/{group}").status_code == 404
        assert admin.get(f"{objects}?type=leaf").json()["managedObjects"] == []


def test_what_fails_later_fails_no_call_of_somebody_else(
    admin: Door, slow: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    done = list[int]()
    steps = [partial(done.append, 1), partial(done.append, 2), partial(int, "?"), partial(done.append, 4)]
    with time_machine.travel(time.time(), tick=False) as clock:
        slow.backlog.do(steps)
        clock.shift(60)
        assert admin.get("/alarm/alarms").status_code == 200
    assert done == [1, 2, 4]
    assert "ValueError" in caplog.text


@pytest.mark.fact("delete.filters")
@pytest.mark.parametrize("path", ["/event/events", "/alarm/alarms", "/measurement/measurements"])
@pytest.mark.parametrize("query", ["", "?type=t", "?fragmentType=x"])
def test_nothing_is_deleted_by_a_filter_that_is_too_wide(admin: Door, path: str, query: str) -> None:
    before = admin.get(path).json()
    assert admin.call("DELETE", path + query).status_code == 422
    assert admin.get(path).json() == before
