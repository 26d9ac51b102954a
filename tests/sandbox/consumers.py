"""Consumers of Notification 2.0 for tests, on the `websockets` client."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from sdk.sandbox.server import Server
from tests.sandbox.doors import Door

SUBSCRIPTIONS = "/notification2/subscriptions"


@dataclass(frozen=True)
class Notification:
    """A received notification: the id that acknowledges it, description, action, body."""

    id: str
    description: str
    action: str
    body: dict[str, Any]


def subscribe(door: Door, name: str = "test", **more: Any) -> dict[str, Any]:
    """Make a subscription, of the whole tenant unless `context` and `source` say otherwise."""
    body = {"context": "tenant", "subscription": name} | more
    answer = door.post(SUBSCRIPTIONS, "subscription", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def token(door: Door, subscriber: str = "me", name: str = "test", **more: Any) -> str:
    wish = {"subscriber": subscriber, "subscription": name} | more
    answer = door.post("/notification2/token", "application/json", wish)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


@contextmanager
def listen(server: Server, ticket: str, consumer: str = "", seconds: float = 0) -> Iterator[ClientConnection]:
    """A connected consumer. With `seconds` it waits so long for a former connection to be gone."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            opened = _connect(server, ticket, consumer)
        except InvalidStatus as error:
            if error.response.status_code != 409 or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            break
    with opened as connection:
        yield connection


def _connect(server: Server, ticket: str, consumer: str) -> ClientConnection:
    base = server.base_url.replace("http://", "ws://")
    named = f"&consumer={consumer}" if consumer else ""
    return connect(f"{base}/notification2/consumer/?token={ticket}{named}", proxy=None)


def again(server: Server, ticket: str) -> AbstractContextManager[ClientConnection]:
    """Connect once the server has noticed that the connection before is gone."""
    return listen(server, ticket, seconds=5)


def receive(connection: ClientConnection, timeout: float = 5) -> Notification:
    return notification(str(connection.recv(timeout)))


def notification(text: str) -> Notification:
    head, body = text.split("\n\n", 1)
    identifier, description, action = head.split("\n")
    return Notification(identifier, description, action, json.loads(body))


def settle(connection: ClientConnection, amount: int) -> list[Notification]:
    """Receive so many notifications and acknowledge each."""
    received = []
    for _ in range(amount):
        received.append(receive(connection))
        connection.send(received[-1].id)
    return received


def is_quiet(connection: ClientConnection, seconds: float = 0.2) -> bool:
    try:
        connection.recv(seconds)
    except TimeoutError:
        return True
    return False
