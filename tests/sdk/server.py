"""A server that answers exactly what a test says, byte for byte."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from sdk import BasicAuth, Connector, CumulocityClient, RetryPolicy

# A step of an answer: bytes to send, seconds to wait, or None to close the connection.
Step = bytes | float | None
Answer = list[Step]


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> Answer:
    """An ordinary answer with a length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return ["\r\n".join(lines).encode() + body]


class Server:
    """Answers each request with the next of its answers, the last one over and over.

    Attributes:
        requests: the requests as they came, heads and bodies.
        connections: how many were opened.
        answered: how many answers have been sent to their end.
    """

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = self.answered = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing alone would leave the thread waiting for one more connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(5)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads[1:]:
            thread.join(5)

    def hang_up(self) -> None:
        """Close all connections from this side, as a server does with idle ones."""
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._guarded, args=(self._serve, sock), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _guarded(self, call: Callable[[socket.socket], None], sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            call(sock)

    def _serve(self, sock: socket.socket) -> None:
        if self._tls is not None:
            sock = self._tls.wrap_socket(sock, server_side=True)
            self._open.append(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffered = b""
        while True:
            while not (request := _complete(buffered)):
                received = sock.recv(65536)
                if not received:
                    return
                buffered += received
            buffered = buffered[len(request) :]
            with self._lock:
                self.requests.append(request)
                steps = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            for step in steps:
                if step is None:
                    sock.shutdown(socket.SHUT_RDWR)
                    return
                if isinstance(step, float):
                    time.sleep(step)
                else:
                    sock.sendall(step)
            with self._lock:
                self.answered += 1


def _complete(buffered: bytes) -> bytes:
    """The first request in the buffer, b"" when it is not complete."""
    head, mark, _rest = buffered.partition(b"\r\n\r\n")
    if not mark:
        return b""
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    whole = len(head) + 4 + length
    return buffered[:whole] if len(buffered) >= whole else b""


def client(server: Server, connector: Connector, **options: Any) -> CumulocityClient:
    """A client of the server through a connector, quick to give up."""
    given: dict[str, Any] = {"retry": RetryPolicy(base=0.001, cap=0.002), "timeout": (2, 2)} | options
    return CumulocityClient(
        server.url, "t1", BasicAuth("admin", "secret"), connector_factory=lambda: connector, **given
    )


def lines(server: Server) -> list[str]:
    """Method and target of each request, in order."""
    return [request.split(b" HTTP/")[0].decode() for request in server.requests]


def body_of(request: bytes) -> Any:
    """The JSON that a request carried."""
    return json.loads(request.partition(b"\r\n\r\n")[2])


# What the fixture ``serving`` gives: it takes documents, and makes a tenant and a client of it.
Serving = Callable[..., tuple[Server, CumulocityClient]]
