"""Notification 2.0: subscriptions, tokens, and which changes become notifications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.consumers import SUBSCRIPTIONS, Notification, notification, subscribe, token
from tests.sandbox.doors import Door

TIME = "2026-01-01T00:00:00Z"
Heard = Callable[[], list[Notification]]


@pytest.fixture
def heard(sandbox: Sandbox, admin: Door, acme: Tenant) -> Heard:
    """Gives what has arrived at the topic `test` since it was asked last."""
    consumer = acme.topics.connect(sandbox.tickets.claims(token(admin)), "")

    def arrived() -> list[Notification]:
        found = []
        while message := acme.topics.take(consumer, 0):
            found.append(notification(message.text))
            acme.topics.acknowledge(consumer, message.id)
        return found

    return arrived


def kinds(found: list[Notification]) -> list[tuple[str, str]]:
    return [(it.description.split("/")[2], it.action) for it in found]


def create(door: Door, path: str, kind: str, **body: Any) -> str:
    answer = door.post(path, kind, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def everything(door: Door, device: str) -> None:
    """Create and change one of each kind."""
    common = {"source": {"id": device}, "type": "t", "text": "x", "time": TIME}
    alarm = create(door, "/alarm/alarms", "alarm", severity="MAJOR", **common)
    door.put(f"/alarm/alarms/{alarm}", "alarm", {"status": "CLEARED"})
    event = create(door, "/event/events", "event", **common)
    door.put(f"/event/events/{event}", "event", {"text": "y"})
    door.delete(f"/event/events/{event}")
    series = {"c8y_T": {"T": {"value": 1}}}
    body = {"source": {"id": device}, "type": "t", "time": TIME}
    create(door, "/measurement/measurements", "measurement", **body, **series)
    operation = create(door, "/devicecontrol/operations", "operation", deviceId=device, c8y_Restart={})
    door.put(f"/devicecontrol/operations/{operation}", "operation", {"status": "EXECUTING"})
    made = create(door, "/inventory/managedObjects", "managedobject", name="new")
    door.put(f"/inventory/managedObjects/{made}", "managedobject", {"name": "newer"})
    door.delete(f"/inventory/managedObjects/{made}")
    door.put(f"/inventory/managedObjects/{device}", "managedobject", {"c8y_Notes": "z"})


@pytest.mark.fact("notification.coverage")
def test_the_tenant_context_hears_of_what_is_created_but_measurements(
    admin: Door, heard: Heard, agent: str
) -> None:
    subscribe(admin)
    everything(admin, agent)
    assert kinds(heard()) == [
        ("alarms", "CREATE"),
        ("events", "CREATE"),
        ("operations", "CREATE"),
        ("managedobjects", "CREATE"),
    ]


@pytest.mark.fact("notification.coverage")
def test_the_context_of_an_object_hears_of_all_its_changes(
    admin: Door, heard: Heard, agent: str, acme: Tenant
) -> None:
    subscribe(admin, context="mo", source={"id": agent})
    other = next(key for key in acme.inventory.index.having("c8y_IsDevice").listed() if key != agent)
    common = {"source": {"id": other}, "type": "t", "text": "x", "time": TIME}
    create(admin, "/event/events", "event", **common)
    everything(admin, agent)
    assert kinds(heard()) == [
        ("alarms", "CREATE"),
        ("managedobjects", "UPDATE"),  # the count of its active alarms
        ("alarms", "UPDATE"),
        ("managedobjects", "UPDATE"),
        ("events", "CREATE"),
        ("events", "UPDATE"),
        ("events", "DELETE"),
        ("measurements", "CREATE"),
        ("operations", "CREATE"),
        ("operations", "UPDATE"),
        ("managedobjects", "UPDATE"),
    ]


def test_the_body_is_what_the_api_shows(admin: Door, heard: Heard, agent: str) -> None:
    subscribe(admin)
    common = {"source": {"id": agent}, "type": "t", "text": "x", "time": TIME}
    event = create(admin, "/event/events", "event", **common)
    [found] = heard()
    assert found.description == f"/acme/events/{agent}"
    assert found.body == admin.get(f"/event/events/{event}").json()


def test_a_change_of_an_object_is_told_as_it_was_then(admin: Door, heard: Heard, agent: str) -> None:
    subscribe(admin, context="mo", source={"id": agent}, subscriptionFilter={"apis": ["managedobjects"]})
    for number in (1, 2):
        admin.put(f"/inventory/managedObjects/{agent}", "managedobject", {"my_Note": {"n": number}})
    assert [found.body["my_Note"]["n"] for found in heard()] == [1, 2]


def test_a_deleted_object_is_told_by_its_id(admin: Door, heard: Heard) -> None:
    made = create(admin, "/inventory/managedObjects", "managedobject", name="x")
    subscribe(admin, context="mo", source={"id": made})
    common = {"source": {"id": made}, "type": "t", "text": "x", "time": TIME}
    create(admin, "/event/events", "event", **common)
    admin.delete(f"/inventory/managedObjects/{made}")
    assert kinds(found := heard()) == [("events", "CREATE"), ("managedobjects", "DELETE")]
    assert found[1].body == {"id": made}


@pytest.mark.parametrize(
    ("words", "types"),
    [
        ("a", "a"),
        ("'a'", "a"),
        ("'a' or 'b'", "ab"),
        ("type eq 'a' or type eq 'c'", "ac"),
        ("'a' or 'b' or 'c'", "abc"),
    ],
)
def test_a_filter_by_type(admin: Door, heard: Heard, agent: str, words: str, types: str) -> None:
    subscribe(admin, subscriptionFilter={"apis": ["events"], "typeFilter": words})
    for kind in "abc":
        create(
            admin, "/event/events", "event", source={"id": agent}, type=kind, text="x", time=TIME, my_X=kind
        )
    assert [found.body["my_X"] for found in heard()] == list(types)


def test_a_type_that_is_no_text_passes_no_filter_by_type(admin: Door, heard: Heard, agent: str) -> None:
    subscribe(
        admin, context="mo", source={"id": agent}, subscriptionFilter={"apis": ["*"], "typeFilter": "a"}
    )
    made = create(admin, "/devicecontrol/operations", "operation", deviceId=agent, my_X={}, type={"a": 1})
    changed = admin.put(f"/devicecontrol/operations/{made}", "operation", {"status": "EXECUTING"})
    assert (changed.status_code, heard()) == (200, [])


def test_what_an_administrator_removes_is_told_but_for_alarms(admin: Door, heard: Heard, agent: str) -> None:
    everything(admin, agent)
    subscribe(
        admin, context="mo", source={"id": agent}, subscriptionFilter={"apis": ["alarms", "measurements"]}
    )
    admin.delete(f"/alarm/alarms?source={agent}")
    admin.delete(f"/measurement/measurements?source={agent}&type=t")
    assert kinds(heard()) == [("measurements", "DELETE")]


def test_only_chosen_fragments_are_copied(admin: Door, heard: Heard, agent: str) -> None:
    subscribe(admin, fragmentsToCopy=["my_A"])
    common = {"source": {"id": agent}, "type": "t", "text": "x", "time": TIME}
    create(admin, "/event/events", "event", **common, my_A={"n": 1}, my_B={"n": 2})
    [found] = heard()
    assert found.body["my_A"] == {"n": 1}
    assert found.body["text"] == "x"
    assert "my_B" not in found.body


def test_with_children_means_everything_below(admin: Door, heard: Heard, acme: Tenant) -> None:
    parent, children = next(item for item in acme.inventory.children["childDevices"].items() if item[1])
    child = next(iter(children))
    subscribe(
        admin,
        context="mo",
        source={"id": parent},
        subscriptionFilter={"apis": ["alarmsWithChildren", "eventsWithChildren"]},
    )
    for source in (parent, child):
        create(admin, "/event/events", "event", source={"id": source}, type="t", text="x", time=TIME)
    assert [found.description for found in heard()] == [
        f"/acme/eventsWithChildren/{parent}",
        f"/acme/eventsWithChildren/{child}",
    ]


@pytest.mark.fact("header.quiet")
@pytest.mark.parametrize(
    ("mode", "told"), [("TRANSIENT", 1), ("QUIESCENT", 0), ("CEP", 0), ("PERSISTENT", 1)]
)
def test_the_processing_mode_decides_what_is_told(
    admin: Door, heard: Heard, agent: str, mode: str, told: int
) -> None:
    subscribe(admin)
    body = {"source": {"id": agent}, "type": "t", "text": "x", "time": TIME}
    admin.post("/event/events", "event", body, headers={"X-Cumulocity-Processing-Mode": mode})
    assert len(heard()) == told


def test_several_subscriptions_share_a_topic(admin: Door, heard: Heard, agent: str) -> None:
    subscribe(admin)
    subscribe(admin, context="mo", source={"id": agent})
    create(admin, "/event/events", "event", source={"id": agent}, type="t", text="x", time=TIME)
    assert len(heard()) == 2


def test_a_life_sign_that_changes_nothing_is_not_told(admin: Door, heard: Heard, acme: Tenant) -> None:
    device = next(key for key, found in acme.inventory.objects.items() if "c8y_RequiredAvailability" in found)
    acme.heard_from(device)
    subscribe(admin, context="mo", source={"id": device})
    acme.heard_from(device)
    assert heard() == []
    acme.inventory.update(device, {"c8y_Availability": {"status": "UNAVAILABLE"}}, told=False)
    acme.heard_from(device)
    assert kinds(heard()) == [("managedobjects", "UPDATE")]


# subscriptions ----------------------------------------------------------------------------------------------


@pytest.mark.fact("notification.subscription")
def test_the_life_of_a_subscription(admin: Door, agent: str) -> None:
    made = subscribe(admin, context="mo", source={"id": agent}, nonPersistent=True)
    assert made["source"]["id"] == agent
    assert made["source"]["name"]
    assert admin.get(f"{SUBSCRIPTIONS}/{made['id']}").json() == made
    assert admin.get(SUBSCRIPTIONS).json()["subscriptions"] == [made]
    assert admin.delete(f"{SUBSCRIPTIONS}/{made['id']}").status_code == 204
    refusal = admin.get(f"{SUBSCRIPTIONS}/{made['id']}")
    assert (refusal.status_code, refusal.json()["error"]) == (404, "reliable-notification/Not Found")


@pytest.mark.fact("notification.subscription")
def test_the_same_subscription_twice_is_a_duplicate(admin: Door, agent: str) -> None:
    subscribe(admin, context="mo", source={"id": agent})
    subscribe(admin)
    subscribe(admin, "another")
    body = {"context": "mo", "source": {"id": agent}, "subscription": "test", "fragmentsToCopy": ["x"]}
    refusal = admin.post(SUBSCRIPTIONS, "subscription", body)
    assert refusal.status_code == 409
    assert refusal.json()["error"] == "reliable-notification/Duplicate"
    assert refusal.json()["message"].endswith("already exists!")


@pytest.mark.fact("notification.subscription")
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (422, {}),
        (422, {"context": "mo", "subscription": "a"}),
        (422, {"context": "other", "subscription": "a"}),
        (422, {"context": "tenant", "subscription": "a b"}),
        (422, {"context": "tenant", "subscription": ""}),
        (422, {"context": "tenant", "subscription": "a", "nonPersistent": "yes"}),
        (422, {"context": "tenant", "subscription": "a", "fragmentsToCopy": "x"}),
        (422, {"context": "tenant", "subscription": "a", "subscriptionFilter": {"apis": ["measurements"]}}),
        (422, {"context": "tenant", "subscription": "a", "subscriptionFilter": {"apis": ["*", "alarms"]}}),
        (422, {"context": "tenant", "subscription": "a", "subscriptionFilter": {"typeFilter": "a and b"}}),
        (422, {"context": "tenant", "subscription": "a", "subscriptionFilter": {"typeFilter": 7}}),
        (404, {"context": "mo", "subscription": "a", "source": {"id": "999999999"}}),
    ],
)
def test_a_wrong_subscription_is_refused(admin: Door, status: int, body: dict[str, Any]) -> None:
    assert admin.post(SUBSCRIPTIONS, "subscription", body).status_code == status
    assert admin.get(SUBSCRIPTIONS).json()["subscriptions"] == []


@pytest.mark.fact("notification.deletion")
def test_subscriptions_are_deleted_by_source_or_context(admin: Door, agent: str) -> None:
    subscribe(admin, context="mo", source={"id": agent})
    subscribe(admin, "other", context="mo", source={"id": agent})
    subscribe(admin)
    for wrong in ("", "?context=mo", "?context=nonsense"):
        assert admin.delete(SUBSCRIPTIONS + wrong).status_code == 422
    assert admin.delete(f"{SUBSCRIPTIONS}?source={agent}").status_code == 204
    assert [found["context"] for found in admin.get(SUBSCRIPTIONS).json()["subscriptions"]] == ["tenant"]
    assert admin.delete(f"{SUBSCRIPTIONS}?context=tenant").status_code == 204
    assert admin.get(SUBSCRIPTIONS).json()["subscriptions"] == []


def test_subscriptions_are_found_by_their_properties(admin: Door, agent: str) -> None:
    subscribe(admin, "one", context="mo", source={"id": agent})
    subscribe(admin, "two", subscriptionFilter={"typeFilter": "'a' or 'b'"})
    queries = {
        f"source={agent}": ["one"],
        "context=tenant": ["two"],
        "subscription=two": ["two"],
        "typeFilter='a' or 'b'": ["two"],
        "subscription=three": [],
    }
    for query, expected in queries.items():
        found = admin.get(f"{SUBSCRIPTIONS}?{query}").json()["subscriptions"]
        assert [it["subscription"] for it in found] == expected


def test_only_its_role_opens_the_api(sandbox: Sandbox) -> None:
    reader = Door(sandbox, "reader")
    assert reader.get(SUBSCRIPTIONS).status_code == 403
    wish = {"subscriber": "a", "subscription": "b"}
    assert reader.post("/notification2/token", "application/json", wish).status_code == 403


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"subscriber": "a"},
        {"subscriber": "a b", "subscription": "x"},
        {"subscriber": "a", "subscription": "x", "expiresInMinutes": 0},
        {"subscriber": "a", "subscription": "x", "expiresInMinutes": "soon"},
        {"subscriber": "a", "subscription": "x", "type": "other"},
        {"subscriber": "a", "subscription": "x", "shared": 1},
    ],
)
def test_a_wrong_wish_for_a_token_is_refused(admin: Door, wish: dict[str, Any]) -> None:
    assert admin.post("/notification2/token", "application/json", wish).status_code == 422


def test_unsubscribing_needs_a_token_of_the_tenant(sandbox: Sandbox, admin: Door) -> None:
    path = "/notification2/unsubscribe"
    assert admin.post(path, "application/json", {}).status_code == 422
    assert admin.post(f"{path}?token=x", "application/json", {}).status_code == 401
    foreign = token(Door(sandbox, "admin", "globex"))
    assert admin.post(f"{path}?token={foreign}", "application/json", {}).status_code == 422
    assert admin.post(f"{path}?token={token(admin)}", "application/json", {}).json() == {"result": "DONE"}
