"""A sandbox that runs as a server, and an unmodified client of each make."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.peers.running import FOLDER, WEB_CLIENT, Process, Running, missing, missing_python_clients
from tests.processes import eventually

if missing_python_clients():
    collect_ignore_glob = ["test_async_*.py", "test_sync_*.py"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    process = Process(tmp_path_factory.mktemp("sandbox"))
    try:
        eventually(process.listens)
        yield process.running()
    finally:
        process.end()


@pytest.fixture
def label() -> str:
    """A name that no other test uses, since all share one sandbox."""
    return f"peer_{uuid4().hex[:10]}"


@pytest.fixture
def host_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets `*.localhost` mean this machine also where the system's resolver does not know it."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *arguments: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@pytest.fixture(scope="session")
def journeys(server: Running) -> dict[str, Any]:
    """What `journeys.js` met with the vendor's web client: an answer, or an `error`, for each journey."""
    own = Path(sys.executable).parent  # where Node.js is that came as a Python package
    node = shutil.which("node") or shutil.which("node", path=str(own))
    if node is None or not WEB_CLIENT.is_dir():
        missing("NO TESTS WITH @c8y/client: they need node, and `make peers`.")
    setting = {
        "baseUrl": server.base_url,
        "password": {user: server.password(user) for user in server.users},
        "bootstrap": server.bootstrap,
        "code": server.code(),
    }
    command = [str(node), "--experimental-websocket", str(FOLDER / "journeys.js")]
    done = subprocess.run(command, input=json.dumps(setting), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture
def c8y(server: Running) -> Any:
    """The asynchronous client pyc8y, as `admin`."""
    from pyc8y.auth import BasicAuth
    from pyc8y.client import CumulocityClient

    return CumulocityClient(server.base_url, "acme", BasicAuth("acme/admin", server.password("admin")))


@pytest.fixture
def sync_c8y(server: Running) -> Any:
    """The synchronous client c8y_api, as `admin`."""
    from c8y_api import CumulocityApi

    return CumulocityApi(server.base_url, "acme", "admin", server.password("admin"))
