"""Fresh processes on cores of their own, and what they tell."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVER, CLIENT = 0, 1
PATIENCE = 300.0


class Unmeasured(RuntimeError):
    """A measurement could not be made."""


def pin(core: int) -> None:
    """Keep this process on one core, where there are two to choose from."""
    if hasattr(os, "sched_setaffinity") and len(cores := sorted(os.sched_getaffinity(0))) > 1:
        os.sched_setaffinity(0, {cores[core]})


def peak_memory() -> float:
    """The largest resident set of this process so far, in MB.

    Where /proc tells it: getrusage begins with the size of whoever started the process.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def told(module: str, *arguments: object) -> dict[str, Any]:
    """Run `python -m tests.bench.MODULE ARGUMENTS…` and give the JSON object that it prints."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except subprocess.CalledProcessError as problem:
        reason = (problem.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Unmeasured(f"{' '.join(command[2:])}: {reason}") from None
    except subprocess.TimeoutExpired:
        raise Unmeasured(f"{' '.join(command[2:])}: no end after {PATIENCE:.0f} s") from None
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@contextmanager
def canned(count: int) -> Iterator[str]:
    """The address of a tenant of ready-made answers, while the block runs."""
    command = [sys.executable, "-m", "tests.bench.canned", str(count), str(SERVER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise Unmeasured("The server of ready-made answers did not start.")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
