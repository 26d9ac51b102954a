"""`python -m tests.faults.chaos --minutes 5 --seed 1`: jobs of all kinds while everything around them breaks.

Runs on SQLite, or on the PostgreSQL that `python -m tests.postgres` gives it. Prints what happened; the exit
code is 0 when nothing was left out, nothing was sent twice and all accounts agree.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdk.sandbox import Sandbox
from tests import postgres
from tests.faults.fleet import Fleet
from tests.faults.recipes import Order, all_orders
from tests.faults.watch import Watch

HEALING = 180.0  # seconds after the last fault in which every job must have ended
STANDSTILL = 180.0  # seconds of one step, longer than all its time-outs one after the other


@dataclass(slots=True)
class Line:
    """Orders that are given one after the other; `current` is under way."""

    orders: Iterator[Order]
    current: Order | None = None


@dataclass(slots=True)
class Tally:
    """What happened; the last three must stay empty."""

    items: int = 0
    jobs: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    never: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    unbroken: list[str] = field(default_factory=list)  # faults that the driver itself could not bring about

    @property
    def flawless(self) -> bool:
        return self.items > 0 and not (self.never or self.twice or self.accounts)

    def __str__(self) -> str:
        def words(counter: Counter[str]) -> str:
            return ", ".join(f"{name} {n}" for name, n in sorted(counter.items()))

        return "\n".join(
            [
                f"items: {self.items} in {sum(self.jobs.values())} jobs ({words(self.jobs)})",
                f"ends: {words(self.ends)}; items: {words(self.outcomes)}",
                f"faults: {sum(self.faults.values())} ({words(self.faults)})",
                *(f"not brought about: {words}" for words in self.unbroken),
                f"never executed: {len(self.never)} {self.never[:5] or ''}",
                f"executed twice (POST): {len(self.twice)} {self.twice[:5] or ''}",
                f"accounting errors: {len(self.accounts)} {self.accounts[:5] or ''}",
            ]
        )


class Chaos:
    """Gives orders, breaks things, and looks at what came of it."""

    def __init__(self, fleet: Fleet, lots: int, size: int) -> None:
        self.fleet, self.tally = fleet, Tally()
        self.watch = Watch(STANDSTILL, lambda: self.tally)
        self.told = 0.0
        self.lines = [Line(orders) for orders in all_orders(fleet.sandbox, lots, size)]
        self.faults = [
            self.child_killed,
            self.worker_killed,
            self.main_killed,
            self.worker_terminated,
            self.worker_frozen,
            self.redis_killed,
            self.redis_emptied,
            self.redis_flushed,
            self.redis_frozen,
            self.beat_killed,
            self.web_killed,
            self.tenant_cut,
            self.tenant_throttles,
            self.job_paused,
        ]
        if os.environ.get("DATABASE_URL", "").startswith("postgres"):
            self.faults += [self.database_restarted, self.connection_killed]

    def run(self, minutes: float) -> Tally:
        began = time.monotonic()
        strike = began + 3
        while (now := time.monotonic()) < began + minutes * 60:
            self._step(giving=True)
            self._tell(now - began, minutes)
            if now > strike:
                self._strike(random.choice(self.faults))
                strike = time.monotonic() + random.uniform(1, 4)
        self._heal()
        return self.tally

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
        from c8yadmin.jobs.models import Job

        if not order.job_id:
            order.job_id = self._submit(order)
        job = Job.objects.get(pk=order.job_id)
        if not job.is_terminal:
            return False
        self._check(order, job)
        return True

    def _submit(self, order: Order) -> str:
        """As `manage.py job submit` does it; the key makes a second try answer with the first job."""
        from c8yadmin.jobs.commands import terminal
        from c8yadmin.jobs.management.commands.job import Command
        from c8yadmin.jobs.orders.submission import submit

        if order.of:
            return self._revert(order.of)
        words = [*self._words(order), "--idem-key", order.key, "--abort-percent", "101"]
        options = vars(Command().create_parser("manage.py", "job").parse_args(words))
        connection = terminal.connect(self.fleet.environment)
        if way := terminal.ways().get(words[0]):
            return str(way.submit(connection, options).pk)
        return str(submit(terminal.order(connection, order.action, options)).pk)

    def _words(self, order: Order) -> list[str]:
        if order.file:
            path = self.fleet.folder / f"{order.key}.csv"
            path.write_text(order.file)
            return ["import", order.action.partition(".")[0], str(path)]
        params = (word for param in order.params for word in ("--param", param))
        return ["submit", order.action, "--ids", ",".join(order.ids), *params]

    def _revert(self, of: Order) -> str:
        """As `manage.py job revert` does it; nothing is reverted twice here."""
        from c8yadmin.jobs.commands import terminal
        from c8yadmin.jobs.models import Job
        from c8yadmin.jobs.undoing.reverting import revert

        if before := Job.objects.filter(reverts=of.job_id).first():
            return str(before.pk)
        tenant = terminal.connect(self.fleet.environment)
        job = Job.objects.get(pk=of.job_id)
        return str(revert(job, tenant.tenant, tenant.credential, tenant.owner, autostart=True).pk)

    def _check(self, order: Order, job: Any) -> None:
        from c8yadmin.jobs.execution.audit import audit_job
        from c8yadmin.jobs.models import Chunk, ItemResult
        from c8yadmin.jobs.pages.progress import Progress

        breaches = [str(breach) for breach in audit_job(job.pk)]
        results = dict(ItemResult.objects.filter(chunk__job=job).values_list("item_id", "outcome"))
        progress = Progress.of(job)
        counted = {"ok": progress.ok, "failed": progress.failed, "skipped": progress.skipped}
        counted |= {"unknown": progress.unknown, "canceled": progress.canceled}
        targets = [id for chunk in Chunk.objects.filter(job=job) for id in chunk.targets]
        if sum(counted.values()) != len(targets) or (len(targets) != len(order.ids) and not order.of):
            breaches.append(f"{order.action}: {counted} are not {len(order.ids)}")
        effects = order.effects()
        done = [id for id in targets if id not in results] if job.state != "CANCELED" else []
        where = f"{order.action} of job {job.pk} on"
        self.tally.never += [f"{where} {id}" for id in done if not effects[id]]
        self.tally.twice += [f"{where} {id}" for id, n in effects.items() if order.once and n > 1]
        self.tally.accounts += breaches
        self.tally.items += len(order.ids)
        self.tally.jobs[order.action] += 1
        self.tally.ends[job.state] += 1
        self.tally.outcomes.update(counted)

    def _worker(self) -> str:
        return random.choice(self.fleet.workers)

    def child_killed(self) -> None:
        self.fleet.kill_child(self._worker())

    def worker_killed(self) -> None:
        self._down(self._worker(), 1.0)

    def main_killed(self) -> None:
        part = self.fleet.parts[self._worker()]
        if part.process is not None:
            part.process.kill()

    def worker_terminated(self) -> None:
        part = self.fleet.parts[self._worker()]
        if part.process is not None:
            part.process.terminate()

    def worker_frozen(self) -> None:
        self.fleet.freeze(self._worker(), 11)

    def redis_killed(self) -> None:
        self._down("redis", random.uniform(0.2, 4))

    def redis_emptied(self) -> None:
        self.fleet.empty_redis()

    def redis_flushed(self) -> None:
        import redis

        with suppress(redis.RedisError):
            redis.Redis.from_url(self.fleet.redis.url, socket_timeout=1).flushall()

    def redis_frozen(self) -> None:
        self.fleet.freeze("redis", 5)

    def beat_killed(self) -> None:
        self._down("beat", random.uniform(0.5, 8))

    def web_killed(self) -> None:
        self._down("web", 1.0)

    def tenant_cut(self) -> None:
        for cut in ("before", "after", "middle"):
            self.fleet.sandbox.faults.add(cut=cut, rate=0.3, times=20)

    def tenant_throttles(self) -> None:
        self.fleet.sandbox.faults.add(status=429, retry_after=1, times=5)

    def job_paused(self) -> None:
        from c8yadmin.jobs.models import Job
        from c8yadmin.jobs.orders import control

        with broken_for_now():
            job = Job.objects.filter(state="RUNNING").order_by("?").first()
            if job:
                control.pause(job, "chaos")
                self.fleet.later(1.0, lambda: self._resume(job))

    def _resume(self, job: Any) -> None:
        from c8yadmin.jobs.models import Job
        from c8yadmin.jobs.orders import control

        with broken_for_now():
            if Job.objects.filter(pk=job.pk, state="PAUSED").exists():
                control.resume(job, "chaos")
            return
        self.fleet.later(1.0, lambda: self._resume(job))

    def database_restarted(self) -> None:
        postgres.restart(os.environ["DATABASE_URL"])

    def connection_killed(self) -> None:
        import psycopg

        with suppress(psycopg.OperationalError):  # it may be down just now
            postgres.disconnect(os.environ["DATABASE_URL"])

    def _down(self, name: str, seconds: float) -> None:
        self.fleet.hold(name)
        self.fleet.later(seconds, lambda: self.fleet.release(name))


class broken_for_now(suppress):
    """What this process, too, meets while the database or the tenant is down; it tries again later."""

    def __init__(self) -> None:
        from django.db import DatabaseError, InterfaceError

        from c8yadmin.jobs.execution.transitions import NotAllowed
        from sdk import C8yError

        super().__init__(DatabaseError, InterfaceError, C8yError, NotAllowed)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        from django.db import connection

        swallowed = super().__exit__(kind, error, trace)
        if swallowed:
            connection.close()
        return swallowed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--lots", type=int, default=4, help="devices jobs at a time")
    parser.add_argument("--size", type=int, default=300, help="devices of each")
    parser.add_argument("--port", type=int, default=18590, help="of the web server")
    options = parser.parse_args()
    random.seed(options.seed)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="c8yadmin-chaos-") as folder:
        return chaos(Path(folder), options)


def chaos(folder: Path, options: argparse.Namespace) -> int:
    url = os.environ.get("DATABASE_URL", f"sqlite:///{folder / 'jobs.sqlite3'}")
    sandbox = Sandbox(devices=100, seed=options.seed, latency=0.02, faults="flaky")
    with Fleet(folder, sandbox, url, web_port=options.port) as fleet:
        os.environ.update(fleet.environment)
        import django

        django.setup()
        driver = Chaos(fleet, options.lots, options.size)
        try:
            driver.run(options.minutes)
            driver.tally.accounts += covered(driver.tally)
        finally:  # whatever ends the run, it has a result
            print(f"seed {options.seed}, {url.partition(':')[0]}, {fleet.falls} processes brought back")
            print(driver.tally, flush=True)
    return int(not driver.tally.flawless)


def covered(tally: Tally) -> list[str]:
    """The invariants of the whole, and a word about kinds of jobs that had no turn."""
    from c8yadmin.jobs.execution.audit import audit
    from c8yadmin.jobs.registry import actions

    unused = {action.name for action in actions()} - set(tally.jobs)
    if unused:
        print(f"had no turn: {', '.join(sorted(unused))}")
    return [str(breach) for breach in audit()]


if __name__ == "__main__":
    sys.exit(main())
