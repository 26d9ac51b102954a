"""Realtime notifications by long polling."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests

from sdk.sandbox import Sandbox
from sdk.sandbox.api import realtime
from sdk.sandbox.store import channels
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

REALTIME = "/notification/realtime"
TIME = "2026-01-01T00:00:00Z"


class Client:
    """A Bayeux client."""

    def __init__(self, door: Door, path: str = REALTIME) -> None:
        self.door, self.path = door, path
        [self.shaken] = self.send({"channel": "/meta/handshake", "version": "1.0"})
        self.id = self.shaken["clientId"]

    def send(self, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.door.post(self.path, "application/json", list(messages))
        assert answer.status_code == 200, answer.text
        replies: list[dict[str, Any]] = answer.json()
        return replies

    def meta(self, name: str, **more: Any) -> dict[str, Any]:
        return {"channel": f"/meta/{name}", "clientId": self.id} | more

    def subscribe(self, channel: str) -> dict[str, Any]:
        [reply] = self.send(self.meta("subscribe", subscription=channel))
        return reply

    def poll(self, timeout: int = 0) -> list[tuple[str, Any]]:
        """(channel, data) of what has arrived."""
        advice = {"timeout": timeout}
        *arrived, reply = self.send(self.meta("connect", connectionType="long-polling", advice=advice))
        assert reply["channel"] == "/meta/connect"
        assert reply["successful"], reply
        return [(message["channel"], message["data"]) for message in arrived]


@pytest.fixture
def client(admin: Door) -> Client:
    return Client(admin)


def event(door: Door, device: str) -> str:
    body = {"source": {"id": device}, "type": "t", "text": "x", "time": TIME}
    return str(door.post("/event/events", "event", body).json()["id"])


@pytest.mark.fact("realtime.messages")
def test_a_handshake_opens_a_conversation(client: Client) -> None:
    assert client.shaken["successful"] is True
    assert client.shaken["supportedConnectionTypes"] == ["long-polling", "websocket"]
    assert (client.shaken["version"], client.shaken["minimumVersion"]) == ("1.0", "1.0")


def test_a_channel_brings_what_happens_to_its_object(client: Client, admin: Door, agent: str) -> None:
    reply = client.subscribe(f"/events/{agent}")
    assert (reply["successful"], reply["subscription"]) == (True, f"/events/{agent}")
    made = event(admin, agent)
    admin.put(f"/event/events/{made}", "event", {"text": "y"})
    admin.delete(f"/event/events/{made}")
    channel, created = (arrived := client.poll())[0]
    assert channel == f"/events/{agent}"
    assert created["data"]["id"] == made
    assert [data["realtimeAction"] for _, data in arrived] == ["CREATE", "UPDATE", "DELETE"]
    assert arrived[2][1]["data"] == made
    assert client.poll() == []


def test_an_asterisk_brings_all_of_an_api(client: Client, admin: Door, acme: Tenant) -> None:
    client.subscribe("/events/*")
    devices = acme.inventory.index.having("c8y_IsDevice").listed()[:3]
    for device in devices:
        event(admin, device)
    assert [channel for channel, _ in client.poll()] == [f"/events/{device}" for device in devices]


@pytest.mark.parametrize("api", ["alarms", "events", "managedobjects", "measurements", "operations"])
def test_every_api_has_its_channel(client: Client, admin: Door, agent: str, api: str) -> None:
    client.subscribe(f"/{api}/{agent}")
    common = {"source": {"id": agent}, "type": "t", "time": TIME}
    admin.post("/alarm/alarms", "alarm", common | {"text": "x", "severity": "MAJOR"})
    event(admin, agent)
    admin.post("/measurement/measurements", "measurement", common | {"c8y_T": {"T": {"value": 1}}})
    admin.post("/devicecontrol/operations", "operation", {"deviceId": agent, "c8y_Restart": {}})
    [(channel, data)] = client.poll()
    assert channel == f"/{api}/{agent}"
    assert data["realtimeAction"] == ("UPDATE" if api == "managedobjects" else "CREATE")


def test_an_agent_hears_of_its_operations(admin: Door, agent: str) -> None:
    client = Client(admin, "/notification/operations")
    assert client.subscribe("/operations/*")["successful"] is False
    assert client.subscribe(f"/{agent}")["successful"] is True
    admin.post("/devicecontrol/operations", "operation", {"deviceId": agent, "c8y_Restart": {}})
    [(channel, operation)] = client.poll()
    assert channel == f"/{agent}"
    assert operation["c8y_Restart"] == {}


def test_who_unsubscribes_or_disconnects_hears_no_more(client: Client, admin: Door, agent: str) -> None:
    client.subscribe("/events/*")
    [reply] = client.send(client.meta("unsubscribe", subscription="/events/*"))
    assert reply["successful"]
    event(admin, agent)
    assert client.poll() == []
    assert client.send(client.meta("disconnect"))[0]["successful"]
    [refusal] = client.send(client.meta("connect"))
    assert (refusal["successful"], refusal["error"]) == (False, "402::Unknown client")
    assert refusal["advice"]["reconnect"] == "handshake"


@pytest.mark.fact("realtime.messages")
def test_a_poll_waits_for_what_happens_and_blocks_nobody(client: Client, admin: Door, agent: str) -> None:
    client.subscribe("/events/*")
    arrived: list[Any] = []
    poll = threading.Thread(target=lambda: arrived.extend(client.poll(5000)))
    poll.start()
    time.sleep(0.1)
    assert poll.is_alive()
    made = event(admin, agent)
    poll.join(3)
    assert [data["data"]["id"] for _, data in arrived] == [made]


def test_an_empty_poll_ends_in_time(client: Client) -> None:
    started = time.monotonic()
    assert client.poll(150) == []
    assert 0.1 < time.monotonic() - started < 2
    assert realtime.LONGEST_POLL <= 30


def test_the_read_timeout_of_the_caller_ends_a_poll(client: Client, admin: Door, agent: str) -> None:
    client.subscribe("/events/*")
    options: dict[str, Any] = {"json": [client.meta("connect")], "headers": {"Accept": "application/json"}}
    with pytest.raises(requests.ReadTimeout):
        admin.call("POST", REALTIME, timeout=(1, 0.1), **options)
    event(admin, agent)
    assert len(client.poll()) == 1


def test_a_newer_poll_takes_over(client: Client) -> None:
    polls = threading.Thread(target=client.poll, args=(5000,))
    polls.start()
    time.sleep(0.1)
    client.poll()
    polls.join(2)
    assert not polls.is_alive()


def test_several_messages_are_answered_in_turn(client: Client, admin: Door, agent: str) -> None:
    replies = client.send(
        client.meta("subscribe", subscription=["/events/*", "/alarms/*"], id="1"),
        {"channel": "/meta/nonsense", "id": "2"},
        client.meta("connect", advice={"timeout": 0}, id="3"),
    )
    assert [reply["id"] for reply in replies] == ["1", "2", "3"]
    assert [reply["successful"] for reply in replies] == [True, False, True]
    event(admin, agent)
    assert len(client.poll()) == 1


@pytest.mark.parametrize(
    "channel", ["/events/", "/events/**", "events/*", "/audits/*", "/*", "", "/events/1/2", f"/{7}"]
)
def test_an_unknown_channel_is_refused(client: Client, channel: str) -> None:
    reply = client.subscribe(channel)
    assert reply["successful"] is False
    assert reply["error"].startswith("403:")


def test_a_channel_needs_the_right_to_read(sandbox: Sandbox, acme: Tenant) -> None:
    restricted = Door(sandbox, "restricted")
    client = Client(restricted)
    assert client.subscribe("/alarms/*")["successful"] is False
    own = restricted.get("/inventory/managedObjects?pageSize=2000").json()["managedObjects"]
    seen = next(found["id"] for found in own if "c8y_IsDevice" in found)
    hidden = next(key for key in acme.inventory.objects if key not in {found["id"] for found in own})
    assert client.subscribe(f"/managedobjects/{seen}")["successful"] is True
    assert client.subscribe(f"/managedobjects/{hidden}")["successful"] is False


def test_nobody_uses_the_conversation_of_another(client: Client, sandbox: Sandbox) -> None:
    reader = Client(Door(sandbox, "reader"))
    [reply] = reader.send({"channel": "/meta/connect", "clientId": client.id})
    assert reply["error"] == "402::Unknown client"


@pytest.mark.fact("realtime.limit")
def test_the_eleventh_listener_of_a_user_ends_the_oldest(admin: Door, sandbox: Sandbox) -> None:
    clients = [Client(admin) for _ in range(11)]
    others = Client(Door(sandbox, "reader"))
    others.subscribe("/events/*")
    for client in clients:
        client.subscribe("/events/*")
    [reply] = clients[0].send(clients[0].meta("connect", advice={"timeout": 0}))
    assert reply["successful"] is False
    assert clients[1].poll() == clients[10].poll() == others.poll() == []


@pytest.mark.fact("realtime.idle")
def test_an_idle_conversation_ends(client: Client, acme: Tenant) -> None:
    assert acme.channels.idle == channels.IDLE_SECONDS == 2 * 3600
    acme.channels.idle = 0.05
    time.sleep(0.1)
    [reply] = client.send(client.meta("connect"))
    assert reply["error"] == "402::Unknown client"


@pytest.mark.parametrize("body", [[], {}, "x", [[]], [{"channel": 7}], [{}], 7])
def test_what_is_no_message_is_refused(admin: Door, body: Any) -> None:
    assert admin.post(REALTIME, "application/json", body).status_code == 400


def test_one_message_may_come_without_a_list(admin: Door) -> None:
    answer = admin.post(f"{REALTIME}/handshake", "application/json", {"channel": "/meta/handshake"})
    assert answer.json()[0]["successful"] is True
