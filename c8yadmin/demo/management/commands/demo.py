"""`manage.py demo`: everything on this machine, with sandbox tenants to try."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command

from c8yadmin.demo import assets


class Command(BaseCommand):
    help = "Run Redis, two sandbox tenants, the web server, a worker and the clock of the jobs, until Ctrl-C."
    requires_system_checks: list[str] = []  # the web server runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web server, on 127.0.0.1")
        parser.add_argument("--devices", type=int, default=1000, help="in the sandbox tenant acme")
        parser.add_argument(
            "--latency-ms", type=int, default=0, help="what each call to a sandbox takes longer"
        )
        parser.add_argument("--prepare", action="store_true", help="only bring database and files up to date")

    def handle(
        self, *args: Any, port: int, devices: int, latency_ms: int, prepare: bool, **options: Any
    ) -> None:
        assets.check()
        if prepare:
            call_command("migrate", interactive=False, verbosity=0)
            assets.collect()
            return
        # A process without Django takes over: it stays for as long as the demo runs, and needs little memory.
        words = [settings.BASE_DIR, settings.DATA_DIR, port, devices, latency_ms]
        command = [sys.executable, "-m", "c8yadmin.demo", *map(str, words)]
        os.chdir(settings.BASE_DIR)
        os.execve(sys.executable, command, environment())  # noqa: S606


def environment() -> dict[str, str]:
    """This process's environment, with what it left to files as values, for the supervisor to build upon."""
    values = {"C8YADMIN_TENANTS": json.dumps(settings.TENANTS), "REDIS_URL": settings.REDIS_URL}
    given = {name: value for name, value in values.items() if {name, f"{name}_FILE"} & os.environ.keys()}
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in given}
    return kept | given
