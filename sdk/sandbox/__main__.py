"""`python -m sdk.sandbox`: run the sandbox alone."""

from __future__ import annotations

import argparse

from sdk.sandbox.faults import PROFILES
from sdk.sandbox.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sdk.sandbox", description="An in-memory Cumulocity tenant."
    )
    parser.add_argument("--port", type=int, default=8001, help="port on 127.0.0.1 (8001)")
    parser.add_argument("--devices", type=int, default=1000, help="devices of tenant acme (1000)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same data (7)")
    parser.add_argument(
        "--live", action=argparse.BooleanOptionalAction, default=True, help="let the devices act"
    )
    parser.add_argument("--latency-ms", type=float, default=0.0, help="delay of each answer (0)")
    parser.add_argument("--faults", choices=sorted(PROFILES), default="none", help="profile of faults (none)")
    parser.add_argument("--ready-file", help="JSON file to write when it listens")
    parser.add_argument("--tls-port", type=int, help="port for TLS, where devices show certificates (none)")
    options = parser.parse_args()
    try:
        serve(
            options.port,
            options.devices,
            options.seed,
            live=options.live,
            latency_ms=options.latency_ms,
            faults=options.faults,
            ready_file=options.ready_file,
            tls_port=options.tls_port,
        )
    except (OSError, OverflowError, ValueError) as error:
        parser.exit(1, f"The sandbox cannot run: {error}\n")


if __name__ == "__main__":
    main()
