"""The sandbox on a port: HTTP/1.1 with keep-alive, one thread for each connection, so that latency blocks
nobody.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import ssl
import sys
import tempfile
import threading
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from sdk.sandbox.live import Live
from sdk.sandbox.platform import Sandbox
from sdk.sandbox.tls import Tls
from sdk.sandbox.wire import Handler


class Server(ThreadingHTTPServer):
    """Serves `sandbox` on 127.0.0.1; port 0 takes a free one. `with` or `close` ends it.

    With `tls` devices may show certificates; clients are to trust `tls.certificate`.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, sandbox: Sandbox, port: int = 0, tls: Tls | None = None) -> None:
        self.sandbox, self.tls = sandbox, tls
        super().__init__(("127.0.0.1", port), Handler)
        self.scheme = "https" if tls else "http"
        self.base_url = f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without asking the name service for the name of this machine."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def get_request(self) -> tuple[Any, Any]:
        """A new connection. Its handshake waits for its own thread: a silent client holds up nobody."""
        connection, address = super().get_request()
        return (self.tls.wrap(connection) if self.tls else connection), address

    def start(self) -> Server:
        """Serve from a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def close(self) -> None:
        for tenant in self.sandbox.tenants.values():
            tenant.topics.cut()
        self.shutdown()
        self.server_close()
        if self.tls:
            self.tls.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError | ssl.SSLError):
            super().handle_error(request, client_address)


def serve(
    port: int = 8001,
    devices: int = 1000,
    seed: int = 7,
    *,
    live: bool = True,
    latency_ms: float = 0.0,
    faults: str = "none",
    ready_file: str | Path | None = None,
    tls_port: int | None = None,
) -> None:
    """Build a sandbox and serve it until SIGTERM or SIGINT; call it from the main thread.

    When it listens, `ready_file` (mode 0600) holds `ready_info`. `live` lets the devices act on their own.
    With `tls_port` it also serves over TLS, where devices show certificates.
    """
    sandbox = Sandbox(devices, seed, latency=latency_ms / 1000, faults=faults)
    gc.freeze()  # the world is no garbage; without it each full collection would stop everything for a while
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with ExitStack() as running:
        plain = running.enter_context(Server(sandbox, port).start())
        secure = None
        if tls_port is not None:
            secure = running.enter_context(Server(sandbox, tls_port, Tls(sandbox)).start())
        if live:
            running.callback(Live(sandbox, seed).start().stop)
        if ready_file is not None:
            write_ready_file(Path(ready_file), ready_info(sandbox, plain, secure))
        stop.wait()


def ready_info(sandbox: Sandbox, plain: Server, secure: Server | None = None) -> dict[str, Any]:
    """What a client needs: the addresses, the tenants with their sign-ins, the users of the management
    tenant.
    """
    tenants = [{"id": name, "name": name, "users": users} for name, users in sandbox.credentials.items()]
    above: dict[str, Any] = {"bootstrap": sandbox.bootstrap, "management": sandbox.management}
    if secure is not None and secure.tls is not None:
        above |= {"tls": {"base_url": secure.base_url, "certificate": secure.tls.certificate}}
    return {"base_url": plain.base_url, "tenants": tenants} | above


def write_ready_file(path: Path, content: dict[str, Any]) -> None:
    """Write the file in one step, readable by its owner only: it holds passwords."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file)
    Path(name).replace(path)
