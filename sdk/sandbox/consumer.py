"""The WebSocket of Notification 2.0, `/notification2/consumer/?token=…&consumer=…`, on the server's port."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.sync.connection import Connection

from sdk.sandbox.store.topics import Consumer, Topics
from sdk.sandbox.tokens import unauthorized

if TYPE_CHECKING:
    from sdk.sandbox.platform import Sandbox

PATH = "/notification2/consumer"
IDLE_SECONDS = 300.0
LARGEST_ACKNOWLEDGEMENT = 4096
UNSUBSCRIBE = "unsubscribe_subscriber"
_logger = logging.getLogger(__name__)
_logger.setLevel(logging.WARNING)  # the address holds the token, which must not reach a log


def is_for_consumers(path: str) -> bool:
    return path.partition("?")[0].rstrip("/") == PATH


class _Line(Connection):
    """A connection that knows when it was last used, pings included."""

    def __init__(self, sock: socket.socket, protocol: ServerProtocol) -> None:
        self.used = time.monotonic()
        super().__init__(sock, protocol, ping_interval=None, close_timeout=1)

    def send_data(self) -> None:
        self.used = time.monotonic()
        super().send_data()


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
            protocol = ServerProtocol(max_size=LARGEST_ACKNOWLEDGEMENT, logger=_logger)
            if _shaken(sock, protocol, head):
                self._pass_on(_Line(sock, protocol))
        finally:
            self._topics.disconnect(self._consumer)

    def _pass_on(self, line: _Line) -> None:
        with suppress(ConnectionClosed):
            sender = threading.Thread(target=self._send, args=(line,), daemon=True)
            sender.start()
            self._receive(line)

    def _send(self, line: _Line) -> None:
        with suppress(ConnectionClosed):
            while message := self._topics.take(self._consumer):
                line.send(message.text)
        line.close()

    def _receive(self, line: _Line) -> None:
        while True:
            try:
                text = line.recv(timeout=max(0.01, line.used + IDLE_SECONDS - time.monotonic()))
            except TimeoutError:
                if line.used + IDLE_SECONDS <= time.monotonic():
                    line.close(1001, "Connection Idle Timeout")
                continue
            if text == UNSUBSCRIBE:
                self._topics.unsubscribe(self._claims)
            else:
                self._topics.acknowledge(self._consumer, str(text))


def _shaken(sock: socket.socket, protocol: ServerProtocol, head: bytes) -> bool:
    """Whether the opening handshake succeeded; its answer is sent in either case."""
    protocol.receive_data(head)
    for request in protocol.events_received():
        if isinstance(request, Request):
            protocol.send_response(protocol.accept(request))
    for data in protocol.data_to_send():
        if data:
            sock.sendall(data)
    return protocol.state is State.OPEN
