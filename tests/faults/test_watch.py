"""Whoever watches a driver ends it when it stands still, and nobody afterwards."""

from __future__ import annotations

import subprocess
import sys

DRIVER = """
import time
from tests.faults.watch import Watch

with Watch(0.2, lambda: "so far") as watch:
    for _ in range(5):
        watch.alive()
        time.sleep({inside})
time.sleep(0.4)
print("lives")
"""


def driven(inside: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", DRIVER.format(inside=inside)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_driver_that_goes_on_is_left_alone_also_when_it_is_done() -> None:
    assert (driven(0.02).returncode, driven(0.02).stdout) == (0, "lives\n")


def test_a_driver_that_stands_still_is_ended_and_says_where_it_stood() -> None:
    stuck = driven(30)
    assert (stuck.returncode, stuck.stdout) == (3, "so far\n")
    assert "time.sleep" in stuck.stderr or 'File "<string>"' in stuck.stderr
