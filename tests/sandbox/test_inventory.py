"""Managed objects: lists, changes, relations, deletion."""

from __future__ import annotations

from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door, media

OBJECTS = "/inventory/managedObjects"


def create(admin: Door, **content: Any) -> dict[str, Any]:
    answer = admin.post(OBJECTS, "managedobject", content)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def listed(admin: Door, **parameters: Any) -> list[str]:
    answer = admin.get(OBJECTS, params={"pageSize": 2000} | parameters)
    assert answer.status_code == 200, answer.text
    return [found["id"] for found in answer.json()["managedObjects"]]


def test_the_simple_filters_select(admin: Door) -> None:
    made = create(admin, name="One", type="t", my_Fragment={}, c8y_IsDevice={})["id"]
    other = create(admin, name="Two", type="t")["id"]
    assert listed(admin, type="t") == [made, other]
    assert listed(admin, type="t", fragmentType="my_Fragment") == [made]
    assert listed(admin, ids=f"{other},{made},99999") == [made, other]
    assert listed(admin, owner="admin", type="t") == [made, other]
    assert listed(admin, type="T") == []


@pytest.mark.fact("inventory.text")
def test_text_search_finds_any_token_of_names_types_owners_and_external_ids(admin: Door) -> None:
    made = create(admin, name="Left-wing turbine", externalIds=[{"type": "x", "externalId": "SN/4711"}])["id"]
    assert listed(admin, text="turbine") == [made]
    assert listed(admin, text="nowhere wing") == [made]
    assert listed(admin, text="4711") == [made]
    assert listed(admin, text='"wing turbine"') == [made]
    assert listed(admin, text='"turbine wing"') == []
    assert listed(admin, text="turb") == []
    admin.put(f"{OBJECTS}/{made}", "managedobject", {"name": "Rotor"})
    assert listed(admin, text="turbine") == []
    assert listed(admin, text="rotor") == [made]


@pytest.mark.fact("inventory.parents")
def test_parents_of_a_child_and_roots(admin: Door) -> None:
    group, device = create(admin, name="g", c8y_IsDeviceGroup={})["id"], create(admin, name="d")["id"]
    reference = {"managedObject": {"id": device}}
    assert (
        admin.post(f"{OBJECTS}/{group}/childAssets", "managedobjectreference", reference).status_code == 201
    )
    assert listed(admin, childAssetId=device) == [group]
    assert listed(admin, childDeviceId=device) == []
    roots = listed(admin, onlyRoots="true")
    assert group in roots
    assert device not in roots


@pytest.mark.fact("inventory.children")
def test_relations_are_shown_on_request(admin: Door) -> None:
    group, device = create(admin, name="g", c8y_IsDeviceGroup={})["id"], create(admin, name="d")["id"]
    admin.post(f"{OBJECTS}/{group}/childAssets", "managedobjectreference", {"managedObject": {"id": device}})
    plain = admin.get(f"{OBJECTS}/{group}").json()
    assert plain["childAssets"]["references"] == []
    assert "assetParents" not in plain
    full = admin.get(f"{OBJECTS}/{group}?withChildren=true&withChildrenCount=true").json()["childAssets"]
    assert full["count"] == 1
    assert full["references"][0]["managedObject"]["name"] == "d"
    nameless = admin.get(f"{OBJECTS}/{group}?withChildren=true&skipChildrenNames=true").json()["childAssets"]
    assert "name" not in nameless["references"][0]["managedObject"]
    child = admin.get(f"{OBJECTS}/{device}?withParents=true").json()
    assert [found["managedObject"]["id"] for found in child["assetParents"]["references"]] == [group]
    with_groups = admin.get(OBJECTS, params={"ids": device, "withGroups": "true"}).json()["managedObjects"][0]
    assert with_groups["assetParents"]["references"]


@pytest.mark.fact("document.merge")
def test_a_change_merges_at_the_top_level_and_null_removes(admin: Door, acme: Tenant) -> None:
    made = create(admin, name="x", my_One={"a": 1, "b": 2}, my_Two={"c": 3})
    changed = admin.put(
        f"{OBJECTS}/{made['id']}", "managedobject", {"my_One": {"a": 9}, "my_Two": None}
    ).json()
    assert changed["my_One"] == {"a": 9}
    assert "my_Two" not in changed
    assert changed["name"] == "x"
    assert acme.inventory.objects[made["id"]]["my_One"] == {"a": 9}
    assert changed["lastUpdated"] >= made["lastUpdated"]


@pytest.mark.fact("document.server")
@pytest.mark.parametrize(
    "key", ["self", "creationTime", "lastUpdated", "childDevices", "assetParents", "a.b", "a b"]
)
def test_what_only_the_server_sets_and_bad_names_are_refused(admin: Door, key: str) -> None:
    made = create(admin, name="x")["id"]
    assert admin.put(f"{OBJECTS}/{made}", "managedobject", {key: {}}).status_code == 422
    assert admin.post(OBJECTS, "managedobject", {key: {}}).status_code == 422


def test_an_id_in_the_body_must_be_that_of_the_path(admin: Door) -> None:
    made = create(admin, name="x")["id"]
    assert admin.put(f"{OBJECTS}/{made}", "managedobject", {"id": made, "name": "y"}).json()["name"] == "y"
    assert admin.put(f"{OBJECTS}/{made}", "managedobject", {"id": "1", "name": "z"}).status_code == 422


@pytest.mark.fact("document.heartbeat")
def test_an_empty_change_is_a_sign_of_life_and_nothing_else(admin: Door, acme: Tenant) -> None:
    monitored = {"c8y_RequiredAvailability": {"responseInterval": 5}}
    made = create(
        admin, name="x", c8y_Availability={"status": "UNAVAILABLE", "lastMessage": "2020-01-01"}, **monitored
    )
    assert admin.put(f"{OBJECTS}/{made['id']}", "managedobject", {}).json() == {"id": made["id"]}
    stored = acme.inventory.objects[made["id"]]
    assert stored["c8y_Availability"]["status"] == "AVAILABLE"
    assert stored["lastUpdated"] == made["lastUpdated"]


@pytest.mark.fact("header.application")
def test_a_call_without_application_key_counts_as_the_device(admin: Door, acme: Tenant) -> None:
    state = {"c8y_Availability": {"status": "UNAVAILABLE", "lastMessage": "2020-01-01T00:00:00.000Z"}}
    made = create(admin, name="x", c8y_RequiredAvailability={"responseInterval": 5}, **state)["id"]
    event = {"type": "t", "text": "x", "time": "2026-01-01T00:00:00Z", "source": {"id": made}}
    admin.post("/event/events", "event", event)
    assert acme.inventory.objects[made]["c8y_Availability"]["status"] == "UNAVAILABLE"
    del admin.session.headers["X-Cumulocity-Application-Key"]
    admin.post("/event/events", "event", event)
    assert admin.get(f"{OBJECTS}/{made}/availability").json()["dataStatus"] == "AVAILABLE"


def test_any_call_of_a_device_user_is_a_sign_of_life(sandbox: Sandbox, acme: Tenant) -> None:
    unavailable = [
        found
        for found in acme.inventory.objects.values()
        if found.get("c8y_Availability", {}).get("status") == "UNAVAILABLE"
    ]
    silent = next(found for found in unavailable if acme.users[found["owner"]]["enabled"])
    device = Door(sandbox, silent["owner"])
    device.get("/devicecontrol/operations")
    assert silent["c8y_Availability"]["status"] == "UNAVAILABLE"
    del device.session.headers["X-Cumulocity-Application-Key"]
    device.get("/devicecontrol/operations")
    assert silent["c8y_Availability"]["status"] == "AVAILABLE"


@pytest.mark.fact("inventory.unmonitored")
def test_availability_of_what_is_not_monitored_is_not_found(admin: Door) -> None:
    assert admin.get(f"{OBJECTS}/{create(admin, name='x')['id']}/availability").status_code == 404


@pytest.mark.fact("inventory.many")
def test_many_objects_are_created_all_or_none(admin: Door, acme: Tenant) -> None:
    before = len(acme.inventory.objects)
    bad = {"managedObjects": [{"name": "a"}, {"id": "7"}]}
    assert admin.post(OBJECTS, "managedobjectcollection", bad).status_code == 422
    too_many = {"managedObjects": [{"name": "a"}] * 51}
    assert admin.post(OBJECTS, "managedobjectcollection", too_many).status_code == 422
    assert len(acme.inventory.objects) == before
    good = {"managedObjects": [{"name": "a"}, {"name": "b"}]}
    made = admin.post(OBJECTS, "managedobjectcollection", good).json()["managedObjects"]
    assert [found["name"] for found in made] == ["a", "b"]


@pytest.mark.fact("answer.conflict", "inventory.bound")
def test_a_taken_external_id_stops_the_creation(admin: Door, acme: Tenant) -> None:
    external = [{"type": "x", "externalId": "1"}]
    create(admin, name="a", externalIds=external)
    before = len(acme.inventory.objects)
    assert admin.post(OBJECTS, "managedobject", {"name": "b", "externalIds": external}).status_code == 409
    assert len(acme.inventory.objects) == before


def test_an_external_id_that_is_given_twice_stops_the_creation(admin: Door, acme: Tenant) -> None:
    before, named = len(acme.inventory.objects), {"externalIds": [{"type": "x", "externalId": "1"}]}
    twice = {"externalIds": named["externalIds"] * 2}
    assert admin.post(OBJECTS, "managedobject", twice).status_code == 409
    both = {"managedObjects": [named, named]}
    assert admin.post(OBJECTS, "managedobjectcollection", both).status_code == 409
    assert (len(acme.inventory.objects), ("x", "1") in acme.identities) == (before, False)


@pytest.mark.fact("inventory.group")
def test_deleting_a_group_takes_its_subgroups_and_leaves_the_devices(admin: Door, acme: Tenant) -> None:
    group = create(admin, name="g", c8y_IsDeviceGroup={})["id"]
    sub = {"name": "s", "c8y_IsDeviceGroup": {}}
    path = admin.post(f"{OBJECTS}/{group}/childAssets", "managedobject", sub).headers["Location"]
    subgroup, device = path.rsplit("/", 1)[-1], create(admin, name="d", c8y_IsDevice={})["id"]
    reference = {"managedObject": {"id": device}}
    admin.post(f"{OBJECTS}/{subgroup}/childAssets", "managedobjectreference", reference)
    assert admin.delete(f"{OBJECTS}/{group}").status_code == 204
    assert group not in acme.inventory.objects
    assert subgroup not in acme.inventory.objects
    assert device in acme.inventory.objects


@pytest.mark.fact("inventory.cascade")
def test_cascade_takes_the_devices_too_and_their_users_on_request(admin: Door, acme: Tenant) -> None:
    group = next(
        key for key in acme.inventory.objects if acme.inventory.objects[key].get("name") == "Site Aarhus"
    )
    devices = [
        key for key in acme.inventory.hierarchy(group) if "c8y_IsDevice" in acme.inventory.objects[key]
    ]
    users = [acme.inventory.objects[device]["owner"] for device in devices]
    serial = acme.external_ids[devices[0]][0]
    assert admin.delete(f"{OBJECTS}/{group}?cascade=true&withDeviceUser=true").status_code == 204
    assert not set(devices) & set(acme.inventory.objects)
    assert not set(users) & set(acme.users)
    assert serial not in acme.identities
    assert not [alarm for alarm in acme.alarms.values() if alarm["source"]["id"] in devices]


@pytest.mark.fact("inventory.referenced")
def test_a_device_with_child_devices_is_not_deleted_alone(admin: Door, acme: Tenant) -> None:
    parent, child = create(admin, c8y_IsDevice={})["id"], create(admin, c8y_IsDevice={})["id"]
    admin.post(f"{OBJECTS}/{parent}/childDevices", "managedobjectreference", {"managedObject": {"id": child}})
    assert admin.delete(f"{OBJECTS}/{parent}").status_code == 409
    assert admin.delete(f"{OBJECTS}/{parent}?cascade=true").status_code == 204
    assert child not in acme.inventory.objects


@pytest.mark.fact("inventory.references")
def test_children_are_listed_assigned_and_unassigned(admin: Door) -> None:
    parent = create(admin, name="p")["id"]
    children = [create(admin, name=name)["id"] for name in ("a", "b", "c")]
    references = {"references": [{"managedObject": {"id": child}} for child in children]}
    path = f"{OBJECTS}/{parent}/childAdditions"
    assert admin.post(path, "managedobjectreferencecollection", references).status_code == 201
    found = admin.get(f"{path}?query=name eq 'b'&withTotalElements=true").json()
    assert [entry["managedObject"]["name"] for entry in found["references"]] == ["b"]
    assert found["statistics"]["totalElements"] == 1
    first = {"references": references["references"][:2]}
    headers = {"Content-Type": media("managedobjectreferencecollection")}
    assert admin.call("DELETE", path, json=first, headers=headers).status_code == 204
    assert admin.delete(f"{path}/{children[0]}").status_code == 404
    assert admin.delete(f"{path}/{children[2]}").status_code == 204
    assert admin.get(path).json()["references"] == []


def test_nothing_becomes_the_child_of_itself_or_of_its_child(admin: Door) -> None:
    parent, child = create(admin)["id"], create(admin)["id"]
    admin.post(f"{OBJECTS}/{parent}/childAssets", "managedobjectreference", {"managedObject": {"id": child}})
    for above, below in ((parent, parent), (child, parent)):
        reference = {"managedObject": {"id": below}}
        assert (
            admin.post(f"{OBJECTS}/{above}/childAssets", "managedobjectreference", reference).status_code
            == 422
        )


@pytest.mark.fact("address.segments", "identity.once")
def test_external_ids_survive_slashes_and_blanks(admin: Door) -> None:
    made = create(admin)["id"]
    body = {"type": "my type", "externalId": "a/b?c#d;e"}
    path = f"/identity/globalIds/{made}/externalIds"
    assert admin.post(path, "externalid", body, headers={"Accept": "text/html"}).status_code == 406
    assert admin.post(path, "externalid", body).status_code == 201
    assert admin.post(path, "externalid", body).status_code == 409
    found = admin.get("/identity/externalIds/my%20type/a%2Fb%3Fc%23d%3Be").json()
    assert found["managedObject"]["id"] == made
    assert admin.delete("/identity/externalIds/my%20type/a%2Fb%3Fc%23d%3Be").status_code == 204
    assert admin.get(path).json()["externalIds"] == []


@pytest.mark.fact("inventory.owner")
def test_the_user_of_a_device_can_be_disabled_through_it(admin: Door, acme: Tenant, agent: str) -> None:
    owner = acme.inventory.objects[agent]["owner"]
    path = f"{OBJECTS}/{agent}/user"
    assert admin.get(path).json()["userName"] == owner
    assert admin.put(path, "managedobjectuser", {"enabled": False}).json()["enabled"] is False
    assert acme.users[owner]["enabled"] is False


def test_counting_and_the_tenants_are_apart(admin: Door, sandbox: Sandbox, acme: Tenant) -> None:
    counted = admin.get(f"{OBJECTS}/count?fragmentType=c8y_IsDevice")
    assert (counted.text, counted.headers["Content-Type"]) == ("60", "text/plain")
    globex = Door(sandbox, "admin", "globex")
    assert globex.get(f"{OBJECTS}/count?fragmentType=c8y_IsDevice").text == "15"
