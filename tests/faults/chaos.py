"""`python -m tests.faults.chaos --minutes 5 --seed 1`: jobs of all kinds while everything around them breaks.

Runs on SQLite, or on the PostgreSQL that `python -m tests.postgres` gives it. Prints what happened; the exit
code is 0 when nothing was left out, nothing was sent twice and all accounts agree.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import django

from sdk.sandbox import Sandbox
from tests.faults.fleet import Fleet


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
        django.setup()
        from tests.faults.driver import Chaos  # this process works on the fleet's database, too

        driver = Chaos(fleet, options.lots, options.size)
        try:
            driver.run(options.minutes)
        finally:  # whatever ends the run, it has a result
            print(f"seed {options.seed}, {url.partition(':')[0]}, {fleet.falls} processes brought back")
            print(driver.tally, flush=True)
    return int(not driver.tally.flawless)


if __name__ == "__main__":
    sys.exit(main())
