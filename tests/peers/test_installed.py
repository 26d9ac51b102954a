"""The clients that the tests of this folder need."""

from __future__ import annotations

from tests.peers.running import missing, missing_python_clients


def test_the_python_clients_are_installed() -> None:
    absent = missing_python_clients()
    if absent:
        missing(f"NO TESTS WITH {' AND '.join(absent)}: run `make peers`.")
