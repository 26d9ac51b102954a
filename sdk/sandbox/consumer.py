"""The WebSocket of Notification 2.0, `/notification2/consumer/?token=…&consumer=…`, on the server's port."""

from __future__ import annotations

import secrets
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from websockets.exceptions import ConnectionClosed

from sdk.sandbox.store.topics import Consumer, Topics
from sdk.sandbox.tokens import unauthorized
from sdk.sandbox.websocket import Line, opened

if TYPE_CHECKING:
    from sdk.sandbox.platform import Sandbox

PATH = "/notification2/consumer"
IDLE_SECONDS = 300.0
LARGEST_ACKNOWLEDGEMENT = 4096
UNSUBSCRIBE = "unsubscribe_subscriber"


def is_for_consumers(path: str) -> bool:
    return path.partition("?")[0].rstrip("/") == PATH


class Seat:
    """The place of a consumer at its topic: `open` it by the query, then `serve` the connection."""

    def __init__(self, topics: Topics, claims: dict[str, object], consumer: Consumer) -> None:
        self._topics, self._claims, self._consumer = topics, claims, consumer

    @classmethod
    def open(cls, sandbox: Sandbox, query: str) -> Seat:
        """Let the consumer in that the query names; 401 without a valid token, 409 if its place is taken."""
        parameters = parse_qs(query)
        token = parameters.get("token", [""])[0]
        claims = sandbox.tickets.claims(token)
        tenant = sandbox.tenants.get(claims["ten"])
        if tenant is None:
            raise unauthorized("Invalid credentials! : Unknown tenant")
        name = parameters.get("consumer", [""])[0]
        if not name and claims["shared"]:
            name = secrets.token_hex(8)
        return cls(tenant.topics, claims, tenant.topics.connect(claims, name))

    def serve(self, sock: socket.socket, head: bytes) -> None:
        """Shake hands as the request `head` asks and pass notifications on until the connection ends."""
        try:
            line = opened(sock, head, LARGEST_ACKNOWLEDGEMENT)
            if line is not None:
                self._pass_on(line)
        finally:
            self._topics.disconnect(self._consumer)

    def _pass_on(self, line: Line) -> None:
        with suppress(ConnectionClosed):
            sender = threading.Thread(target=self._send, args=(line,), daemon=True)
            sender.start()
            self._receive(line)

    def _send(self, line: Line) -> None:
        with suppress(ConnectionClosed):
            while message := self._topics.take(self._consumer):
                line.send(message.text)
        line.close()

    def _receive(self, line: Line) -> None:
        while True:
            text = line.receive(IDLE_SECONDS)
            if text == UNSUBSCRIBE:
                self._topics.unsubscribe(self._claims)
            else:
                self._topics.acknowledge(self._consumer, text)
