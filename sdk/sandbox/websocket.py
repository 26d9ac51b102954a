"""WebSockets on the server's own port: the opening handshake, and a connection that knows when it idles."""

from __future__ import annotations

import logging
import socket
import time

from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.sync.connection import Connection

_logger = logging.getLogger(__name__)
_logger.setLevel(logging.WARNING)  # addresses hold tokens, which must not reach a log


class Line(Connection):
    """A connection that knows when it was last used, pings included."""

    def __init__(self, sock: socket.socket, protocol: ServerProtocol) -> None:
        self.used = time.monotonic()
        super().__init__(sock, protocol, ping_interval=None, close_timeout=1)

    def send_data(self) -> None:
        self.used = time.monotonic()
        super().send_data()

    def receive(self, idle: float) -> str:
        """The next text. After `idle` seconds without any traffic the connection is closed.

        `websockets.ConnectionClosed` once it is closed.
        """
        while True:
            try:
                received = self.recv(timeout=max(0.01, self.used + idle - time.monotonic()))
            except TimeoutError:
                if self.used + idle <= time.monotonic():
                    self.close(1001, "Connection Idle Timeout")
            else:
                return received if isinstance(received, str) else received.decode(errors="replace")


def opened(sock: socket.socket, head: bytes, largest: int) -> Line | None:
    """Shake hands as the request `head` asks; None if that fails. Messages have `largest` bytes at most."""
    protocol = ServerProtocol(max_size=largest, logger=_logger)
    protocol.receive_data(head)
    for request in protocol.events_received():
        if isinstance(request, Request):
            protocol.send_response(protocol.accept(request))
    for data in protocol.data_to_send():
        if data:
            sock.sendall(data)
    return Line(sock, protocol) if protocol.state is State.OPEN else None
