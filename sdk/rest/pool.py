"""The idle connections to one address."""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from sdk.rest.connection import Connection

_LONGEST_IDLE: Final = 50.0  # seconds; servers and gateways close idle connections after a minute


class Origin:
    """One scheme, host and port with its idle connections (last in, first out)."""

    def __init__(
        self, scheme: str, host: str, port: int, netloc: str, size: int, proxies: Mapping[str, str]
    ) -> None:
        self.tls = scheme == "https"
        self.host, self.port, self.netloc = host, port, netloc
        self.proxies = proxies
        # Appending and popping are atomic: no lock on the way of a request.
        self.idle: deque[Connection] = deque()
        self._size = size
        weakref.finalize(self, _close_all, self.idle)

    @classmethod
    def of(cls, origin: str, size: int, *, use_proxies: bool) -> Origin:
        parts = urlsplit(origin)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in {"http", "https"} or not parts.hostname or port == -1:
            raise requests.exceptions.InvalidURL(f"{origin!r} is no http or https address.")
        proxies = get_environ_proxies(origin) if use_proxies else {}
        if not {parts.scheme, "all"} & proxies.keys():
            proxies = {}
        netloc = parts.netloc.rpartition("@")[2]
        return cls(
            parts.scheme,
            parts.hostname,
            port or (443 if parts.scheme == "https" else 80),
            netloc,
            size,
            proxies,
        )

    def take(self) -> Connection | None:
        """An idle connection that the server still holds open, None if there is none."""
        while self.idle:
            try:
                connection = self.idle.pop()
            except IndexError:
                return None
            if time.monotonic() - connection.idle_since < _LONGEST_IDLE and not connection.is_stale():
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection, keep_alive: bool) -> None:
        if not keep_alive or len(self.idle) >= self._size:
            connection.close()
            return
        connection.used = True
        connection.idle_since = now = time.monotonic()
        self.idle.append(connection)
        # The oldest is at the other end, where nobody takes it while there are younger ones.
        try:
            if now - self.idle[0].idle_since > _LONGEST_IDLE:
                self.idle.popleft().close()
        except IndexError:  # another thread was quicker
            return

    def close(self) -> None:
        _close_all(self.idle)


def _close_all(idle: deque[Connection]) -> None:
    while idle:
        idle.pop().close()
