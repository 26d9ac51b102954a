"""The one process of the container: web server, worker and clock under a supervisor that knows no Django.

It alone may open port 80 (see Dockerfile), and hands the open socket to the web server.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from pathlib import Path

from c8yadmin.microservice.platform import Misplaced, settings
from c8yadmin.supervision.parts import Part
from c8yadmin.supervision.supervisor import Failed, Stopped, Supervisor, stoppable
from sdk import C8yError

PYTHON = str(Path(sys.executable).with_name("python"))
WORKER = ["worker", "-c", "2", "--without-gossip", "--without-mingle", "-l", "WARNING"]
BEAT = ["beat", "-s", "/tmp/beat", "--pidfile", "", "-l", "WARNING"]  # noqa: S108  # a container of its own
GRACE = 15.0  # seconds for a worker to hand over what it has in hand


def main(port: int) -> int:
    """Run the console on `port` until it is told to stop; returns the exit code."""
    os.dup2(sys.stdout.fileno(), sys.stderr.fileno())  # the platform keeps what is written to the first
    try:
        with contextlib.suppress(Stopped), stoppable(), socket.create_server(("0.0.0.0", port)) as door:  # noqa: S104
            run(door)
    except (Misplaced, C8yError, ValueError, OSError, Failed) as error:
        say(str(error), "error")
        return 1
    return 0


def run(door: socket.socket) -> None:
    """Bring the database up to date, then start the parts and watch over them."""
    os.environ.update(settings())
    supervisor = Supervisor(say)
    try:
        supervisor.run_once(
            Part("migration", [*manage("migrate"), "--no-input", "--verbosity", "0", "--skip-checks"], None)
        )
        web = [*manage("serve"), "--fd", str(door.fileno())]
        supervisor.start(Part("web", web, None, keeps=[door.fileno()]))
        supervisor.start(celery("worker", WORKER), celery("beat", BEAT))
        supervisor.watch()
    finally:
        supervisor.stop()


def manage(command: str) -> list[str]:
    return [PYTHON, "-m", "c8yadmin", command]


def celery(name: str, words: list[str]) -> Part:
    command = [PYTHON, "-m", "celery", "--quiet", "-A", "c8yadmin.celery", *words]
    return Part(name, command, None, {"REMAP_SIGTERM": "SIGQUIT"}, grace=GRACE)


def say(words: str, level: str = "warning") -> None:
    """One line of JSON, as the other processes write theirs."""
    line = json.dumps({"event": words, "logger": "c8yadmin.microservice", "level": level})
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(int(os.environ.get("SERVER_PORT", "80"))))
