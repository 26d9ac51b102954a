"""Whatever a server sends: it is understood, or fails cleanly, in time, and spoils no other request."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdk import C8yError, Connector, CumulocityClient, RetryPolicy, Unreachable

LIMIT = 100_000
PATIENCE = 0.25
DOCUMENT = {"a": [1, "ü", None], "text": "x" * 300}


@dataclass(frozen=True)
class Script:
    """An answer in the pieces it is sent in; ``honest`` ones must be understood by our own adapter."""

    pieces: tuple[bytes, ...]
    closes: bool
    honest: bool


class Hostile:
    """Answers /fuzz by its script, and anything else with the path it was asked for."""

    def __init__(self) -> None:
        self.script = Script((), closes=True, honest=False)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            buffered = b""
            while True:
                while b"\r\n\r\n" not in buffered:
                    received = sock.recv(65536)
                    if not received:
                        return
                    buffered += received
                head, _, buffered = buffered.partition(b"\r\n\r\n")
                path = head.split(b" ")[1]
                if path == b"/fuzz":
                    for piece in self.script.pieces:
                        sock.sendall(piece)
                    if self.script.closes:
                        return
                else:
                    body = json.dumps({"path": path.decode()}).encode()
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    server = Hostile()
    yield server
    server.close()


INTERIM = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 2,
        b"HTTP/1.1 102 Processing\r\n\r\n",
    ]
)
STATUS = st.sampled_from(
    [b"200 OK", b"201 Created", b"404 Not Found", b"500 Oops", b"204 No Content", b"200"]
)
ODD_HEADERS = st.lists(
    st.sampled_from(
        [
            b"X-Folded: one\r\n two",
            b"X-Folded: one\r\n\ttwo\r\n three",
            b"X-Long: " + b"y" * 70_000,
            b"X-Huge: " + b"z" * 1_200_000,
            b"X-Latin: \xe4\xf6",
            b"X-Nul: a\x00b",
            b"No colon here",
            b": no name",
            b"X Space: x",
            b"Content-Length: 3",
            b"Content-Length: -1",
            b"Content-Length: 99999999999999999999",
            b"Content-Length: 2, 2",
            b"Transfer-Encoding: gzip, chunked",
            b"Transfer-Encoding: identity",
            b"Content-Encoding: br",
            b"Content-Encoding: gzip",
            b"Connection: close",
            b"Connection: upgrade\r\nUpgrade: websocket",
            b"Set-Cookie: authorization=x; Path=/",
            *[b"X-Many: x"] * 2,
        ]
    ),
    max_size=3,
)


def chunked(body: bytes, sizes: list[int], end: bytes) -> bytes:
    found, at = b"", 0
    for size in [*sizes, len(body)]:
        piece = body[at : at + size]
        at += len(piece)
        if piece:
            found += b"%x;name=value\r\n%b\r\n" % (len(piece), piece)
    return found + end


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, bool, bool]:
    """The bytes of an answer, whether the server closes after it, and whether it is honest."""
    status = draw(STATUS)
    body = json.dumps(DOCUMENT).encode()
    headers: list[bytes] = []
    kind = draw(st.sampled_from(["plain", "plain", "gzip", "bomb", "garbage"]))
    if kind in {"gzip", "bomb"}:
        body = gzip.compress(body if kind == "gzip" else b"0" * 20 * LIMIT)
        headers.append(b"Content-Encoding: gzip")
    elif kind == "garbage":
        body = draw(st.binary(max_size=200))
    framing = draw(st.sampled_from(["length", "length", "chunked", "chunked", "wrong", "none", "bad chunks"]))
    sizes = draw(st.lists(st.integers(1, 400), max_size=5))
    if framing in {"length", "wrong"}:
        length = len(body) + (draw(st.integers(-3, 3).filter(bool)) if framing == "wrong" else 0)
        headers.append(b"Content-Length: %d" % length)
    elif framing != "none":
        headers.append(b"Transfer-Encoding: chunked")
        ends = [b"0\r\n\r\n", b"0\r\nX-Trailer: t\r\n\r\n"]
        bad = [b"", b"zz\r\n\r\n", b"ffffffffffffffffff\r\nx", b"-1\r\n\r\n", b"0\r\n"]
        body = chunked(body, sizes, draw(st.sampled_from(ends if framing == "chunked" else bad)))
    odd = draw(ODD_HEADERS)
    interim = draw(INTERIM)
    head = b"\r\n".join([b"HTTP/1.1 " + status, *headers, *odd])
    honest = (
        kind in {"plain", "gzip"} and framing in {"length", "chunked"} and not odd and status == b"200 OK"
    )
    return interim + head + b"\r\n\r\n" + body, framing == "none" or draw(st.booleans()), honest


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """An answer, perhaps cut, altered or followed by something, in random pieces."""
    raw, closes, honest = draw(answers())
    change = draw(st.sampled_from(["", "", "", "cut", "alter", "surplus"]))
    if change == "cut":
        raw = raw[: draw(st.integers(0, len(raw)))]
    elif change == "alter" and raw:
        at = draw(st.integers(0, min(len(raw), 400) - 1))
        raw = raw[:at] + draw(st.binary(min_size=1, max_size=3)) + raw[at + 1 :]
    elif change == "surplus":
        stolen = b'{"path": "/stolen"}'
        raw += b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(stolen), stolen)
    # A surplus travels with what is before it: one that comes later no client could tell from an answer.
    latest = len(raw) if change != "surplus" else max(0, len(raw) - 400)
    cuts = sorted(draw(st.lists(st.integers(0, latest), max_size=6)))
    edges = [0, *cuts, len(raw)]
    pieces = tuple(raw[start:end] for start, end in itertools.pairwise(edges))
    return Script(pieces, closes, honest and not change)


def asked(c8y: CumulocityClient, path: str) -> Any:
    try:
        return c8y.get(path)
    except C8yError as problem:
        return problem


@pytest.mark.parametrize("stock", [False, True], ids=["own", "stock"])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=scripts(), warm=st.booleans())
def test_no_answer_hangs_or_leaks_into_another_request(
    hostile: Hostile, stock: bool, script: Script, warm: bool
) -> None:
    hostile.script = script
    connector = Connector(max_body=LIMIT, stock=stock)
    c8y = CumulocityClient(
        hostile.url,
        "t1",
        None,
        connector_factory=lambda: connector,
        retry=RetryPolicy.none(),
        timeout=(2, PATIENCE),
        deadline=2,
    )
    if warm:
        assert c8y.get("/before") == {"path": "/before"}
    started = time.monotonic()
    found = asked(c8y, "/fuzz")
    assert time.monotonic() - started < 10 * PATIENCE
    if script.honest and not (stock and b" 10" in b"".join(script.pieces)[:13]):
        assert found == DOCUMENT
    first = asked(c8y, "/first")
    # Bytes that trail in late may break the next exchange, but never answer it.
    assert isinstance(first, Unreachable) or first == {"path": "/first"}
    assert asked(c8y, "/second") == {"path": "/second"}
    connector.close()


@pytest.mark.parametrize("stock", [False, True], ids=["own", "stock"])
def test_threads_keep_their_answers_apart_while_others_are_broken(hostile: Hostile, stock: bool) -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{}"
    hostile.script = Script((whole,), closes=True, honest=False)
    connector = Connector(max_body=LIMIT, stock=stock)
    c8y = CumulocityClient(
        hostile.url, "t1", None, connector_factory=lambda: connector, retry=RetryPolicy.none()
    )
    wrong: list[Any] = []

    def work(number: int) -> None:
        for turn in range(30):
            path = f"/{number}/{turn}"
            if turn % 3 == 0:
                wrong.extend([one] if not isinstance(one := asked(c8y, "/fuzz"), C8yError) else [])
            wrong.extend([one] if (one := asked(c8y, path)) != {"path": path} else [])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    connector.close()
    assert wrong == []
