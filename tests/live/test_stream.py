"""The stream: signals in, frames out, to those alone who may hear them."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from c8yadmin.live import channels, publish
from c8yadmin.live.events import Events
from c8yadmin.live.hub import Hub
from c8yadmin.live.messages import Message, Scope
from c8yadmin.live.stream import Stream
from tests.live import rights
from tests.live.conftest import Live
from tests.processes import RedisServer, eventually

HEAD = b"Host: x\r\nCookie: c8yadmin=alice\r\n\r\n"
REQUEST = b"GET /events?tenant=acme HTTP/1.1\r\n" + HEAD


class Unwritable:
    """A transport of another event loop, as uvloop's: it raises where asyncio's own ones keep quiet."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.abort = transport.abort

    def write(self, words: bytes) -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")


def stream_of(live: Live, session: str) -> Stream:
    """The one open stream of a session."""
    (stream,) = (each for each in live.hub.streams if each.session == channels.fingerprint(session))
    return stream


def test_a_signal_reaches_the_open_page_within_a_second(live: Live) -> None:
    tab = live.tab()
    before = time.monotonic()
    publish.signal("acme/alice", {"job": "7", "v": 42})
    assert tab.next() == {"job": "7", "v": 42}
    assert time.monotonic() - before < 1


@pytest.mark.stream("S8")
def test_the_stream_announces_itself_as_one_that_nobody_may_buffer_or_keep(live: Live) -> None:
    headers = live.tab().answer.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in headers


def test_the_first_frame_is_a_ping_that_sets_the_pause_before_reconnecting(live: Live) -> None:
    assert live.ask().read() == {"retry": "3000", "event": "ping", "data": "{}"}


def test_pings_keep_coming_while_nothing_happens(live: Live, settings: Settings) -> None:
    settings.LIVE_PING_SECONDS = 0.05
    tab = live.tab()
    assert [tab.read()["event"] for _ in range(3)] == ["ping"] * 3


@pytest.mark.stream("S5")
def test_nobody_hears_of_the_jobs_of_another_user_or_tenant(live: Live) -> None:
    alice, bob, carol = live.tab(), live.tab("bob"), live.tab("carol", "globex")
    publish.signal("acme/bob", {"job": "bobs", "v": 1})
    publish.signal("globex/alice", {"job": "globexs", "v": 1})
    publish.signal("acme/*admins", {"job": "everyones", "v": 1})
    publish.signal("acme/alice", {"job": "alices", "v": 1})
    assert alice.next()["job"] == "alices"
    assert {bob.next()["job"], bob.next()["job"]} == {"bobs", "everyones"}
    assert carol.next()["job"] == "globexs"


def test_many_signals_of_one_job_arrive_as_few_and_the_last_word_is_the_newest(live: Live) -> None:
    tab = live.tab()
    for version in range(1, 301):
        publish.signal("acme/alice", {"job": "7", "v": version})
    heard = [tab.next()["v"]]
    while heard[-1] < 300:
        heard.append(tab.next()["v"])
    assert heard == sorted(heard)
    assert len(heard) < 20


def test_more_jobs_than_a_page_can_follow_become_one_request_to_ask_again(live: Live) -> None:
    tab = live.tab()
    for job in range(100):
        publish.signal("acme/alice", {"job": str(job), "v": 1})
    assert tab.next("resync") == {}


def test_an_old_program_hears_a_stream_that_ends_with_its_connection(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=5) as old:
        old.sendall(b"GET /events?tenant=acme HTTP/1.0\r\n" + HEAD)
        eventually(lambda: live.hub.streams)
        publish.bye("alice")
        head, _, body = b"".join(iter(lambda: old.recv(65536), b"")).decode().partition("\r\n\r\n")
    assert "transfer-encoding" not in head
    assert "connection: close" in head
    assert body.startswith("retry: 3000\nevent: ping\ndata: {}\n\n")
    assert body.endswith('event: bye\ndata: {"reason":"signed-out"}\n\n')


def test_a_refusal_says_how_long_it_is(live: Live) -> None:
    refused = live.ask("nobody")
    assert int(refused.answer.headers["content-length"]) == len(refused.answer.read())


def test_a_name_full_of_line_breaks_forges_no_event(live: Live) -> None:
    tab = live.tab()
    publish.signal("acme/alice", {"job": "7\n\nevent: bye\ndata: {}", "v": 1})
    assert tab.next() == {"job": "7\n\nevent: bye\ndata: {}", "v": 1}


def test_words_on_the_channel_that_are_no_signal_are_passed_over(live: Live) -> None:
    tab = live.tab()
    publish.signal("acme/alice", {"name": "no job"})
    publish.signal("acme/alice", {"job": "7", "v": "not a number"})
    publish.signal("acme/alice", {"job": "7", "v": float("inf")})
    publish.signal("acme/alice", {"job": "7", "v": 1})
    assert tab.next() == {"job": "7", "v": 1}


@pytest.mark.stream("S6")
def test_signing_out_closes_the_streams_of_that_session_alone(live: Live) -> None:
    alice, bob = live.tab(), live.tab("bob")
    began = time.monotonic()
    publish.bye("alice")
    assert alice.next("bye") == {"reason": "signed-out"}
    assert time.monotonic() - began < 2
    assert alice.read() == {}
    publish.signal("acme/bob", {"job": "7", "v": 1})
    assert bob.next()["job"] == "7"


def test_a_session_with_a_new_key_asks_its_streams_to_come_back(live: Live) -> None:
    alice = live.tab()
    publish.renew("alice")
    assert alice.next("bye") == {"reason": "renew"}


def test_a_session_that_ended_silently_is_noticed(live: Live, settings: Settings) -> None:
    settings.LIVE_RECHECK_SECONDS = 0.05
    tab = live.tab()
    del rights.TOPICS["alice", "acme"]
    assert tab.next("bye") == {"reason": "signed-out"}


@pytest.mark.stream("S7")
def test_a_role_that_was_taken_away_ends_what_it_allowed_to_hear(live: Live, settings: Settings) -> None:
    settings.LIVE_RECHECK_SECONDS = 0.05
    tab = live.tab("bob")
    rights.TOPICS["bob", "acme"] = ["acme/bob"]
    stream = next(iter(live.hub.streams))
    eventually(lambda: stream.topics == {"acme/bob"})
    publish.signal("acme/*admins", {"job": "everyones", "v": 1})
    publish.signal("acme/bob", {"job": "bobs", "v": 1})
    assert tab.next()["job"] == "bobs"


def test_a_stream_ends_at_its_greatest_age_and_asks_to_come_back(live: Live, settings: Settings) -> None:
    settings.LIVE_MAX_SECONDS = 0.1
    tab = live.tab()
    farewell = tab.read()
    assert farewell["event"] == "bye"
    assert farewell["data"] == '{"reason":"renew"}'
    assert 500 <= int(farewell["retry"]) <= 5000


def test_a_stream_that_cannot_be_written_to_ends_alone(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    alice, bob = live.tab(), live.tab("bob")
    stream = stream_of(live, "alice")
    stream._transport = Unwritable(stream._transport)  # type: ignore[assignment]
    publish.signal("acme/alice", {"job": "7", "v": 1})
    assert alice.read() == {}
    for version in (2, 3):
        publish.signal("acme/bob", {"job": "8", "v": version})
        assert bob.next() == {"job": "8", "v": version}
    assert stream not in live.hub.streams
    assert "a live stream failed" in caplog.text


def test_a_stream_that_cannot_be_watched_ends_alone(
    live: Live, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LIVE_PING_SECONDS = 0.05
    alice, bob = live.tab(), live.tab("bob")
    stream_of(live, "alice").opened = "no number"  # type: ignore[assignment]
    eventually(lambda: len(live.hub.streams) == 1)
    assert [bob.read()["event"] for _ in range(5)] == ["ping"] * 5
    while alice.read():
        pass
    assert "a live stream failed" in caplog.text


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"session": "nobody"}, 401),
        ({"tenant": "globex"}, 401),
        ({"tenant": ""}, 400),
        ({"method": "POST"}, 405),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403),
        ({"headers": {"Sec-Fetch-Site": "same-site"}}, 403),
        ({"headers": {"Sec-Fetch-Site": "", "Origin": "https://evil.example"}}, 403),
        ({"headers": {"Cookie": ""}}, 401),
        ({"headers": {"Connection": "Upgrade", "Upgrade": "h2c"}}, 400),
    ],
)
def test_who_may_not_listen_is_told_so(live: Live, asked: dict[str, object], status: int) -> None:
    tab = live.ask(**asked)
    assert tab.status == status
    assert tab.answer.read().decode().endswith((".", "…"))
    assert not live.hub.streams


def test_an_old_browser_that_sends_only_the_right_origin_may_listen(live: Live) -> None:
    live.tab(headers={"Sec-Fetch-Site": "", "Origin": f"http://127.0.0.1:{live.port}"})


def test_another_request_on_the_connection_of_a_stream_is_refused(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=5) as hasty:
        hasty.sendall(REQUEST + REQUEST)
        heard = b"".join(iter(lambda: hasty.recv(65536), b""))
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1" not in heard[1:]
    assert not live.hub.streams


def test_what_a_browser_says_that_only_has_to_listen_is_passed_over(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=5) as talking:
        talking.sendall(REQUEST)
        eventually(lambda: live.hub.streams)
        talking.sendall(REQUEST * 1000)
        publish.signal("acme/alice", {"job": "7", "v": 1})
        heard = b""
        while b"event: job" not in heard:
            heard += (piece := talking.recv(65536))
            assert piece
    assert heard.count(b"HTTP/1.1") == 1


def test_a_browser_that_goes_while_its_session_is_looked_up_leaves_nothing_behind(live: Live) -> None:
    with rights.BUSY:
        asking = socket.create_connection(("127.0.0.1", live.port))
        asking.sendall(REQUEST)
        eventually(lambda: live.connections)
        asking.close()
        eventually(lambda: not live.connections)
    live.tab("bob")
    assert {stream.session for stream in live.hub.streams} == {channels.fingerprint("bob")}


def test_who_asks_for_another_protocol_leaves_no_word_in_the_log(
    live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (b"/events?tenant=acme", b"/large"):
        with socket.create_connection(("127.0.0.1", live.port), timeout=5) as talking:
            talking.sendall(
                b"GET " + path + b" HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + HEAD
            )
            assert talking.recv(9) == b"HTTP/1.1 "
    assert "uvicorn" not in caplog.text


def test_another_server_says_that_it_has_no_streams(redis_url: str) -> None:
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    async def ask() -> None:
        headers = [(b"cookie", b"c8yadmin=alice")]
        scope: Scope = {"method": "GET", "headers": headers, "query_string": b"tenant=acme"}
        await Events(Hub(redis_url, 1, 1))(scope, None, send)  # type: ignore[arg-type]

    asyncio.run(ask())
    assert said[0]["status"] == 501


def test_a_fourth_stream_of_a_session_is_refused_until_one_closes(live: Live) -> None:
    tabs = [live.tab() for _ in range(3)]
    refused = live.ask()
    assert refused.status == 503
    assert int(refused.answer.headers["retry-after"]) > 0
    live.tab("bob")
    tabs[0].close()
    eventually(lambda: len(live.hub.streams) == 3)
    live.tab()


def test_a_process_serves_no_more_streams_than_its_limit(live: Live) -> None:
    live.hub.limit = 1
    live.tab()
    assert live.ask("bob").status == 503


def test_sessions_that_are_being_looked_up_count_as_streams(live: Live) -> None:
    live.hub.limit = 2
    with rights.BUSY:
        strangers = [socket.create_connection(("127.0.0.1", live.port)) for _ in range(2)]
        for number, stranger in enumerate(strangers):
            stranger.sendall(REQUEST.replace(b"alice", b"nobody-%d" % number))
        eventually(lambda: live.connections == 2)
        refused = live.ask("bob")
        assert refused.status == 503
        assert int(refused.answer.headers["retry-after"]) > 0
    for stranger in strangers:
        assert stranger.recv(65536).startswith(b"HTTP/1.1 401 ")
        stranger.close()
    live.tab("bob")


@pytest.mark.stream("S3")
def test_a_hundred_reconnects_leave_nothing_behind(live: Live) -> None:
    def held() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    live.tab().close()
    eventually(lambda: not live.hub.streams)
    files, threads = held()
    for _ in range(100):
        live.tab().close()
    eventually(lambda: not live.hub.streams)
    eventually(lambda: held()[0] <= files + 3)
    assert held()[1] <= threads + 4  # those that ask for the rights of a stream


def test_after_a_restart_of_redis_pages_are_told_to_ask_again_and_hear_signals_anew(
    live: Live, redis_server: RedisServer
) -> None:
    tab = live.tab()
    redis_server.kill()
    assert tab.next("poll") == {}
    assert live.tab("bob").next("poll") == {}
    publish.signal("acme/alice", {"job": "lost", "v": 1})
    redis_server.start()
    assert tab.next("resync") == {}
    publish.signal("acme/alice", {"job": "7", "v": 2})
    assert tab.next() == {"job": "7", "v": 2}


def test_without_redis_a_signal_is_quickly_given_up(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    before = time.monotonic()
    publish.signal("acme/alice", {"job": "7", "v": 1})
    assert time.monotonic() - before < 1
    assert "live signal not sent" in caplog.text
