"""One open stream: what its browser has not been told yet, and the frames that tell it."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from c8yadmin.live.line import Line
from c8yadmin.live.messages import PLAIN, Refused

log = logging.getLogger(__name__)
Signals = dict[str, int]  # job id -> newest version


def frame(event: str, data: dict[str, str | int], retry: int | None = None) -> str:
    """One server-sent event; JSON keeps the data on one line, so nothing in it can forge another event."""
    pause = f"retry: {retry}\n" if retry is not None else ""
    return f"{pause}event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


GREETING = frame("ping", {}, retry=3000)
PING = frame("ping", {})
RESYNC = frame("resync", {})
POLL = frame("poll", {})


@dataclass(eq=False, slots=True)
class Stream(Line):
    """The stream of one tab; `asked` are the session key and the tenant of its request, and its rights were
    last `checked` then. `others` are all streams of the process, and `news` is set when any of them has
    something to say.

    A slow reader costs nobody anything: signals wait here by job, the newest version replacing the older,
    and when more than `limit` jobs wait, one `resync` ("ask again for all you show") stands for them.
    """

    asked: tuple[str, str] = field(repr=False)  # holds a session key
    session: str
    news: asyncio.Event = field(repr=False)
    others: set[Stream] = field(repr=False)
    topics: frozenset[str] = frozenset()
    opened: float = field(default_factory=time.monotonic)
    checked: float = field(default_factory=time.monotonic)
    spoken: float = field(default_factory=time.monotonic)
    limit: int = 8
    pending: Signals = field(default_factory=dict)
    stale: bool = False
    blind: bool = False
    silent: bool = False
    farewell: str = ""
    greeted: bool = False
    over: bool = False

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

    def ping(self) -> None:
        """Nothing was said for long: the page must hear that the stream still stands."""
        self.silent = True
        self.news.set()

    def close(self, reason: str) -> None:
        """End the stream; `reason` tells the page why: `signed-out`, `restart` or `renew`."""
        self.farewell = self.farewell or reason
        self.news.set()

    @property
    def has_news(self) -> bool:
        """Whether `speak` has something to say that can be said now; a farewell waits for no reader."""
        if self.over or not self.greeted:
            return False
        news = self.pending or self.stale or self.blind or self.silent
        return bool(self.farewell or (news and not self.held_up))

    def speak(self) -> None:
        """Send all that the browser has not been told, a greeting first; the farewell ends the answer."""
        self.spoken = time.monotonic()
        self.write(self._take())
        if self.over:
            self.end()

    def refuse(self, refused: Refused) -> None:
        """Answer with a refusal instead of a stream."""
        text = str(refused)
        self.begin(refused.status, PLAIN | {"content-length": str(len(text.encode()))} | refused.headers)
        self.write(text)
        self.end()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Whatever fails in here is this stream's own failure: it ends, and the others hear nothing of it."""
        try:
            yield
        except Exception:
            log.exception("a live stream failed")
            self.lost()
            self.cut()

    def lost(self) -> None:
        self.over = True
        self.others.discard(self)

    def resume_writing(self) -> None:
        super(Stream, self).resume_writing()  # for a bare super(), the class is the one before its slots
        self.news.set()

    def shutdown(self) -> None:
        """The server is about to stop; it tells this to each of its connections."""
        self.close("restart")

    def _take(self) -> str:
        text = "" if self.greeted else GREETING
        self.greeted = True
        if self.farewell:
            self.over = True
            # Spread over seconds, so that the browsers of a stopped server do not all come back at once.
            pause = random.randint(500, 5000)  # noqa: S311
            return text + frame("bye", {"reason": self.farewell}, retry=pause)
        text += RESYNC if self.stale else ""
        text += POLL if self.blind else ""
        text += "".join(frame("job", {"job": job, "v": version}) for job, version in self.pending.items())
        text = text or (PING if self.silent else "")
        self.stale = self.blind = self.silent = False
        self.pending.clear()
        return text
