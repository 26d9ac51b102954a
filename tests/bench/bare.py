"""`python -m tests.bench.bare URL COUNT`: one GET after the other over a socket, without any client."""

from __future__ import annotations

import json
import socket
import statistics
import sys
import time
from urllib.parse import urlsplit

from tests.bench.objects import COLLECTION
from tests.bench.processes import CLIENT, pin

LARGEST_ANSWER = 16 * 1024


def exchange(sock: socket.socket, request: bytes) -> float:
    """The seconds of one request and its answer; the answers are so small that they arrive in one piece."""
    begun = time.perf_counter()
    sock.sendall(request)
    answer = sock.recv(LARGEST_ANSWER)
    seconds = time.perf_counter() - begun
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"}")
    return seconds


def main() -> None:
    """Print the median."""
    address, count = urlsplit(sys.argv[1]), int(sys.argv[2])
    pin(CLIENT)
    request = f"GET {COLLECTION}/10000 HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    with socket.create_connection((address.hostname, address.port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seconds = [exchange(sock, request) for _ in range(count)]
    sys.stdout.write(json.dumps({"median": statistics.median(seconds)}))


if __name__ == "__main__":
    main()
