"""A browser tab as far as `/events` is concerned."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any


class Tab:
    """One open stream, read event by event."""

    def __init__(
        self,
        port: int,
        session: str = "alice",
        tenant: str = "acme",
        method: str = "GET",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=5)
        cookie = {"Cookie": f"c8yadmin={session}", "Sec-Fetch-Site": "same-origin"}
        self.connection.request(method, f"/events?tenant={tenant}", headers=cookie | (headers or {}))
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def read(self) -> dict[str, str]:
        """The fields of the next event; empty at the end of the stream."""
        fields: dict[str, str] = {}
        while (line := self.answer.readline().decode()) not in ("\n", ""):
            name, _, value = line.rstrip("\n").partition(": ")
            assert name not in fields, "two values for one field: an event was forged"
            fields[name] = value
        return fields

    def next(self, event: str = "job") -> dict[str, Any]:
        """The data of the next `event`; others before it are passed over."""
        while fields := self.read():
            if fields["event"] == event:
                return dict(json.loads(fields["data"]))
        raise AssertionError(f"the stream ended without {event!r}")

    def close(self) -> None:
        self.answer.close()
        self.connection.close()
