"""One open stream: what its browser has not been told yet, and the frames that tell it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

Signals = dict[str, int]  # job id -> newest version


def frame(event: str, data: dict[str, str | int], retry: int | None = None) -> str:
    """One server-sent event; JSON keeps the data on one line, so nothing in it can forge another event."""
    pause = f"retry: {retry}\n" if retry is not None else ""
    return f"{pause}event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


PING = frame("ping", {})
RESYNC = frame("resync", {})
POLL = frame("poll", {})


@dataclass(eq=False, slots=True)
class Stream:
    """The stream of one tab; `asked` are the session key and the tenant of its request, and its rights were
    last `checked` then.

    A slow reader costs nobody anything: signals wait here by job, the newest version replacing the older,
    and when more than `limit` jobs wait, one `resync` ("ask again for all you show") stands for them.
    """

    session: str
    topics: frozenset[str]
    asked: tuple[str, str] = field(default=("", ""), repr=False)  # holds a session key
    opened: float = field(default_factory=time.monotonic)
    checked: float = field(default_factory=time.monotonic)
    limit: int = 8
    pending: Signals = field(default_factory=dict)
    stale: bool = False
    blind: bool = False
    farewell: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, job: str, version: int) -> None:
        """A job changed."""
        self.pending[job] = max(version, self.pending.get(job, version))
        if len(self.pending) > self.limit:
            self.resync()
        self.news.set()

    def resync(self) -> None:
        """Signals were lost: the page must ask again for all that it shows."""
        self.pending.clear()
        self.stale, self.blind = True, False
        self.news.set()

    def poll(self) -> None:
        """Nobody can tell this process anything: until the next `resync` the page must ask by itself."""
        self.blind = True
        self.news.set()

    def close(self, reason: str) -> None:
        """End the stream; `reason` tells the page why: `signed-out`, `restart`, `renew` or `gone`."""
        self.farewell = self.farewell or reason
        self.news.set()

    async def frames(self, ping_seconds: float, pause: float = 0.2) -> AsyncIterator[str]:
        """The frames to send, until the stream is closed; after each, news gathers for `pause` seconds."""
        yield frame("ping", {}, retry=3000)
        while not self.farewell:
            try:
                async with asyncio.timeout(ping_seconds):  # unlike wait_for, it needs no task of its own
                    await self.news.wait()
            except TimeoutError:
                yield PING
                continue
            self.news.clear()
            if text := self._take():
                yield text
                await asyncio.sleep(pause)
        # Spread over seconds, so that the browsers of a stopped server do not all come back at once.
        yield frame("bye", {"reason": self.farewell}, retry=random.randint(500, 5000))  # noqa: S311

    def _take(self) -> str:
        text = RESYNC if self.stale else ""
        text += POLL if self.blind else ""
        text += "".join(frame("job", {"job": job, "v": version}) for job, version in self.pending.items())
        self.stale = self.blind = False
        self.pending.clear()
        return text
