"""Realtime notifications over a WebSocket, as browsers have them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from sdk.sandbox.store.tenant import Tenant
from sdk.sandbox.tokens import totp
from tests.sandbox.doors import Door

TIME = "2026-01-01T00:00:00Z"
Messages = list[dict[str, Any]]


class Client:
    """A Bayeux client that has not signed in yet."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection, self.id = connection, ""

    def send(self, *messages: dict[str, Any]) -> None:
        self.connection.send(json.dumps(messages))

    def receive(self) -> Messages:
        received: Messages = json.loads(self.connection.recv(5))
        return received

    def ask(self, name: str, **more: Any) -> dict[str, Any]:
        """Send one message and give its answer."""
        self.send({"channel": f"/meta/{name}", "clientId": self.id} | more)
        [reply] = self.receive()
        return reply

    def shake(self, **sign_in: str) -> dict[str, Any]:
        reply = self.ask("handshake", version="1.0", ext={"com.cumulocity.authn": sign_in})
        self.id = reply.get("clientId", "")
        return reply

    def poll(self, timeout: int = 30_000) -> None:
        advice = {"timeout": timeout}
        self.send({"channel": "/meta/connect", "clientId": self.id, "advice": advice})


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[Server]:
    with Server(sandbox).start() as server:
        yield server


Dial = Callable[..., Client]


@pytest.fixture
def dial(server: Server) -> Iterator[Dial]:
    """Opens a WebSocket: `dial()`, with more headers by `additional_headers`."""
    with ExitStack() as opened:

        def dialled(path: str = "/notification/realtime", **options: Any) -> Client:
            base = server.base_url.replace("http://", "ws://")
            return Client(opened.enter_context(connect(base + path, proxy=None, **options)))

        yield dialled


def basic(acme: Tenant, user: str = "admin") -> str:
    return base64.b64encode(f"acme/{user}:{acme.passwords[user]}".encode()).decode()


def event(door: Door, device: str, text: str = "x") -> str:
    body = {"source": {"id": device}, "type": "t", "text": text, "time": TIME}
    return str(door.post("/event/events", "event", body).json()["id"])


def test_who_signs_in_with_the_first_message_hears_of_changes(
    dial: Dial, admin: Door, acme: Tenant, agent: str
) -> None:
    client = dial()
    shaken = client.shake(token=basic(acme))
    assert (shaken["successful"], "websocket" in shaken["supportedConnectionTypes"]) == (True, True)
    assert client.ask("subscribe", subscription=f"/events/{agent}")["successful"] is True
    client.poll()
    made = event(admin, agent)
    told, reply = client.receive()
    assert (told["channel"], told["data"]["data"]["id"]) == (f"/events/{agent}", made)
    assert (reply["channel"], reply["successful"]) == ("/meta/connect", True)


def test_a_poll_holds_up_no_other_message(dial: Dial, acme: Tenant, agent: str) -> None:
    client = dial()
    client.shake(token=basic(acme))
    client.poll()
    assert client.ask("subscribe", subscription=f"/events/{agent}")["successful"] is True
    assert client.ask("disconnect")["successful"] is True
    [ended] = client.receive()
    assert (ended["channel"], ended["error"]) == ("/meta/connect", "402::Unknown client")


def test_an_agent_hears_of_its_operations(dial: Dial, admin: Door, acme: Tenant, agent: str) -> None:
    client = dial("/notification/operations")
    client.shake(token=basic(acme))
    assert client.ask("subscribe", subscription=f"/{agent}")["successful"] is True
    client.poll()
    admin.post("/devicecontrol/operations", "operation", {"deviceId": agent, "c8y_Restart": {}})
    told, _ = client.receive()
    assert told["data"]["c8y_Restart"] == {}


def test_a_token_a_cookie_and_a_code_open_a_conversation(dial: Dial, admin: Door, sandbox: Sandbox) -> None:
    password = sandbox.tenant("acme").passwords["admin"]
    form = {"grant_type": "PASSWORD", "username": "admin", "password": password}
    cookies = dict(admin.call("POST", "/tenant/oauth?tenant_id=acme", data=form).cookies.items())
    token = cookies["authorization"]
    assert dial().shake(token=token)["successful"] is True
    headers = {"Cookie": f"authorization={token}"}
    assert dial(additional_headers=headers).shake(xsrfToken=cookies["XSRF-TOKEN"])["successful"] is True
    assert dial(additional_headers=headers).shake(xsrfToken="x")["error"] == "403::Handshake denied"


@pytest.mark.parametrize("sign_in", [{}, {"token": "x"}, {"token": "YWNtZS9hZG1pbjp4"}, {"token": "a.b.c"}])
def test_nobody_else_is_let_in(dial: Dial, sign_in: dict[str, str]) -> None:
    client = dial("/notification/realtime?tenantId=acme")
    refused = client.shake(**sign_in)
    assert (refused["successful"], refused["error"]) == (False, "403::Handshake denied")
    assert client.ask("subscribe", subscription="/events/*")["successful"] is False


def test_a_second_factor_is_asked_for(dial: Dial, acme: Tenant, sandbox: Sandbox) -> None:
    client = dial()
    assert client.shake(token=basic(acme, "tfa"))["successful"] is False
    code = totp(sandbox.credentials["acme"]["tfa"]["totp_secret"])
    assert client.shake(token=basic(acme, "tfa"), tfa=code)["successful"] is True


@pytest.mark.parametrize(
    "text", ["", "{", "[[[[", "5", '"x"', "[]", '[{"channel": 5}]', "[" * 100_000, "\0", "{}"]
)
def test_what_is_no_message_is_refused_and_the_conversation_goes_on(
    dial: Dial, acme: Tenant, text: str
) -> None:
    client = dial()
    assert client.shake(token=basic(acme))["successful"] is True
    client.connection.send(text)
    assert [reply["successful"] for reply in client.receive()] == [False]
    assert client.ask("subscribe", subscription="/events/*")["successful"] is True


def test_a_message_without_measure_ends_the_connection(dial: Dial, admin: Door) -> None:
    client = dial()
    client.connection.send("x" * 2_000_000)
    with pytest.raises(ConnectionClosed):
        client.connection.recv(5)
    assert admin.get("/user/currentUser").status_code == 200


def test_a_fault_that_cuts_connections_cuts_this_one(dial: Dial, sandbox: Sandbox, acme: Tenant) -> None:
    client = dial()
    client.shake(token=basic(acme))
    sandbox.faults.add("/notification/*", cut="before")
    client.poll()
    with pytest.raises(ConnectionClosed):
        client.connection.recv(5)
