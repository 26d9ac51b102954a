"""The sandbox on a port: HTTP/1.1 with keep-alive, one thread for each connection, so that latency blocks
nobody.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from sdk.sandbox.application import Environ
from sdk.sandbox.faults import Cut
from sdk.sandbox.live import Live
from sdk.sandbox.platform import Sandbox

IDLE_SECONDS = 75


class Server(ThreadingHTTPServer):
    """Serves `sandbox` on 127.0.0.1; port 0 takes a free one. `with` or `close` ends it."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        self.sandbox = sandbox
        super().__init__(("127.0.0.1", port), _Handler)
        self.base_url = f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without asking the name service for the name of this machine."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def start(self) -> Server:
        """Serve from a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Sandbox", ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    server: Server

    def do_GET(self) -> None:
        body = _Input(self)
        try:
            self._answer(self.server.sandbox.wsgi(self._environ(body), self._start))
            body.drain()
        except Cut:
            self._cut()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def _environ(self, body: _Input) -> Environ:
        path, _, query = self.path.partition("?")
        environ: Environ = {
            "REQUEST_METHOD": self.command,
            "REQUEST_URI": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_address[1]),
            "CONTENT_LENGTH": str(body.left),
            "wsgi.url_scheme": "http",
            "wsgi.input": body,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ

    def _start(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        code, reason = status.split(" ", 1)
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def _answer(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.wfile.write(chunk)
            self.wfile.flush()

    def _cut(self) -> None:
        """Break the connection the hard way, with what was written so far on its way."""
        self.close_connection = True
        try:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Requests carry credentials; nothing is logged."""


class _Input:
    """The body of a request; `drain` skips what was left unread, to find the next request."""

    def __init__(self, handler: _Handler) -> None:
        self._stream = handler.rfile
        self._chunked = handler.headers.get("Transfer-Encoding", "").lower() == "chunked"
        self._body = self._unchunk() if self._chunked else b""
        self.left = len(self._body) if self._chunked else int(handler.headers.get("Content-Length") or 0)

    def read(self, size: int) -> bytes:
        taken = self._body[:size] if self._chunked else self._stream.read(min(size, self.left))
        self._body = self._body[len(taken) :]
        self.left -= len(taken)
        return taken

    def drain(self) -> None:
        while self.left and self.read(65_536):
            pass

    def _unchunk(self) -> bytes:
        parts = []
        while size := int(self._stream.readline(100).split(b";")[0] or b"0", 16):
            parts.append(self._stream.read(size))
            self._stream.readline(10)
        while self._stream.readline(1000).strip():
            pass
        return b"".join(parts)


def serve(
    port: int = 8001,
    devices: int = 1000,
    seed: int = 7,
    *,
    live: bool = True,
    latency_ms: float = 0.0,
    faults: str = "none",
    ready_file: str | Path | None = None,
) -> None:
    """Build a sandbox and serve it until SIGTERM or SIGINT; call it from the main thread.

    When it listens, `ready_file` (mode 0600) holds `ready_info`. `live` lets the devices act on their own.
    """
    sandbox = Sandbox(devices, seed, latency=latency_ms / 1000, faults=faults)
    gc.freeze()  # the world is no garbage; without it each full collection would stop everything for a while
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with Server(sandbox, port).start() as server:
        alive = Live(sandbox, seed).start() if live else None
        if ready_file is not None:
            write_ready_file(Path(ready_file), ready_info(sandbox, server.base_url))
        stop.wait()
        if alive:
            alive.stop()


def ready_info(sandbox: Sandbox, base_url: str) -> dict[str, Any]:
    """What a client needs: the address, the tenants with their sign-ins, the users of the management
    tenant.
    """
    tenants = [{"id": name, "name": name, "users": users} for name, users in sandbox.credentials.items()]
    above = {"bootstrap": sandbox.bootstrap, "management": sandbox.management}
    return {"base_url": base_url, "tenants": tenants} | above


def write_ready_file(path: Path, content: dict[str, Any]) -> None:
    """Write the file in one step, readable by its owner only: it holds passwords."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file)
    Path(name).replace(path)
