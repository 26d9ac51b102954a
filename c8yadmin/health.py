"""`python -m c8yadmin.health`: exit code 0 when this container's web server and its database answer."""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException


def main(port: int = 8000) -> int:
    """Ask the server on `port` under a host name that it accepts; returns the exit code."""
    host = os.environ.get("C8YADMIN_ALLOWED_HOSTS", "localhost").split(",")[0].lstrip(".*") or "localhost"
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return int(connection.getresponse().status != 200)
    except (OSError, HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
