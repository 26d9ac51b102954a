"""`python -m tests.bench.canned COUNT CORE`: a tenant of ready-made answers, quicker than any client.

It lists `COUNT` objects in pages; where it is asked for `my_Number lt N` in the order of ids, it lists N,
however large, as what comes after an id. It answers each POST, PUT and DELETE as the platform does: with a
body only when the request accepts one. It prints its port, and ends when its standard input does. The user
name of a request tells how long its answer takes: `still` at once, `steady` 20 ms, `jitter` 10 ms and then a
time drawn from an exponential distribution with a mean of 10 ms.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import itertools
import math
import random
import re
import select
import selectors
import sys
from collections.abc import Iterator

from tests.bench.objects import COLLECTION, FIRST_ID, encoded
from tests.bench.processes import pin

LATENCY = 0.02
STILL, STEADY, JITTER = "still", "steady", "jitter"
HEADERS = (
    "Server: nginx\r\nDate: Fri, 20 Nov 2026 10:00:00 GMT\r\nConnection: keep-alive\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\nX-Content-Type-Options: nosniff\r\n"
    "Cache-Control: no-cache, no-store\r\nPragma: no-cache\r\nVary: Origin\r\n"
)
KIND = "Content-Type: application/vnd.com.nsn.cumulocity.managedobject+json;charset=UTF-8\r\n"
BEYOND = re.compile(rb"_id(?:%20|\+)gt(?:%20|\+)(?:%27|')?(\d+)")
LIMIT = re.compile(rb"my_Number(?:%20|\+)lt(?:%20|\+)(\d+)")
NUMBERS = re.compile(rb"[?&](pageSize|currentPage)=(\d+)")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ACCEPTS = re.compile(rb"\r\naccept: *\S", re.IGNORECASE)
Parts = tuple[bytes | memoryview, ...]


def head(status: str, length: int, more: str = "") -> bytes:
    """Everything of an answer before its body."""
    return f"HTTP/1.1 {status}\r\n{HEADERS}{more}Content-Length: {length}\r\n\r\n".encode()


def jitter() -> Iterator[float]:
    """Seconds that repeat after a thousand, so that their mean is exact: 10 ms and an exponential part."""
    drawn = [LATENCY / 2 * (1 - math.log(1 - (step + 0.5) / 1000)) for step in range(1000)]
    random.Random(7).shuffle(drawn)  # noqa: S311 - repeatable
    return itertools.cycle(drawn)


class Answers:
    """What each request is answered with."""

    def __init__(self, count: int) -> None:
        self._starts, size = [], 0
        rows = [encoded(number) for number in range(count)]
        for row in rows:
            self._starts.append(size)
            size += len(row) + 1
        self._starts.append(size)
        self._rows = memoryview(b",".join(rows))
        self._count = count
        self._rests = [row[row.index(b'","self') :] for row in rows[:2000]]
        body = encoded(0)
        self._one: Parts = (head("200 OK", len(body), KIND) + body,)
        place = f"Location: https://acme.example.com{COLLECTION}/{FIRST_ID}\r\n"
        self._created: dict[bool, Parts] = {
            True: (head("201 Created", len(body), KIND + place) + body,),
            False: (head("201 Created", 0, place),),
        }
        self._updated: dict[bool, Parts] = {True: self._one, False: (head("200 OK", 0),)}
        self._gone: Parts = (head("204 No Content", 0),)

    def to(self, request: bytes) -> Parts:
        """The answer to a request's head."""
        method, target, _ = request.split(b" ", 2)
        if method == b"GET":
            return self._one if b"managedObjects/" in target else self._page(target)
        if method == b"DELETE":
            return self._gone
        answers = self._created if method == b"POST" else self._updated
        return answers[ACCEPTS.search(request) is not None]

    def _after(self, limit: int, target: bytes) -> Parts:
        """The next rows in the order of ids; made as they are asked for, so that there can be millions."""
        beyond = BEYOND.search(target)
        first = int(beyond[1]) - FIRST_ID + 1 if beyond else 0
        asked = {name: int(value) for name, value in NUMBERS.findall(target)}
        ids = range(FIRST_ID + first, FIRST_ID + min(limit, first + asked.get(b"pageSize", 5)))
        rows = b",".join(
            b'{"id":"%d%b' % (id, self._rests[place % len(self._rests)]) for place, id in enumerate(ids)
        )
        more = first + len(ids) < limit
        tail = b'],%b"statistics":{"currentPage":1}}' % (
            b'"next":"https://acme.example.com/",' if more else b""
        )
        start = b'{"managedObjects":['
        return head("200 OK", len(start) + len(rows) + len(tail), KIND) + start, rows, tail

    def _page(self, target: bytes) -> Parts:
        if limit := LIMIT.search(target):
            return self._after(int(limit[1]), target)
        asked = {name: int(value) for name, value in NUMBERS.findall(target)}
        size, number = asked.get(b"pageSize", 5), asked.get(b"currentPage", 1)
        first, last = (min(at * size, self._count) for at in (number - 1, number))
        rows = self._rows[self._starts[first] : max(self._starts[first], self._starts[last] - 1)]
        link = f"https://acme.example.com{COLLECTION}?pageSize={size}&currentPage={number + 1}"
        following = f'"next":"{link}",' if last < self._count else ""
        pages = -(-self._count // size)
        counts = f'"totalElements":{self._count},"totalPages":{pages},'
        tail = f'],{following}"statistics":{{{counts}"currentPage":{number},"pageSize":{size}}}}}'.encode()
        start = b'{"managedObjects":['
        return head("200 OK", len(start) + len(rows) + len(tail), KIND) + start, rows, tail


class Connection(asyncio.Protocol):
    """One client's connection; a request follows its predecessor's answer."""

    def __init__(self, answers: Answers, delays: dict[bytes, Iterator[float]]) -> None:
        self._answers, self._delays = answers, delays
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = LENGTH.search(self._received, 0, end)
        if len(self._received) < end + 4 + (int(length[1]) if length else 0):
            return
        request, self._received = self._received[:end], b""
        delay = next((next(drawn) for mark, drawn in self._delays.items() if mark in request), 0.0)
        if delay:
            asyncio.get_running_loop().call_later(delay, self._send, self._answers.to(request))
        else:
            self._send(self._answers.to(request))

    def _send(self, parts: Parts) -> None:
        for part in parts:
            self._transport.write(part)


class Punctual(selectors.EpollSelector):
    """Waits as long as asked: epoll alone counts in whole milliseconds, which would make each answer late."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout > 0:
            select.select([self.fileno()], [], [], timeout)
            timeout = 0
        return super().select(timeout)


def credentials(user: str) -> bytes:
    """What the header of a user of tenant `acme` holds."""
    return base64.b64encode(f"acme/{user}:secret".encode())


async def serve(count: int) -> None:
    """Answer until standard input ends."""
    answers = Answers(count)
    gc.freeze()
    delays = {credentials(STEADY): itertools.repeat(LATENCY), credentials(JITTER): jitter()}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers, delays), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """See the top of the file."""
    count, core = (int(argument) for argument in sys.argv[1:])
    pin(core)
    loop = asyncio.SelectorEventLoop(Punctual())
    loop.run_until_complete(serve(count))


if __name__ == "__main__":
    main()
