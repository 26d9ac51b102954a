"""An eye on a driver that breaks things: it may meet what it broke itself, and must not wait for that."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Self

STANDSTILL = 3


class Watch:
    """Inside, this process ends with exit code 3 when nobody has called `alive` for `patience` seconds.

    Before that it prints where each thread stands, and what `report` knows. The fleet's processes die with
    the one that started them.
    """

    def __init__(self, patience: float, report: Callable[[], object]) -> None:
        self.patience, self.report = patience, report
        self._at = time.monotonic()
        self._over = threading.Event()

    def alive(self) -> None:
        """The driver goes on."""
        self._at = time.monotonic()

    def __enter__(self) -> Self:
        self.alive()
        threading.Thread(target=self._look, name="watch", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _look(self) -> None:
        while (left := self._at + self.patience - time.monotonic()) > 0:
            if self._over.wait(left):
                return
        print(f"The driver has stood still for {self.patience:g} s:", file=sys.stderr)
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        for ident, frame in sys._current_frames().items():
            print(f"--- {names.get(ident)}", *traceback.format_stack(frame), sep="\n", file=sys.stderr)
        print(self.report(), flush=True)
        os._exit(STANDSTILL)
