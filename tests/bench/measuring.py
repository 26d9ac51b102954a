"""What every client under measurement does in its own process: one case, timed from its first line on."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from tests.bench.canned import JITTER, STEADY, STILL
from tests.bench.processes import CLIENT, peak_memory, pin

WORKERS = 20


class Client(Protocol):
    """One make of client; each method does its work in the way that the make's own documentation shows."""

    def read(self) -> int:
        """List everything, read the id, name and type of each, keep none; how many there were."""

    def values(self) -> int:
        """List everything as tuples of `FIELDS`, kept in a list; how many there were."""

    def keep(self) -> int:
        """List everything into a list; how many there were."""

    def create(self, count: int) -> int:
        """Create so many objects with `WORKERS` workers; how many it were."""

    def delete(self, count: int) -> int:
        """Delete so many objects with `WORKERS` workers; how many it were."""

    def get(self, count: int) -> list[float]:
        """Read one object so many times in a row; the seconds of each."""


def _write(client: Client, count: int) -> int:
    return client.create(count - count // 2) + client.delete(count // 2)


def seconds_of(call: Callable[[], object], count: int) -> list[float]:
    """What each of so many calls in a row takes, in seconds."""
    found = []
    for _ in range(count):
        begun = time.perf_counter()
        assert call()
        found.append(time.perf_counter() - begun)
    return found


def _timed(client: Client, count: int, found: dict[str, Any]) -> int:
    seconds = client.get(count)
    found["median"] = statistics.median(seconds)
    return len(seconds)


CASES: dict[str, str] = dict.fromkeys(("read", "values", "keep", "create", "delete", "get"), STILL)
CASES |= {"write_steady": STEADY, "write_jitter": JITTER}


def main(build: Callable[[str, str], Client]) -> None:
    """Run the case of the command line (`URL CASE COUNT`) and print what it took.

    `build` makes a client from an address and a user name. Printed are `wall` and `cpu` in seconds without
    imports, and the peak `rss` of the process in MB; `median` in seconds where single calls are timed.
    """
    url, case, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    pin(CLIENT)
    found: dict[str, Any] = {}
    client = build(url, CASES[case])
    run: dict[str, Callable[[], int]] = {
        "read": client.read,
        "values": client.values,
        "keep": client.keep,
        "create": partial(client.create, count),
        "delete": partial(client.delete, count),
        "get": partial(_timed, client, count, found),
        "write_steady": partial(_write, client, count),
        "write_jitter": partial(_write, client, count),
    }
    cpu, wall = time.process_time(), time.perf_counter()
    done = run[case]()
    found |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    if done != count:
        raise SystemExit(f"{done} instead of {count}")
    found["rss"] = peak_memory()
    sys.stdout.write(json.dumps(found))
