"""Values that are kept for a while, and never too many."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cache(Generic[T]):
    """Values by key, for a while; the least recently used goes first when there are too many."""

    def __init__(self, size: int, ttl: float) -> None:
        if size < 1 or ttl <= 0:
            raise ValueError("A cache holds at least one value, and for some time.")
        self._size, self._ttl = size, ttl
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def get(self, key: str, make: Callable[[], T]) -> T:
        """The value of a key, made where there is none; two threads may make it at once."""
        with self._lock:
            found = self._kept.get(key)
            if found and found[0] > time.monotonic():
                self._kept.move_to_end(key)
                return found[1]
        value = make()
        with self._lock:
            self._kept[key] = (time.monotonic() + self._ttl, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return value

    def drop(self, which: Callable[[str, T], bool]) -> None:
        """Forget some values."""
        with self._lock:
            for key in [key for key, (_, value) in self._kept.items() if which(key, value)]:
                del self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)
