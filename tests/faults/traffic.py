"""What a tenant sees of the workers: each call of a device, and how many are there at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from sdk.sandbox import Sandbox

DEVICE = "/inventory/managedObjects/"


class Traffic:
    """Looks at every call of one device from now on: `reads` and `changes` are their times.

    `most` is how many changes were under way at once; whoever prepares a job only reads. `meet` is called
    with the id of each device before its call is answered.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.meet: Callable[[str], object] = lambda id: None
        self.reads: list[float] = []
        self.changes: list[float] = []
        self.most = 0
        self._now, self._lock, self._answer = 0, threading.Lock(), sandbox.wsgi
        sandbox.wsgi = self  # type: ignore[assignment]

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        if not environ["REQUEST_URI"].startswith(DEVICE):
            return self._answer(environ, start)
        self.meet(environ["REQUEST_URI"].removeprefix(DEVICE).partition("?")[0])
        if environ["REQUEST_METHOD"] != "PUT":
            self.reads.append(time.monotonic())
            return self._answer(environ, start)
        self._begun()
        try:
            return self._answer(environ, start)
        finally:
            with self._lock:
                self._now -= 1

    def _begun(self) -> None:
        with self._lock:
            self.changes.append(time.monotonic())
            self._now += 1
            self.most = max(self.most, self._now)

    def pause(self, since: float) -> float:
        """The longest time without a change, from then until the last one."""
        return max(later - earlier for earlier, later in pairwise([since, *self._after(since)]))

    def in_ten_seconds(self) -> int:
        """The most calls of devices within any ten seconds."""
        calls = sorted([*self.reads, *self.changes])
        return max(sum(first <= at < first + 10 for at in calls) for first in calls)

    def _after(self, since: float) -> list[float]:
        return [at for at in self.changes if at > since]
