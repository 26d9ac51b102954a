"""Real servers for the tests that need them; registered as a plugin by `tests/conftest.py`."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from c8yadmin.demo import plan
from c8yadmin.demo.redis import PrivateRedis


class RedisServer:
    """A private Redis that a test may kill and start again."""

    def __init__(self, folder: Path) -> None:
        self._redis = PrivateRedis.within(folder)
        self._log = folder / "redis.log"
        self.url = self._redis.url
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._redis.command, stdout=log, stderr=log)
        eventually(self._redis.answers)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        self._redis.remove()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One Redis for all tests of this process; a test that kills it starts it again."""
    server = RedisServer(tmp_path_factory.mktemp("redis") / "server")
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis_url(redis_server: RedisServer) -> str:
    """The address of a private Redis, in redis-py's form (`unix://:password@/path`)."""
    return redis_server.url


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    return plan.free_port()


def eventually(holds: Callable[[], object], seconds: float = 10) -> None:
    """Wait until `holds()` is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"still not true after {seconds} s: {holds}"
        time.sleep(0.02)
