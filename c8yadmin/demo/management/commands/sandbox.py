"""`manage.py sandbox`: the sandbox tenants alone, for those who try a client against them."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from django.core.management import BaseCommand

from sdk.sandbox.faults import PROFILES
from sdk.sandbox.server import serve


class Command(BaseCommand):
    help = "Serve two in-memory Cumulocity tenants on 127.0.0.1, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--devices", type=int, default=1000, help="of the tenant acme")
        parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same data")
        parser.add_argument("--live", action=BooleanOptionalAction, default=True, help="the devices act")
        parser.add_argument("--latency-ms", type=float, default=0.0, help="delay of each answer")
        parser.add_argument("--faults", choices=sorted(PROFILES), default="none", help="what goes wrong")
        parser.add_argument("--ready-file", help="JSON file to write when it listens")
        parser.add_argument("--tls-port", type=int, help="port for TLS, where devices show certificates")

    def handle(self, *args: Any, port: int, devices: int, seed: int, **options: Any) -> None:
        choices = {name: options[name] for name in ("live", "latency_ms", "faults", "ready_file", "tls_port")}
        if not options["ready_file"]:
            self.stdout.write(f"Serving on http://127.0.0.1:{port}; Ctrl-C stops it.")
        serve(port, devices, seed, **choices)
