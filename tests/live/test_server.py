"""`manage.py serve`: what the server itself refuses, survives and does when it is told to stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPMessage, HTTPResponse
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from c8yadmin import health
from c8yadmin.demo.plan import free_port, healthy
from tests.bench.processes import told
from tests.live.browser import Tab
from tests.processes import eventually

MEGABYTE = 1024 * 1024
pytestmark = pytest.mark.xdist_group("server")


class Answer(NamedTuple):
    status: int
    text: str
    headers: HTTPMessage


class Server:
    """The console as its own process."""

    def __init__(self, folder: Path, redis_url: str, **settings: str) -> None:
        self.port = free_port()
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.live.settings",
            "C8YADMIN_DATA_DIR": str(folder),
            "REDIS_URL": redis_url,
            **settings,
        }
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "migrate", "--verbosity=0"], env=environment, check=True)
        self.process = subprocess.Popen([*manage, "serve", "--port", str(self.port)], env=environment)
        eventually(lambda: healthy(self.port))

    def say(self, *words: bytes) -> Answer:
        """Send `words` over one connection, and hear the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            for word in words:
                connection.sendall(word)
            response = HTTPResponse(connection)
            response.begin()
            return Answer(response.status, response.read().decode(), response.headers)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Tell it to stop; the seconds that it took."""
        before = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(20)
        return time.monotonic() - before


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("served"), redis_url)
    yield server
    server.stop()


def test_the_server_says_that_it_is_well_but_not_what_it_is(server: Server) -> None:
    answer = server.say(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.status == 200
    assert "server" not in answer.headers


def test_the_health_check_of_the_image_tells_a_running_server_from_none(server: Server) -> None:
    assert health.main(server.port) == 0
    assert health.main(free_port()) == 1


@pytest.mark.parametrize("path", ["/sign-in/", f"/t/acme/import/inventory/{UUID(int=1)}/", "/no/such/page"])
def test_a_body_that_is_announced_as_too_large_is_refused_before_it_is_read(
    server: Server, path: str
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {11 * MEGABYTE}\r\n\r\n"
    assert server.say(head.encode())[:2] == (413, "A request may carry 10.0 MB at most.")


def test_a_file_for_an_import_may_be_larger_and_beyond_its_limit_a_page_says_so(server: Server) -> None:
    kind = b"Content-Type: multipart/form-data; boundary=x\r\nCookie: csrftoken=%b\r\n" % (b"a" * 32)
    head = b"POST /t/acme/import/inventory/ HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: %d\r\n\r\n"
    announced = server.say(head % (kind, 200 * MEGABYTE))
    assert announced.status == 413
    assert "It has 209.7 MB; at most 64.0 MB are taken." in announced.text
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    body = [part, *[b"x" * MEGABYTE] * 20, b"\r\n--x--\r\n"]
    assert server.say(head % (kind, sum(map(len, body))), *body).status == 403  # read, but without its token


def test_a_body_of_unknown_length_is_refused_as_soon_as_it_is_too_large(server: Server) -> None:
    head = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n" % MEGABYTE + b"x" * MEGABYTE + b"\r\n"
    with pytest.raises(ConnectionError):
        server.say(head, *[chunk] * 30)
    assert healthy(server.port)


def test_senders_that_never_finish_keep_no_page_from_being_served(server: Server) -> None:
    head = b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    for connection in slow:
        connection.sendall(head)
    assert healthy(server.port)
    for connection in slow:
        connection.close()


@pytest.mark.parametrize("query", [b"q=\xff\xfe", "q=Gerät".encode(), b"q=%ff", b"q=%", b"q=a&q"])
def test_any_bytes_in_a_query_string_get_an_answer(server: Server, query: bytes) -> None:
    answer = server.say(b"GET /sign-in/?" + query + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.status < 500


def test_a_header_that_only_looks_like_the_proxys_is_not_believed(tmp_path: Path, redis_url: str) -> None:
    server = Server(tmp_path, redis_url, C8YADMIN_HTTPS="true", C8YADMIN_BEHIND_PROXY="true")
    answers = {
        name: server.say(b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\n" + name + b": https\r\n\r\n").status
        for name in (b"X-Forwarded-Proto", b"X_Forwarded_Proto", b"X-Forwarded_Proto")
    }
    server.stop()
    assert list(answers.values()) == [200, 301, 301]


def test_a_websocket_is_declined(server: Server) -> None:
    answer = server.say(
        b"GET /events?tenant=acme HTTP/1.1\r\nHost: localhost\r\nCookie: c8yadmin=alice\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert answer[:2] == (400, "Only server-sent events are spoken here, no WebSocket.")


def test_another_event_loop_is_not_taken_because_it_is_there(tmp_path: Path, redis_url: str) -> None:
    (tmp_path / "uvloop.py").write_text("raise SystemExit('uvloop was imported')\n")
    path = os.pathsep.join((str(tmp_path), *filter(None, sys.path)))
    server = Server(tmp_path, redis_url, PYTHONPATH=path)
    tab = Tab(server.port)
    assert tab.next("ping") == {}
    server.stop()
    tab.close()


def last(tab: Tab) -> dict[str, str]:
    """What a stream says before it ends."""
    words: dict[str, str] = {}
    while event := tab.read():
        words = event
    return words


@pytest.mark.stream("S12")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_with_open_streams_stops_at_once_and_says_goodbye(
    tmp_path: Path, redis_url: str, number: signal.Signals
) -> None:
    server = Server(tmp_path, redis_url, C8YADMIN_LIVE_STREAMS="500")
    tabs = [Tab(server.port, session=f"session-{n}") for n in range(500)]
    for tab in tabs:
        tab.next("ping")
    assert server.stop(number) < 5
    farewells = [last(tab) for tab in tabs]
    assert {farewell["data"] for farewell in farewells} == {'{"reason":"restart"}'}
    assert len({farewell["retry"] for farewell in farewells}) > 10, "all would come back at once"
    for tab in tabs:
        tab.close()


@pytest.mark.slow
@pytest.mark.stream("S10")
def test_two_thousand_streams_are_cheap_and_hear_the_news_within_a_second() -> None:
    found = told("streams", 2000)
    assert found["p99"] < 1
    assert (found["full"] - found["rss"]) * 1024 / 2000 < 8  # KB for each
    assert found["full"] <= 100  # MB
