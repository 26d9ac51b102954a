"""Notification 2.0 through its WebSocket."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import time_machine
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from sdk.sandbox import Sandbox, consumer
from sdk.sandbox.server import Server
from sdk.sandbox.store import topics
from sdk.sandbox.store.tenant import Tenant
from tests.processes import eventually
from tests.sandbox.consumers import again, is_quiet, listen, receive, settle, subscribe, token
from tests.sandbox.doors import Door

TIME = "2026-01-01T00:00:00Z"


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[Server]:
    with Server(sandbox) as server:
        yield server.start()


def event(door: Door, device: str, **more: Any) -> str:
    body = {"source": {"id": device}, "type": "t", "text": "x", "time": TIME} | more
    return str(door.post("/event/events", "event", body).json()["id"])


def numbers(door: Door, device: str, amount: int, first: int = 0) -> None:
    for number in range(first, first + amount):
        event(door, device, n=number)


def refused(server: Server, ticket: str, name: str = "") -> tuple[int, dict[str, Any]]:
    with pytest.raises(InvalidStatus) as refusal, listen(server, ticket, name):
        pass
    return refusal.value.response.status_code, json.loads(refusal.value.response.body or b"{}")


@pytest.mark.fact("notification.message")
def test_a_notification_is_a_head_an_empty_line_and_a_body(server: Server, admin: Door, agent: str) -> None:
    subscribe(admin)
    with listen(server, token(admin)) as connection:
        identifier = event(admin, agent, text="two\u2028lines")
        text = str(connection.recv(5))
        head, _, body = text.partition("\n\n")
        acknowledgement, description, action = head.split("\n")
        assert acknowledgement
        assert (description, action) == (f"/acme/events/{agent}", "CREATE")
        assert json.loads(body)["id"] == identifier
        assert json.loads(body)["text"] == "two\u2028lines"


def test_nothing_is_kept_for_who_never_connected(server: Server, admin: Door, agent: str) -> None:
    subscribe(admin)
    event(admin, agent)
    with listen(server, token(admin)) as connection:
        assert is_quiet(connection)


@pytest.mark.fact("notification.order")
def test_notifications_come_in_order_and_those_acknowledged_never_again(
    server: Server, admin: Door, agent: str
) -> None:
    subscribe(admin)
    ticket = token(admin)
    with listen(server, ticket) as connection:
        numbers(admin, agent, 6)
        assert [found.body["n"] for found in settle(connection, 4)] == [0, 1, 2, 3]
        receive(connection)
    numbers(admin, agent, 2, first=6)
    with again(server, ticket) as connection:
        assert [found.body["n"] for found in settle(connection, 4)] == [4, 5, 6, 7]
    with again(server, ticket) as connection:
        assert is_quiet(connection)


def test_a_consumer_that_is_cut_off_resumes(server: Server, admin: Door, agent: str, acme: Tenant) -> None:
    subscribe(admin)
    ticket = token(admin)
    with listen(server, ticket) as connection:
        numbers(admin, agent, 3)
        first = [receive(connection) for _ in range(3)]
        acme.topics.cut()
        with pytest.raises(ConnectionClosed):
            connection.recv(5)
    with again(server, ticket) as connection:
        assert [found.body for found in settle(connection, 3)] == [found.body for found in first]


@pytest.mark.fact("notification.order")
def test_without_acknowledgements_the_flow_stops(
    server: Server, admin: Door, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "MOST_UNACKNOWLEDGED", 3)
    subscribe(admin)
    with listen(server, token(admin)) as connection:
        numbers(admin, agent, 5)
        received = [receive(connection) for _ in range(3)]
        assert is_quiet(connection)
        connection.send("nonsense")
        assert is_quiet(connection)
        connection.send(received[1].id)
        assert receive(connection).body["n"] == 3
        assert is_quiet(connection)


@pytest.mark.fact("notification.order")
def test_a_thousand_may_be_on_their_way() -> None:
    assert topics.MOST_UNACKNOWLEDGED == 1000


@pytest.mark.fact("notification.taken")
def test_a_second_consumer_of_an_exclusive_subscriber_is_refused(server: Server, admin: Door) -> None:
    subscribe(admin)
    with listen(server, token(admin)):
        status, error = refused(server, token(admin))
        assert status == 409
        assert error["error"] == "reliable-notification/Conflict"
        with listen(server, token(admin, "another")):
            assert refused(server, token(admin, shared=True), "x")[0] == 409


def test_shared_consumers_divide_the_devices(server: Server, admin: Door, acme: Tenant) -> None:
    subscribe(admin)
    ticket = token(admin, shared=True)
    devices = acme.inventory.index.having("c8y_IsDevice").listed()[:12]
    with listen(server, ticket, "a") as one, listen(server, ticket, "b") as two:
        assert refused(server, ticket, "a")[0] == 409
        for number in range(3):
            for device in devices:
                event(admin, device, n=number)
        seen = [drained(one), drained(two)]
    assert all(seen)
    assert not {device for device, _ in seen[0]} & {device for device, _ in seen[1]}
    for mine in seen:
        for device in {found for found, _ in mine}:
            assert [number for found, number in mine if found == device] == [0, 1, 2]
    assert sum(map(len, seen)) == 36


def drained(connection: ClientConnection) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    while True:
        try:
            received = receive(connection, 0.3)
        except TimeoutError:
            return found
        connection.send(received.id)
        found.append((received.body["source"]["id"], received.body["n"]))


def test_what_a_shared_consumer_leaves_goes_to_the_others(server: Server, admin: Door, agent: str) -> None:
    subscribe(admin)
    ticket = token(admin, shared=True)
    with listen(server, ticket) as one:
        numbers(admin, agent, 3)
        receive(one)
        with listen(server, ticket) as two:
            one.close()
            assert [found.body["n"] for found in settle(two, 3)] == [0, 1, 2]


def test_each_subscriber_gets_everything(server: Server, admin: Door, agent: str) -> None:
    subscribe(admin)
    with listen(server, token(admin, "one")) as one, listen(server, token(admin, "two")) as two:
        event(admin, agent, n=1)
        assert receive(one).body["n"] == receive(two).body["n"] == 1


@pytest.mark.fact("notification.expired")
def test_an_expired_token_is_refused_and_a_new_one_resumes(server: Server, admin: Door, agent: str) -> None:
    subscribe(admin)
    ticket = token(admin, expiresInMinutes=1)
    with listen(server, ticket) as connection, time_machine.travel(time.time() + 61):
        assert refused(server, ticket)[0] == 401
        numbers(admin, agent, 1)
        assert receive(connection).body["n"] == 0  # the token opens the door; who is in stays in
    with again(server, token(admin)) as connection:
        assert receive(connection).body["n"] == 0


@pytest.mark.parametrize("ticket", ["", "nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_wrong_token_is_refused(server: Server, ticket: str) -> None:
    status, error = refused(server, ticket)
    assert (status, error["error"]) == (401, "security/Unauthorized")


def test_a_token_of_a_session_opens_no_consumer_and_the_other_way_round(
    server: Server, sandbox: Sandbox, admin: Door, acme: Tenant
) -> None:
    session = sandbox.sessions.open(acme, "admin", "tests", tfa=False)
    assert refused(server, session)[0] == 401
    ticket = token(admin)
    admin.session.auth = None
    assert admin.get("/user/currentUser", headers={"Authorization": f"Bearer {ticket}"}).status_code == 401


def test_unsigned_tokens_work_if_they_were_asked_for(server: Server, admin: Door) -> None:
    subscribe(admin)
    ticket = token(admin, signed=False)
    assert ticket.endswith(".")
    with listen(server, ticket):
        pass


@pytest.mark.fact("notification.unsubscribed")
def test_unsubscribing_forgets_the_backlog(server: Server, admin: Door, agent: str, acme: Tenant) -> None:
    subscribe(admin)
    ticket = token(admin)
    with listen(server, ticket) as connection:
        numbers(admin, agent, 3)
        receive(connection)
    eventually(lambda: acme.topics.kept() == 3)
    assert admin.post(f"/notification2/unsubscribe?token={ticket}", "application/json", {}).json() == {
        "result": "DONE"
    }
    numbers(admin, agent, 3)
    assert acme.topics.kept() == 0
    with listen(server, ticket) as connection:
        assert is_quiet(connection)


def test_a_consumer_unsubscribes_itself(server: Server, admin: Door, agent: str, acme: Tenant) -> None:
    subscribe(admin)
    with listen(server, token(admin)) as connection:
        connection.send("unsubscribe_subscriber")
        with pytest.raises(ConnectionClosed):
            connection.recv(5)
    numbers(admin, agent, 2)
    assert acme.topics.kept() == 0


def test_what_is_not_persistent_is_lost_without_a_consumer(server: Server, admin: Door, agent: str) -> None:
    subscribe(admin, nonPersistent=True)
    ticket = token(admin, nonPersistent=True)
    with listen(server, ticket) as connection:
        numbers(admin, agent, 1)
        assert receive(connection).body["n"] == 0
    with again(server, ticket) as connection:
        assert is_quiet(connection)
    numbers(admin, agent, 1)
    with again(server, ticket) as connection:
        assert is_quiet(connection)


def test_an_idle_connection_is_closed_and_pings_keep_it(
    server: Server, admin: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "IDLE_SECONDS", 0.4)
    subscribe(admin)
    with listen(server, token(admin)) as connection:
        for _ in range(4):
            assert connection.ping().wait(1)
            time.sleep(0.2)
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(5)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "Connection Idle Timeout")


@pytest.mark.fact("answer.stored")
def test_a_full_backlog_refuses_what_it_would_take_though_it_is_stored(
    server: Server, admin: Door, agent: str, acme: Tenant
) -> None:
    subscribe(admin, context="mo", source={"id": agent})
    ticket = token(admin)
    with listen(server, ticket):
        pass
    numbers(admin, agent, 2)
    acme.topics.quota = 1000  # characters
    admin.post(
        "/event/events", "event", {"source": {"id": agent}, "type": "t", "text": "x" * 800, "time": TIME}
    )
    body = {"source": {"id": agent}, "type": "t", "text": "stored", "time": TIME}
    refusal = admin.post("/event/events", "event", body)
    assert refusal.status_code == 500
    assert "backlog" in refusal.json()["message"]
    path = f"/event/events?source={agent}&pageSize=100"
    texts = [found["text"] for found in admin.get(path).json()["events"]]
    assert texts.count("stored") == 1
    transient = {"X-Cumulocity-Processing-Mode": "TRANSIENT"}
    assert admin.post("/event/events", "event", body, headers=transient).status_code == 500
    quiet = {"X-Cumulocity-Processing-Mode": "QUIESCENT"}
    assert admin.post("/event/events", "event", body, headers=quiet).status_code == 201
    assert [found["text"] for found in admin.get(path).json()["events"]].count("stored") == 2
    other = next(key for key in acme.inventory.index.having("c8y_IsDevice").listed() if key != agent)
    elsewhere = body | {"source": {"id": other}}
    assert admin.post("/event/events", "event", elsewhere).status_code == 201  # it goes to no full topic
    assert admin.post(f"/notification2/unsubscribe?token={ticket}", "application/json", {}).ok
    assert admin.post("/event/events", "event", body).status_code == 201


@pytest.mark.fact("notification.lifetime")
def test_what_is_not_acknowledged_in_time_is_lost(
    server: Server, admin: Door, agent: str, acme: Tenant
) -> None:
    subscribe(admin)
    ticket = token(admin)
    assert acme.topics.lifetime == 36 * 3600
    acme.topics.lifetime = 60
    with listen(server, ticket) as connection:
        numbers(admin, agent, 3)
        for _ in range(2):
            receive(connection)
        with time_machine.travel(time.time() + 40):
            event(admin, agent)
        assert acme.topics.kept() == 4
        with time_machine.travel(time.time() + 61):
            assert acme.topics.kept() == 1
    with time_machine.travel(time.time() + 61), again(server, ticket) as connection:
        assert "n" not in receive(connection).body


def test_a_notification_that_comes_again_is_acknowledged_anew(
    server: Server, admin: Door, agent: str, acme: Tenant
) -> None:
    subscribe(admin)
    ticket = token(admin)
    with listen(server, ticket) as connection:
        event(admin, agent)
        first = receive(connection)
        acme.topics.cut()
    with again(server, ticket) as connection:
        second = receive(connection)
        assert (second.body, second.id != first.id) == (first.body, True)
        connection.send(first.id)
        assert acme.topics.kept() == 1
        connection.send(second.id)
        event(admin, agent)
        assert receive(connection).body["id"] != first.body["id"]


@pytest.mark.parametrize("sent", ["x" * 5000, b"\xff\xfe", b"nonsense"])
def test_what_a_consumer_sends_breaks_nothing(
    server: Server, admin: Door, agent: str, sent: str | bytes
) -> None:
    subscribe(admin)
    ticket = token(admin)
    with listen(server, ticket) as connection:
        numbers(admin, agent, 1)
        receive(connection)
        connection.send(sent)
        with suppress(ConnectionClosed):  # the server may have refused it by now
            connection.ping()
    with again(server, ticket) as connection:
        assert receive(connection).body["n"] == 0


def test_a_frame_that_is_none_ends_the_connection(server: Server, admin: Door, agent: str) -> None:
    subscribe(admin)
    ticket = token(admin)
    with listen(server, ticket) as connection:
        numbers(admin, agent, 1)
        receive(connection)
        connection.socket.sendall(b"\xff\xff\xff\xff GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionClosed):
            connection.recv(5)
    with again(server, ticket) as connection:
        assert receive(connection).body["n"] == 0


def test_only_a_websocket_gets_in(server: Server, admin: Door) -> None:
    subscribe(admin)
    connection = http.client.HTTPConnection(server.base_url.removeprefix("http://"))
    path = f"/notification2/consumer/?token={token(admin)}"
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()
    connection = http.client.HTTPConnection(server.base_url.removeprefix("http://"))
    connection.request("GET", path, headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert connection.getresponse().status == 400
    connection.close()
    with listen(server, token(admin)):
        pass
