"""Targets under way: threads that take the next one as soon as they are free, and touch no database.

The slot's thread puts targets in, and looks at what came out when there is enough of it: it is not woken for
each of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from c8yadmin.jobs.execution.answers import Stop
from c8yadmin.jobs.execution.attempts import Attempts, Halted
from c8yadmin.jobs.registry import Image, Outcome

MOST_THREADS = 32  # of a slot, whatever a job asks for
AWAY = 2  # targets per place that may wait for their image
HALT_SEEN = 0.1  # seconds until a thread that waits for its image sees that the slot ends
Result = Outcome | Stop | BaseException


@dataclass(slots=True)
class Writing:
    """Images that are written down together, for which their threads wait."""

    images: list[tuple[str, Image]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Tray:
    """The targets of one chunk that went into a window, and what came out of it."""

    attempts: Attempts
    under_way: dict[str, None] = field(default_factory=dict)  # in the order of their start
    ended: deque[tuple[str, Result]] = field(default_factory=deque)
    writing: Writing = field(default_factory=Writing)


@dataclass(frozen=True, slots=True)
class Errand:
    """A target on its way through a window; the call of a `doubtful` one may have been sent before."""

    tray: Tray
    target: str
    doubtful: bool


class Window:
    """A sliding window over threads: no target waits for a slower neighbour.

    At most as many targets talk to the tenant as there are `places`. One that waits for its image to be
    written down leaves its place to another, so that images can be written together without a loss of speed.
    """

    def __init__(self, places: int, learn: Callable[[Outcome | Stop], None], *, keeps: bool) -> None:
        self._places = places
        self._learn = learn
        self._most = MOST_THREADS * (2 if keeps else 1)
        self._pool = ThreadPoolExecutor(self._most, thread_name_prefix="job")
        self._feed: deque[Errand] = deque()
        self._handed: deque[Errand] = deque()
        self._threads = self._idle = 0
        self._taken = 0  # places
        self._away = self._unwritten = self._returning = 0  # targets that wait for their image, or after it
        self._ended = self._wanted = 0
        self._stopped = self._closed = False
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)  # for the slot
        self._work = threading.Condition(self._lock)  # for threads without a target
        self._back = threading.Condition(self._lock)  # for those that want a place again

    def start(self, tray: Tray, targets: Iterable[tuple[str, bool]]) -> None:
        """Let the next free threads do the targets; with each stands whether it is doubtful."""
        errands = [Errand(tray, target, doubtful) for target, doubtful in targets]
        tray.under_way.update(dict.fromkeys(errand.target for errand in errands))
        with self._lock:
            self._feed.extend(errands)
            self._advance()

    def withdraw(self, tray: Tray) -> list[str]:
        """Take back the tray's targets that no thread has begun with."""
        with self._lock:
            waiting = [errand.target for errand in self._feed if errand.tray is tray]
            self._feed = deque(errand for errand in self._feed if errand.tray is not tray)
        for target in waiting:
            del tray.under_way[target]
        return waiting

    def become(self, places: int) -> None:
        """Let so many targets talk to the tenant from now on."""
        with self._lock:
            self._places = places
            self._advance()

    def wait(self, ended: int, timeout: float) -> None:
        """Until so many more targets have ended, one was stopped, images are many, or nobody is busy."""
        with self._lock:
            self._wanted = ended
            self._news.wait_for(self._has_news, max(0.0, timeout))
            self._ended, self._stopped = 0, False

    def unwritten(self, tray: Tray) -> Writing:
        """The tray's images that are to be written down now; threads go on when that is `over`."""
        with self._lock:
            writing, tray.writing = tray.writing, Writing()
            self._unwritten -= len(writing.images)
        return writing

    def _has_news(self) -> bool:
        busy = self._taken or self._away > self._unwritten or self._may_begin()
        enough = self._ended >= self._wanted or self._unwritten >= self._places
        return self._stopped or enough or not busy

    def _may_begin(self) -> bool:
        """Whether a target may be begun: not while many wait between what was read and its change."""
        return bool(self._feed) and self._taken < self._places and self._away < AWAY * self._places

    def _advance(self) -> None:
        """Fill the free places; with the lock, as all that follows."""
        self._readmit()
        while self._may_begin():
            if self._idle:
                self._idle -= 1
                self._handed.append(self._feed.popleft())
                self._work.notify()
            elif self._threads < self._most:
                self._threads += 1
                self._pool.submit(self._serve, self._feed.popleft())
            else:
                break
            self._taken += 1
        self._tell()

    def _readmit(self) -> None:
        """Targets whose image is written down come before others."""
        while self._returning and self._taken < self._places:
            self._returning -= 1
            self._taken += 1
            self._back.notify()

    def _tell(self) -> None:
        if self._has_news():
            self._news.notify()

    def _serve(self, errand: Errand | None) -> None:
        """A thread's life."""
        while errand is not None:
            result = self._done(errand)
            with self._lock:
                errand.tray.ended.append((errand.target, result))
                self._taken -= 1
                self._ended += 1
                self._stopped |= not isinstance(result, Outcome)
                errand = self._next()

    def _next(self) -> Errand | None:
        self._readmit()
        if self._may_begin():
            self._taken += 1
            self._tell()
            return self._feed.popleft()
        self._tell()
        self._idle += 1
        if not self._closed:
            self._work.wait()
        return self._handed.popleft() if self._handed else None

    def _done(self, errand: Errand) -> Result:
        try:
            verdict = errand.tray.attempts(errand.target, errand.doubtful, partial(self._keep, errand))
            self._learn(verdict)
        except BaseException as error:  # noqa: BLE001  # the slot's thread raises it
            return error
        return verdict

    def _keep(self, errand: Errand, image: Image) -> None:
        """Wait until the slot has written the image down, in nobody's way."""
        attempts = errand.tray.attempts
        if attempts.gate.halted.is_set():
            raise Halted
        with self._lock:
            writing = errand.tray.writing
            writing.images.append((errand.target, image))
            self._unwritten += 1
            self._away += 1
            self._taken -= 1
            self._advance()
        try:
            while not writing.over.wait(HALT_SEEN):
                if attempts.gate.halted.is_set():
                    raise Halted
            attempts.known.earlier[errand.target] = image
        finally:
            self._return()

    def _return(self) -> None:
        with self._lock:
            self._away -= 1
            if self._taken < self._places:
                self._taken += 1
                self._advance()
            else:
                self._returning += 1
                self._back.wait()

    def close(self) -> None:
        """Begin with no more targets, and wait for those under way."""
        with self._lock:
            self._feed.clear()
            self._closed = True
            self._work.notify_all()
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
