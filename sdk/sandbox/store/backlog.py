"""What a tenant does after it has answered: calls that change much come back before all is done."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable

Step = Callable[[], object]

_logger = logging.getLogger(__name__)
AT_ONCE = 1_000
PER_SECOND = 10_000.0


class Backlog:
    """Steps that are still to be done: a call does `at_once` of them, time does `pace` in each second.

    They are done in order, whenever somebody looks. `as_now` makes of a step one that has the same effect
    later as it has now.
    """

    def __init__(self, as_now: Callable[[Step], Step]) -> None:
        self._as_now = as_now
        self.at_once, self.pace = AT_ONCE, PER_SECOND
        self._steps: deque[Step] = deque()
        self._seen = 0.0

    def do(self, steps: Iterable[Step]) -> bool:
        """Begin with these steps; whether they are all done already."""
        if not self._steps:
            self._seen = time.time()
        waiting = len(self._steps)
        self._steps.extend(map(self._as_now, steps))
        if not waiting:
            self._work(self.at_once)
        return not self._steps

    def catch_up(self) -> None:
        """Do what the time since the last look was enough for.

        Whoever looks has no part in a step that fails: that is logged, and the next one done.
        """
        if self._steps:
            now = time.time()
            done = int(max(0.0, now - self._seen) * self.pace)
            if done:
                self._seen = now
                for _ in range(min(done, len(self._steps))):
                    self._try_one()

    def _try_one(self) -> None:
        try:
            self._work(1)
        except Exception:
            _logger.exception("A step of what was still to be done failed.")

    def finish(self) -> None:
        """As when enough time has passed: all is done."""
        self._work(len(self._steps))

    def _work(self, amount: int) -> None:
        for _ in range(min(amount, len(self._steps))):
            self._steps.popleft()()
