"""What the demo consists of: Redis, sandbox tenants, the web server, a worker and the clock of the jobs."""

from __future__ import annotations

import json
import os
import random
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from c8yadmin.demo.redis import PrivateRedis
from c8yadmin.supervision.parts import Part

HOST = "127.0.0.1"
PORTS = (20_000, 32_000)  # below those that systems give to outgoing connections
Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Makes the parts; all keep their files in `folder` and their words in `folder/log`."""

    project: Path
    folder: Path
    redis_url: str

    def __post_init__(self) -> None:
        (self.folder / "log").mkdir(exist_ok=True)
        self.sandbox_file.unlink(missing_ok=True)

    @property
    def sandbox_file(self) -> Path:
        """Where the sandbox tells its address and sign-ins, once it runs."""
        return self.folder / "sandbox.json"

    @property
    def tenants_file(self) -> Path:
        """Where other commands find the tenants (settings.DEMO_TENANTS_FILE)."""
        return self.folder / "tenants.json"

    def tenants(self) -> str:
        """The sandbox's tenants and those of the environment, as the setting TENANTS has them, in JSON."""
        own = json.loads(os.environ.get("C8YADMIN_TENANTS", "[]"))
        return json.dumps([*connections(json.loads(self.sandbox_file.read_text())), *own])

    def redis(self, server: PrivateRedis) -> Part:
        return Part("redis", server.command, self._log("redis"), ready=server.answers)

    def sandbox(self, devices: int, latency_ms: int) -> Part:
        options = {
            "--port": free_port(),
            "--devices": devices,
            "--latency-ms": latency_ms,
            "--ready-file": self.sandbox_file,
        }
        words = [str(word) for option in options.items() for word in option]
        command = [sys.executable, "-m", "sdk.sandbox", "--live", *words]
        return Part("sandbox", command, self._log("sandbox"), ready=self.sandbox_file.exists)

    def preparation(self) -> Part:
        """Brings the database and the browser's files up to date, and ends."""
        return Part("preparation", self._manage("demo", "--prepare"), self._log("preparation"))

    def web(self, door: socket.socket) -> Part:
        """The server of `door`, which stays open while it restarts: browsers then wait instead of failing."""
        fd, port = door.fileno(), door.getsockname()[1]
        command = self._manage("serve", "--fd", str(fd))
        return Part(
            "web", command, self._log("web"), self._environment(), ready=lambda: healthy(port), keeps=[fd]
        )

    def worker(self) -> Part:
        options = ["-c", "2", "--without-gossip", "--without-mingle", "-l", "WARNING"]
        return self._celery("worker", options)

    def beat(self) -> Part:
        """The clock: wakes the sweeper of the jobs."""
        return self._celery("beat", ["-s", str(self.folder / "beat"), "-l", "WARNING"])

    def _manage(self, *words: str) -> list[str]:
        return [sys.executable, str(self.project / "manage.py"), *words]

    def _celery(self, name: str, options: list[str]) -> Part:
        command = [sys.executable, "-m", "celery", "-A", "c8yadmin.celery", name, *options]
        return Part(name, command, self._log(name), self._environment())

    def _environment(self) -> Environment:
        return {
            "REDIS_URL": self.redis_url,
            "C8YADMIN_TENANTS": self.tenants(),
            "MALLOC_ARENA_MAX": "2",
        }

    def _log(self, name: str) -> Path:
        path = self.folder / "log" / f"{name}.log"
        path.write_text("")
        return path


def connections(sandbox: dict[str, Any]) -> list[dict[str, str]]:
    """The sandbox's tenants as the setting TENANTS has them."""
    return [
        {
            "slug": tenant["id"],
            "name": tenant["name"],
            "base_url": sandbox["base_url"],
            "tenant_id": tenant["id"],
        }
        for tenant in sandbox["tenants"]
    ]


def healthy(port: int) -> bool:
    """Whether the web server answers and reaches its database."""
    connection = HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port of this machine that nobody listens on, and that no outgoing connection takes meanwhile."""
    while True:
        port = random.randrange(*PORTS)  # noqa: S311  # any will do
        with suppress(OSError), socket.create_server((HOST, port)):
            return port
