"""Watches over the parts, from the first start to the end of all."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from c8yadmin.supervision.parts import Part
from c8yadmin.supervision.warden import Warden

TICK = 0.1  # seconds
PATIENCE = 60.0  # seconds a part may take to become ready


class Stopped(Exception):
    """Somebody asked to stop."""


class Failed(Exception):
    """A part did not come up; the text says which and why."""


class Supervisor:
    """Starts parts, one after the other or together, and watches over all that it started."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.parts: list[Part] = []
        self.say = say
        # Elsewhere than on Linux the kernel does not end children with their parent: a process does.
        self._warden = None if sys.platform == "linux" else Warden()

    def start(self, *parts: Part) -> None:
        """Start `parts` without waiting for them."""
        for part in parts:
            self.parts.append(part)
            self._start(part)

    def run_once(self, part: Part) -> None:
        """Run `part` to its end; raises `Failed` when it ends badly."""
        self.start(part)
        while part.running:
            time.sleep(TICK / 5)
        self.parts.remove(part)
        if part.process and part.process.returncode:
            raise Failed(f"{part.name} failed.\n{_last_lines(part)}")

    def wait_for(self, *parts: Part) -> None:
        """Wait until all `parts` are ready; raises `Failed` when one died or took too long."""
        deadline = time.monotonic() + PATIENCE
        for part in parts:
            while not part.ready():
                if not part.running or time.monotonic() > deadline:
                    raise Failed(f"{part.name} did not start.\n{_last_lines(part)}")
                time.sleep(TICK / 5)

    def watch(self) -> None:
        """Bring back every part that dies, until somebody asks to stop."""
        while True:
            for part in self.parts:
                if part.process is None and time.monotonic() >= part.due:
                    self._start(part)
                elif part.process is not None and not part.running:
                    self.say(part.fell())
            time.sleep(TICK)

    def stop(self) -> None:
        """End all parts, the last started first."""
        for part in reversed(self.parts):
            part.stop()
        if self._warden:
            self._warden.stop()

    def _start(self, part: Part) -> None:
        part.start()
        if self._warden and part.process:
            self._warden.watch(part.process.pid)


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, Ctrl-C, SIGTERM and a closed terminal raise `Stopped`, the first of them only."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number: int, frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _last_lines(part: Part, count: int = 15) -> str:
    if part.log is None:
        return "It has said why above."
    return "\n".join(part.log.read_text(errors="replace").splitlines()[-count:])
