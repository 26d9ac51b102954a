"""`manage.py demo`: everything on this machine, with sandbox tenants to try."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections

from c8yadmin.demo import assets, signins
from c8yadmin.demo.folder import Taken, locked
from c8yadmin.demo.plan import HOST, Plan
from c8yadmin.demo.redis import NoRedis, PrivateRedis
from c8yadmin.demo.supervisor import Failed, Stopped, Supervisor, stoppable


class Command(BaseCommand):
    help = "Run Redis, two sandbox tenants, the web server, a worker and the clock of the jobs, until Ctrl-C."
    requires_system_checks: list[str] = []  # the web server runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web server, on 127.0.0.1")
        parser.add_argument("--devices", type=int, default=1000, help="in each sandbox tenant")

    def handle(self, *args: Any, port: int, devices: int, **options: Any) -> None:
        address = f"http://{HOST}:{port}"
        folder: Path = settings.DATA_DIR
        try:
            with contextlib.suppress(Stopped), stoppable(), locked(folder, address), door(port) as open_door:
                self._run(folder, open_door, devices, address)
        except (Taken, NoRedis, Failed) as error:
            raise CommandError(str(error)) from None
        self.stdout.write("Stopped.")

    def _run(self, folder: Path, open_door: socket.socket, devices: int, address: str) -> None:
        self.stdout.write("Starting…")
        supervisor = Supervisor(self.stdout.write)
        with redis(folder) as (server, url):
            plan = Plan(folder, url)
            try:
                first = [plan.sandbox(devices)] + ([plan.redis(server)] if server else [])
                supervisor.start(*first)
                prepare()
                supervisor.wait_for(*first)
                web = plan.web(open_door)
                supervisor.start(web)
                supervisor.wait_for(web)
                supervisor.start(plan.worker(), plan.beat())
                self.stdout.write(signins.table(address, json.loads(plan.tenants.read_text())))
                supervisor.watch()
            finally:
                supervisor.stop()


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[tuple[PrivateRedis | None, str]]:
    """The Redis to use and its address: the environment's, else a private one, told to other commands too."""
    if url := os.environ.get("REDIS_URL"):
        yield None, url
        return
    server = PrivateRedis.within(folder / "redis")
    told = settings.REDIS_URL_FILE
    told.unlink(missing_ok=True)
    told.touch(mode=0o600)
    told.write_text(server.url)
    try:
        yield server, server.url
    finally:
        told.unlink(missing_ok=True)
        server.remove()


@contextlib.contextmanager
def door(port: int) -> Iterator[socket.socket]:
    """The socket that the web server will serve; raises CommandError when the port is not free."""
    try:
        listening = socket.create_server((HOST, port), backlog=512)
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"Port {port} cannot be used ({error}). Choose another: make demo PORT={port + 1}"
        ) from None
    with listening:
        yield listening


def prepare() -> None:
    """Bring the database and the browser's files up to date."""
    call_command("migrate", interactive=False, verbosity=0)
    connections.close_all()
    assets.collect()
