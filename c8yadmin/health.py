"""`python -m c8yadmin.health [PORT]`: exit code 0 when this container's server and its database answer."""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException


def main(port: int = 8000) -> int:
    """Ask the server on `port`; returns the exit code."""
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/healthz")
        return int(connection.getresponse().status != 200)
    except (OSError, HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
