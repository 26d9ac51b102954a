"""`python -m tests.faults.soak --minutes 1440`: job after job under deaths, for as long as one likes.

Kills worker children and workers and restarts Redis (and PostgreSQL, where the jobs are there), one every
`--every` seconds. Prints the memory, open files and database connections of the processes over time. Twice no
worker runs while they are read: then every connection that is left has an owner who lives. The exit code is 0
when nothing has grown by more than a tenth between these two, and all accounts agree.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sdk.sandbox import Sandbox
from tests import postgres
from tests.faults.fleet import Fleet
from tests.faults.watch import Watch

DEVICES = 200
STEADY = ("beat", "web", "redis")  # processes that serve all the others: what grows in them is a leak
SPARE = {"memory": 4.0, "files": 4}  # MB and files that may come and go in a small process
WARM = 1 / 3  # of the time until the first look at rest
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()"
GROWTH = 1.10


@dataclass(slots=True)
class Reading:
    """What the processes that live on hold: MB and open files by name, and seconds since the start.

    The connections of a database server count among the files.
    """

    at: float
    memory: dict[str, float]
    files: dict[str, int]

    def __str__(self) -> str:
        memory = (f"{name} {size:.1f} MB" for name, size in self.memory.items())
        files = (f"{name} {n} files" for name, n in self.files.items())
        return f"{self.at:6.0f} s  {', '.join((*memory, *files))}"


@dataclass(slots=True)
class Soak:
    """Orders jobs, breaks things, and reads what the processes hold."""

    fleet: Fleet
    every: float
    jobs: int = 0
    deaths: int = 0
    rests: list[Reading] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def run(self, minutes: float) -> None:
        with Watch(300, lambda: f"{self.jobs} jobs, {self.deaths} deaths") as watch:
            self._work(minutes, watch)
        self._rest()

    def _work(self, minutes: float, watch: Watch) -> None:
        end, strike = self.began + minutes * 60, self.began + self.every
        deaths = itertools.cycle(self._deaths())
        id = self._order()
        while time.monotonic() < end:
            watch.alive()
            self.fleet.tick()
            if time.monotonic() > strike:
                next(deaths)()
                self.deaths += 1
                strike = time.monotonic() + self.every
            if not self.rests and time.monotonic() > self.began + minutes * 60 * WARM:
                self._rest()
            if self._is_over(id):
                print(self._reading(), flush=True)
                id = self._order()
        self.fleet.until(lambda: self._is_over(id), 120)

    def _deaths(self) -> Iterator[Callable[[], object]]:
        yield lambda: self.fleet.kill_child("one")
        yield lambda: self.fleet.signal("two", signal.SIGKILL)
        yield self._restart_redis
        if os.environ.get("DATABASE_URL", "").startswith("postgres"):
            yield lambda: postgres.restart(os.environ["DATABASE_URL"])

    def _restart_redis(self) -> None:
        self.fleet.hold("redis")
        self.fleet.release("redis")

    def _order(self) -> str:
        self.jobs += 1
        fragment = ("--query", "has(c8y_IsDevice)", "--param", "fragment=c8y_Note", "--param")
        found = self.fleet.job("submit", "inventory.set", *fragment, f"value={self.jobs}")
        return str(found["id"])

    def _is_over(self, id: str) -> bool:
        time.sleep(1)
        found = self.fleet.manage("job", "show", id, "--json")
        return found.returncode == 0 and json.loads(found.stdout)["state"] == "COMPLETED"

    def _rest(self) -> None:
        """Read what is held while no worker runs."""
        for name in self.fleet.workers:
            self.fleet.hold(name)
        time.sleep(2)  # until both ends of each connection have noticed
        self.rests.append(self._reading())
        print(f"{self.rests[-1]}, without workers", flush=True)
        for name in self.fleet.workers:
            self.fleet.release(name)

    def _reading(self) -> Reading:
        pids = {name: self.fleet.parts[name].process for name in STEADY}
        alive = {name: process.pid for name, process in pids.items() if process is not None}
        memory = {name: resident(pid) for name, pid in alive.items()}
        files = {name: len(list(Path(f"/proc/{pid}/fd").iterdir())) for name, pid in alive.items()}
        return Reading(time.monotonic() - self.began, memory, files | connections())

    @property
    def leaks(self) -> list[str]:
        """What has grown between the two looks at rest."""
        warm, last = self.rests
        found = []
        for what, spare in SPARE.items():
            before, after = getattr(warm, what), getattr(last, what)
            grown = (name for name in after if after[name] > before[name] * GROWTH + spare)
            found += [f"{what} of {name}: {before[name]} → {after[name]}" for name in grown]
        return found


def connections() -> dict[str, int]:
    """How many connections a PostgreSQL has besides this one."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        return {}
    import psycopg

    with psycopg.connect(url, autocommit=True, connect_timeout=10) as server:
        found = server.execute(CONNECTIONS).fetchone()
    return {"database": found[0] if found else 0}


def resident(pid: int) -> float:
    """The resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def soak(folder: Path, minutes: float, every: float, port: int) -> list[str]:
    """Everything that is wrong after so many minutes."""
    url = os.environ.get("DATABASE_URL", f"sqlite:///{folder / 'jobs.sqlite3'}")
    with Fleet(folder, Sandbox(devices=DEVICES, seed=7, latency=0.01), url, port) as fleet:
        run = Soak(fleet, every)
        run.run(minutes)
        wrong = [str(breach) for breach in json.loads(fleet.manage("job", "audit", "--json").stdout)]
        print(
            f"{run.jobs} jobs of {DEVICES} targets, {run.deaths} deaths, {fleet.falls} processes brought back"
        )
        return run.leaks + wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=300, help="seconds between two deaths")
    parser.add_argument("--port", type=int, default=18591, help="of the web server")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="c8yadmin-soak-") as folder:
        wrong = soak(Path(folder), options.minutes, options.every, options.port)
    for words in wrong:
        print(words)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
