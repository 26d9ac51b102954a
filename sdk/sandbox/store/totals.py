"""The totals of collections, which the platform counts anew after 10 seconds only."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

LIFETIME = 10.0
MOST_KEPT = 10_000


class Totals:
    """What was counted lately."""

    def __init__(self) -> None:
        self._counted: dict[Hashable, tuple[float, int]] = {}

    def of(self, question: Hashable, count: Callable[[], int]) -> int:
        """The answer to the question: the one that was given lately, or what `count` gives now."""
        now = time.time()
        at, counted = self._counted.get(question, (0.0, 0))
        if 0 <= now - at < LIFETIME:
            return counted
        if len(self._counted) >= MOST_KEPT:
            self._counted.clear()
        fresh = count()
        self._counted[question] = now, fresh
        return fresh

    def forget(self) -> None:
        """As when their time has passed: all is counted anew."""
        self._counted.clear()
