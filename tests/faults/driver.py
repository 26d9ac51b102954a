"""The chaos itself: gives orders, breaks things, and looks at what came of it."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from c8yadmin.jobs.execution.audit import audit
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import actions
from tests.faults.fleet import Fleet
from tests.faults.havoc import Havoc, broken_for_now
from tests.faults.orders import Order
from tests.faults.placing import place
from tests.faults.recipes import all_orders
from tests.faults.tally import Tally
from tests.faults.watch import Watch

HEALING = 180.0  # seconds after the last fault in which every job must have ended
STANDSTILL = 180.0  # seconds of one step, longer than all its time-outs one after the other


@dataclass(slots=True)
class Line:
    """Orders that are given one after the other; `current` is under way."""

    orders: Iterator[Order]
    current: Order | None = None


class Chaos:
    """All lines of orders at once, and a fault every few seconds."""

    def __init__(self, fleet: Fleet, lots: int, size: int) -> None:
        self.fleet, self.tally, self.havoc = fleet, Tally(), Havoc(fleet)
        self.watch = Watch(STANDSTILL, lambda: self.tally)
        self.told = 0.0
        self.lines = [Line(orders) for orders in all_orders(fleet.sandbox, lots, size)]

    def run(self, minutes: float) -> None:
        with self.watch:
            self._break(minutes)
            self._heal()
        self._cover()

    def _break(self, minutes: float) -> None:
        began = time.monotonic()
        strike = began + 3
        while (now := time.monotonic()) < began + minutes * 60:
            self._step(giving=True)
            self._tell(now - began, minutes)
            if now > strike:
                self._strike(self.havoc.any_one())
                strike = time.monotonic() + random.uniform(1, 4)

    def _strike(self, fault: Callable[[], None]) -> None:
        self.tally.faults[fault.__name__] += 1
        self._dare(fault.__name__, fault)

    def _dare(self, name: str, work: Callable[[], None]) -> None:
        """What this process cannot do on a busy machine must not end the run without a result."""
        try:
            work()
        except (AssertionError, OSError, subprocess.SubprocessError) as problem:
            self.tally.unbroken.append(f"{name}: {problem}")

    def _tell(self, passed: float, minutes: float) -> None:
        if passed >= self.told + 30:
            self.told = passed
            found = f"{sum(self.tally.jobs.values())} jobs, {sum(self.tally.faults.values())} faults"
            print(f"{passed:.0f} s of {minutes * 60:.0f}: {found}", file=sys.stderr, flush=True)

    def _heal(self) -> None:
        for name in list(self.fleet.held):
            self.fleet.release(name)
        end = time.monotonic() + HEALING
        while any(line.current for line in self.lines) and time.monotonic() < end:
            self._step(giving=False)
        for line in self.lines:
            if line.current:
                self.tally.accounts.append(f"{line.current.action} has not ended: {line.current.job_id}")

    def _step(self, *, giving: bool) -> None:
        self.watch.alive()
        self._dare("tick", self.fleet.tick)
        for line in self.lines:
            if line.current is None and giving:
                line.current = next(line.orders)
            with broken_for_now():
                if line.current and self._is_over(line.current):
                    line.current = None
        time.sleep(0.1)

    def _is_over(self, order: Order) -> bool:
        if not order.job_id:
            order.job_id = place(order, self.fleet)
        job = Job.objects.get(pk=order.job_id)
        if not job.is_terminal:
            return False
        self.tally.count(order, job)
        return True

    def _cover(self) -> None:
        """The invariants of the whole, and a word about kinds of jobs that had no turn."""
        self.tally.accounts += map(str, audit())
        unused = {action.name for action in actions()} - set(self.tally.jobs)
        if unused:
            print(f"had no turn: {', '.join(sorted(unused))}")
