"""Who may do what: global roles, ownership, inventory roles."""

from __future__ import annotations

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

OBJECTS = "/inventory/managedObjects"


@pytest.fixture
def restricted(sandbox: Sandbox) -> Door:
    return Door(sandbox, "restricted")


@pytest.fixture
def own(acme: Tenant) -> list[str]:
    """What the restricted user may see: a group and everything below it."""
    return sorted(acme.inventory.hierarchy(acme.assignments["restricted"][1]["managedObject"]), key=int)


@pytest.fixture
def foreign(acme: Tenant, own: list[str]) -> str:
    objects = acme.inventory.objects
    return next(key for key in objects if "com_cumulocity_model_Agent" in objects[key] and key not in own)


def test_a_reader_reads_and_changes_nothing(sandbox: Sandbox, agent: str) -> None:
    reader = Door(sandbox, "reader")
    for path in (
        OBJECTS,
        "/alarm/alarms",
        "/devicecontrol/operations",
        "/user/acme/users",
        "/tenant/options",
    ):
        assert reader.get(path).status_code == 200
    refused = [
        reader.put(f"{OBJECTS}/{agent}", "managedobject", {"name": "x"}),
        reader.post(OBJECTS, "managedobject", {"name": "x"}),
        reader.delete(f"{OBJECTS}/{agent}"),
        reader.put("/alarm/alarms?severity=MAJOR", "alarm", {"status": "CLEARED"}),
        reader.post("/devicecontrol/operations", "operation", {"deviceId": agent, "c8y_Restart": {}}),
        reader.delete("/user/acme/users/restricted"),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert refused[0].json()["error"] == "security/Forbidden"


def test_an_operator_works_on_devices_and_not_on_users(sandbox: Sandbox, agent: str) -> None:
    operator = Door(sandbox, "operator")
    assert operator.put(f"{OBJECTS}/{agent}", "managedobject", {"my_Note": {}}).status_code == 200
    assert operator.get("/user/acme/users").status_code == 403
    assert operator.get("/tenant/options").status_code == 403


@pytest.mark.fact("paging.short")
def test_the_restricted_user_sees_his_group_through_short_and_empty_pages(
    restricted: Door, own: list[str]
) -> None:
    pages, url = [], f"{restricted.base}{OBJECTS}?pageSize=3&withTotalPages=true"
    while url:
        page = restricted.session.get(url).json()
        assert set(page["statistics"]) == {"pageSize", "currentPage"}
        pages.append([found["id"] for found in page["managedObjects"]])
        url = page.get("next")
    assert [found for page in pages for found in page] == own
    assert any(0 < len(page) < 3 for page in pages)


@pytest.mark.fact("paging.short")
def test_pages_may_be_empty_while_more_follow(sandbox: Sandbox, acme: Tenant) -> None:
    sandbox = Sandbox(devices=2500, seed=3)
    tenant, restricted = sandbox.tenant("acme"), Door(sandbox, "restricted")
    last = tenant.inventory.index.having("c8y_IsDevice").listed()[-1]
    tenant.assignments["restricted"][1]["managedObject"] = last
    pages, url = 0, f"{restricted.base}{OBJECTS}?pageSize=10"
    while url:
        page = restricted.session.get(url).json()
        pages, found, url = pages + 1, page["managedObjects"], page.get("next")
        assert not found or found[0]["id"] == last
    assert pages > 2


def test_what_is_not_his_is_forbidden_one_by_one(restricted: Door, own: list[str], foreign: str) -> None:
    assert restricted.get(f"{OBJECTS}/{own[0]}").status_code == 200
    assert restricted.get(f"{OBJECTS}/{foreign}").status_code == 403
    assert restricted.put(f"{OBJECTS}/{own[-1]}", "managedobject", {"my_Note": {}}).status_code == 200
    assert restricted.put(f"{OBJECTS}/{foreign}", "managedobject", {"my_Note": {}}).status_code == 403
    assert restricted.post(OBJECTS, "managedobject", {"name": "x"}).status_code == 403
    assert restricted.get(f"/identity/globalIds/{foreign}/externalIds").status_code == 403


def test_alarms_and_operations_follow_the_inventory_roles(
    admin: Door, restricted: Door, acme: Tenant, own: list[str], foreign: str
) -> None:
    mine = next(key for key in own if "com_cumulocity_model_Agent" in acme.inventory.objects[key])
    for source in (mine, foreign):
        alarm = {
            "source": {"id": source},
            "type": "t",
            "text": "x",
            "severity": "MINOR",
            "time": "2026-01-01T00:00:00Z",
        }
        admin.post("/alarm/alarms", "alarm", alarm)
    sources = {found["source"]["id"] for found in restricted.everything("/alarm/alarms?type=t", "alarms")}
    assert sources == {mine}
    assert restricted.get("/alarm/alarms/count?type=t").text == "1"
    assert admin.get("/alarm/alarms/count?type=t").text == "2"
    assert restricted.put("/alarm/alarms?severity=MINOR", "alarm", {"status": "CLEARED"}).status_code == 403
    restart = {"deviceId": mine, "c8y_Restart": {}}
    assert restricted.post("/devicecontrol/operations", "operation", restart).status_code == 201
    restart["deviceId"] = foreign
    assert restricted.post("/devicecontrol/operations", "operation", restart).status_code == 403
    assert {
        found["deviceId"] for found in restricted.everything("/devicecontrol/operations", "operations")
    } <= set(own)


def test_a_device_sees_itself_only(sandbox: Sandbox, acme: Tenant, agent: str) -> None:
    foreign = next(key for key in acme.inventory.index.having("c8y_IsDevice").listed() if key != agent)
    device = Door(sandbox, acme.inventory.objects[agent]["owner"])
    found = device.everything(f"{OBJECTS}?pageSize=2000", "managedObjects")
    assert [thing["id"] for thing in found] == [agent]
    assert device.get(f"{OBJECTS}/{foreign}").status_code == 403
    event = {"source": {"id": agent}, "type": "t", "text": "x", "time": "2026-01-01T00:00:00Z"}
    assert device.post("/event/events", "event", event).status_code == 201
    assert device.post("/event/events", "event", event | {"source": {"id": foreign}}).status_code == 403


def test_the_bootstrap_user_can_do_one_thing(sandbox: Sandbox) -> None:
    assert Door(sandbox, "bootstrap").get(OBJECTS).json()["managedObjects"] == []
    assert Door(sandbox, "bootstrap").get("/user/currentUser").status_code == 403
