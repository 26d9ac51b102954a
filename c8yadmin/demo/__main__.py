"""The demo's supervisor; `manage.py demo` starts it. It knows no Django, so that it weighs little."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from c8yadmin.demo import signins
from c8yadmin.demo.folder import Taken, locked
from c8yadmin.demo.plan import HOST, Plan
from c8yadmin.demo.redis import NoRedis, PrivateRedis
from c8yadmin.supervision.parts import Part
from c8yadmin.supervision.supervisor import Failed, Stopped, Supervisor, stoppable


class PortTaken(Exception):
    """The web server's port cannot be used."""

    def __init__(self, port: int, error: Exception) -> None:
        super().__init__(f"Port {port} cannot be used ({error}). Choose another: make demo PORT={port + 1}")


def main(project: Path, folder: Path, port: int, devices: int, latency_ms: int) -> int:
    """Run the demo until it is told to stop; returns the exit code.

    `project` is the folder of manage.py, `folder` the one for the demo's files.
    """
    try:
        with contextlib.suppress(Stopped), stoppable(), alone(folder, port) as (open_door, server, url):
            plan = Plan(project, folder, url)
            run(plan, plan.sandbox(devices, latency_ms), server, open_door)
    except (Taken, PortTaken, NoRedis, Failed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    say("Stopped.")
    return 0


def run(plan: Plan, sandbox: Part, server: PrivateRedis | None, open_door: socket.socket) -> None:
    """Start the parts, each when what it needs is there, and watch over them."""
    say("Starting…")
    supervisor = Supervisor(say)
    first = [sandbox] + ([plan.redis(server)] if server else [])
    try:
        supervisor.start(*first)
        supervisor.run_once(plan.preparation())
        supervisor.wait_for(*first)
        tell(plan.tenants_file, plan.tenants())
        web = plan.web(open_door)
        supervisor.start(web)
        supervisor.wait_for(web)
        supervisor.start(plan.worker(), plan.beat())
        address = f"http://{HOST}:{open_door.getsockname()[1]}"
        say(signins.table(address, json.loads(plan.sandbox_file.read_text())))
        supervisor.watch()
    finally:
        plan.tenants_file.unlink(missing_ok=True)
        supervisor.stop()


@contextlib.contextmanager
def alone(folder: Path, port: int) -> Iterator[tuple[socket.socket, PrivateRedis | None, str]]:
    """What this demo has for itself: its folder, its port, and the Redis with its address."""
    with locked(folder, f"http://{HOST}:{port}"), door(port) as open_door, redis(folder) as (server, url):
        yield open_door, server, url


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[tuple[PrivateRedis | None, str]]:
    """The Redis to use and its address: the environment's, else a private one, told to other commands too."""
    if url := os.environ.get("REDIS_URL"):
        yield None, url
        return
    server = PrivateRedis.within(folder / "redis")
    told = folder / "redis.url"
    tell(told, server.url)
    try:
        yield server, server.url
    finally:
        told.unlink(missing_ok=True)
        server.remove()


def tell(path: Path, words: str) -> None:
    """Leave `words` for other commands of the same user."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(words)


@contextlib.contextmanager
def door(port: int) -> Iterator[socket.socket]:
    """The socket that the web server will serve; raises `PortTaken` when the port is not free."""
    try:
        listening = socket.create_server((HOST, port), backlog=512)
    except (OSError, OverflowError) as error:
        raise PortTaken(port, error) from None
    with listening:
        yield listening


def say(words: str) -> None:
    """Tell the person in front of the screen, who may have gone."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _, given_project, given_folder, *numbers = sys.argv
    sys.exit(main(Path(given_project), Path(given_folder), *map(int, numbers)))
