"""Browsers that do not read what they are told: what they cost, and how their streams end."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from c8yadmin.live import channels, publish
from c8yadmin.live.stream import Stream
from tests.live.conftest import Live
from tests.processes import eventually

HEAD = b"Host: x\r\nCookie: c8yadmin=alice\r\n\r\n"
REQUEST = b"GET /events?tenant=acme HTTP/1.1\r\n" + HEAD
ALICE = channels.fingerprint("alice")
LONG = 2_000  # characters in the longest of these words

pytestmark = pytest.mark.stream("S4")


@contextmanager
def deaf(live: Live, *requests: bytes) -> Iterator[Stream]:
    """A stream of Alice's whose browser reads nothing, not even what it asked for before."""
    with socket.socket() as browser:
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        browser.connect(("127.0.0.1", live.port))
        browser.sendall(b"".join((*requests, REQUEST)))
        eventually(lambda: any(stream.session == ALICE for stream in live.hub.streams))
        stream = next(stream for stream in live.hub.streams if stream.session == ALICE)
        # The machine would take megabytes for a browser; of a test's time they would take a minute.
        stream._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1024)
        yield stream


def fill(stream: Stream) -> None:
    """Tell `stream` more than the machine takes of what its browser does not read."""

    def told() -> bool:
        publish.signal("acme/alice", {"job": "x" * LONG, "v": 1})
        return stream.held_up

    eventually(told, 20)


def test_a_reader_that_does_not_read_delays_nobody_and_holds_no_more_than_its_share(live: Live) -> None:
    tab = live.tab("bob")
    with deaf(live) as stream:
        for number in range(2000):
            publish.signal("acme/alice", {"job": str(number), "v": 1})
        publish.signal("acme/bob", {"job": "7", "v": 1})
        before = time.monotonic()
        assert tab.next()["job"] == "7"
        assert time.monotonic() - before < 1
        assert len(stream.pending) <= stream.limit


@pytest.mark.parametrize("end", ["age", "sign-out", "shutdown"])
def test_a_reader_that_does_not_read_is_ended_in_time_too(live: Live, settings: Settings, end: str) -> None:
    with deaf(live) as stream:
        fill(stream)
        match end:
            case "age":
                settings.LIVE_MAX_SECONDS = 0.1
            case "sign-out":
                publish.bye("alice")
            case "shutdown":
                stream.shutdown()
        eventually(lambda: not live.hub.streams)
        eventually(lambda: not live.connections)


def test_what_waits_for_a_reader_that_does_not_read_is_little(live: Live) -> None:
    with deaf(live) as stream:
        fill(stream)
        assert stream._transport.get_write_buffer_size() < 4 * LONG


def test_a_reader_that_has_not_read_its_last_page_is_told_nothing_yet(live: Live) -> None:
    with deaf(live, b"GET /large HTTP/1.1\r\n" + HEAD) as stream:
        assert stream.held_up
        publish.signal("acme/alice", {"job": "7", "v": 1})
        eventually(lambda: stream.pending)
        time.sleep(0.5)
        assert stream.pending == {"7": 1}
