"""`python -m tests.bench.sandbox DEVICES ROUNDS`: what a large sandbox costs to build, to hold and to ask."""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from typing import Any

import requests

from sdk.sandbox import Sandbox
from tests.bench.objects import COLLECTION
from tests.bench.processes import CLIENT, peak_memory, pin

ROWS = 50


class Door:
    """The tenant `acme`, asked in-process by its administrator."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._session = requests.Session()
        self._session.mount("http://acme.sandbox", sandbox.adapter())
        self._session.auth = ("acme/admin", sandbox.credentials["acme"]["admin"]["password"])

    def listed(self, **params: str) -> list[dict[str, Any]]:
        answer = self._session.get(
            f"http://acme.sandbox{COLLECTION}", params={"pageSize": str(ROWS), **params}, timeout=60
        )
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()["managedObjects"]
        return rows

    def timed(self, rounds: int, **params: str) -> float:
        """The median milliseconds of a page; the first call, which may fill caches, counts as any other."""
        return statistics.median(self._milliseconds(params) for _ in range(rounds))

    def _milliseconds(self, params: dict[str, str]) -> float:
        begun = time.perf_counter()
        if not self.listed(**params):
            raise SystemExit(f"no rows for {params}")
        return (time.perf_counter() - begun) * 1000


def asked(door: Door) -> dict[str, dict[str, str]]:
    """The filters of a page, by what they look for."""
    devices = door.listed(fragmentType="c8y_IsDevice", withParents="true")
    device = devices[-1]
    parents = (found["assetParents"]["references"] for found in devices)
    group = next(found[0]["managedObject"]["id"] for found in parents if found)
    name = device["name"].replace("'", "''")
    return {
        "type": {"type": device["type"]},
        "fragment": {"fragmentType": "c8y_IsDevice"},
        "name": {"q": f"$filter=(name eq '{name}')"},
        "pattern of names": {"q": f"$filter=(name eq '*{name[1:]}*')"},
        "id": {"ids": device["id"]},
        "group": {"q": f"$filter=(bygroupid({group}))"},
    }


def main() -> None:
    """Print what was measured: seconds to build, MB, milliseconds of a page by filter."""
    devices, rounds = (int(argument) for argument in sys.argv[1:])
    pin(CLIENT)
    wall, cpu = time.perf_counter(), time.process_time()
    sandbox = Sandbox(devices)
    found = {"build": time.perf_counter() - wall, "build_cpu": time.process_time() - cpu}
    gc.freeze()  # as the sandbox's own server does
    door = Door(sandbox)
    pages = {name: door.timed(rounds, **params) for name, params in asked(door).items()}
    memory = peak_memory()
    sys.stdout.write(json.dumps({**found, "rss": memory, **pages}))


if __name__ == "__main__":
    main()
