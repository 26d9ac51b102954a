"""The sandbox on a port: HTTP/1.1 with keep-alive, one thread for each connection, so that latency blocks
nobody.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from sdk.sandbox.live import Live
from sdk.sandbox.platform import Sandbox
from sdk.sandbox.wire import Handler


class Server(ThreadingHTTPServer):
    """Serves `sandbox` on 127.0.0.1; port 0 takes a free one. `with` or `close` ends it."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        self.sandbox = sandbox
        super().__init__(("127.0.0.1", port), Handler)
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
        for tenant in self.sandbox.tenants.values():
            tenant.topics.cut()
        self.shutdown()
        self.server_close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
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
