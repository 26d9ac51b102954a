"""`python -m tests.bench.streams COUNT`: what so many open streams cost a web server, and how late news is.

The server is the product's own, whose streams are open to whoever names a session. News for all of them is
published ten times; a stream is as late as the signal is when its browser has it.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from c8yadmin.demo.plan import free_port, healthy
from c8yadmin.demo.redis import PrivateRedis
from c8yadmin.live import channels

ROUNDS = 10
TOPIC = "acme/everybody"


@contextmanager
def server(folder: Path, streams: int) -> Iterator[tuple[int, int, str]]:
    """A web server with a Redis: its process, its port, and the address of Redis."""
    private, port = PrivateRedis.within(folder / "redis"), free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.live.settings",
        "C8YADMIN_DATA_DIR": str(folder),
        "C8YADMIN_LIVE_STREAMS": str(streams),
        "C8YADMIN_LOG_LEVEL": "WARNING",
        "DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}",
        "REDIS_URL": private.url,
    }
    environment.setdefault("MALLOC_ARENA_MAX", "2")
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True)
    with (
        subprocess.Popen(private.command, stdout=subprocess.DEVNULL) as queue,
        subprocess.Popen([*manage, "serve", "--port", str(port)], env=environment) as web,
    ):
        try:
            wait_until(lambda: healthy(port))
            yield web.pid, port, private.url
        finally:
            web.kill()
            queue.kill()
            private.remove()


def wait_until(holds: object, seconds: float = 30) -> None:
    """Wait until `holds()`; give up after so many seconds."""
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        if time.monotonic() > end:
            raise SystemExit("The server did not start.")
        time.sleep(0.05)


def resident(pid: int) -> float:
    """The resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Crowd:
    """So many browsers, each with a session of its own, in one thread."""

    def __init__(self, port: int, count: int) -> None:
        self.selector = selectors.DefaultSelector()
        self.late: list[float] = []
        for number in range(count):
            browser = socket.create_connection(("127.0.0.1", port))
            browser.sendall(
                b"GET /events?tenant=acme HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
                b"Cookie: c8yadmin=session-%d\r\n\r\n" % number
            )
            self.selector.register(browser, selectors.EVENT_READ)
        self.count = count

    def hear(self, words: bytes, since: float, seconds: float = 30) -> int:
        """Read until every browser has got `words`; how many have."""
        waiting = {key.fileobj for key in self.selector.get_map().values()}
        end = time.monotonic() + seconds
        while waiting and time.monotonic() < end:
            for key, _ in self.selector.select(timeout=0.5):
                browser = key.fileobj
                assert isinstance(browser, socket.socket)
                if words in browser.recv(65536):
                    waiting.discard(browser)
                    self.late.append(time.monotonic() - since)
        return self.count - len(waiting)


def main() -> None:
    """Print `rss` of the server before, `full` with all streams open, and seconds of `p50` and `p99`."""
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), count) as (pid, port, url):
        found = {"rss": resident(pid)}
        crowd = Crowd(port, count)
        if (opened := crowd.hear(b"event: ping", time.monotonic())) != count:
            raise SystemExit(f"{opened} instead of {count} streams opened")
        crowd.late.clear()
        with redis.Redis.from_url(url) as queue:
            for version in range(ROUNDS):
                began = time.monotonic()
                queue.publish(channels.jobs(TOPIC), json.dumps({"job": "7", "v": version}))
                if (heard := crowd.hear(b"event: job", began)) != count:
                    raise SystemExit(f"{heard} of {count} heard the news")
                time.sleep(0.5)
        found["full"] = resident(pid)
        percentiles = statistics.quantiles(crowd.late, n=100)
        found |= {"p50": percentiles[49], "p99": percentiles[98]}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
