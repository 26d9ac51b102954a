"""The connector against a server that says exactly what the test wants."""

from __future__ import annotations

import gc
import gzip
import os
import socket
import threading
import time
import warnings
import zlib
from typing import Any

import pytest
import requests

from sdk import (
    BadAnswer,
    BasicAuth,
    C8yError,
    Connector,
    CumulocityClient,
    Invalid,
    RetryPolicy,
    ServerError,
    Timeout,
    Unreachable,
)
from tests.sdk.server import Server, answer, client, lines


def test_requests_share_one_connection(connector: Connector) -> None:
    with Server(answer(b'{"a":1}')) as server:
        c8y = client(server, connector)
        assert [c8y.get("/x") for _ in range(3)] == [{"a": 1}] * 3
        assert server.connections == 1


def test_clients_share_the_connections_of_one_connector(connector: Connector) -> None:
    with Server(answer()) as server:
        client(server, connector).get("/x")
        with client(server, connector) as second:
            second.get("/x")
        client(server, connector).get("/x")
        assert server.connections == 1


def test_a_request_travels_as_it_was_meant(connector: Connector) -> None:
    with Server(answer()) as server:
        c8y = client(server, connector, application_key="key", processing_mode="QUIESCENT")
        c8y.post("/x/y", params={"q": "a b+c", "list": ["1", "2"]}, json={"ü": 1})
        c8y.get("/x")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert lines[0] == b"post /x/y?q=a%20b%2bc&list=1&list=2 http/1.1"
    assert len([line for line in lines if line.startswith(b"host: 127.0.0.1:")]) == 1
    assert b"x-cumulocity-application-key: key" in lines
    assert b"x-cumulocity-processing-mode: quiescent" in lines
    assert b"content-type: application/json" in lines
    assert f"content-length: {len(body)}".encode() in lines
    assert body == '{"ü":1}'.encode()
    assert b"processing-mode" not in server.requests[1].lower()
    assert b"x-cumulocity-application-key: key" in server.requests[1].lower()


@pytest.mark.parametrize(
    "raw",
    [
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4;x=y\r\n":1}\r\n0\r\n\r\n',
        b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}',
        b'HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}',
    ],
)
@pytest.mark.parametrize("pieces", [1, 1000])
def test_every_framing_is_understood(connector: Connector, raw: bytes, pieces: int) -> None:
    parts: list[Any] = [raw] if pieces == 1 else [bytes([byte]) for byte in raw]
    with Server(parts) as server:
        assert client(server, connector).get("/x") == {"a": 1}


def test_early_hints_are_passed_over_or_given_up(connector: Connector) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    with Server([hints, 0.02, *answer(b'{"a":1}')], answer(b'{"a":2}')) as server:
        # The stock adapter does not know them; what follows must not answer the next request.
        assert client(server, connector).get("/x") in ({"a": 1}, {"a": 2})
        assert client(server, connector).get("/x") == {"a": 2}


def test_a_body_without_length_ends_with_the_connection(connector: Connector) -> None:
    with Server([b'HTTP/1.1 200 OK\r\n\r\n{"a"', b":1}", None]) as server:
        c8y = client(server, connector)
        assert c8y.get("/x") == {"a": 1}
        assert c8y.get("/x") == {"a": 1}
        assert server.connections == 2


def test_answers_without_a_body_are_empty(connector: Connector) -> None:
    with Server([b"HTTP/1.1 204 No Content\r\n\r\n"], answer(b""), answer(b"{}")) as server:
        c8y = client(server, connector)
        assert c8y.delete("/x") == {}
        assert c8y.get("/x") == {}
        assert c8y.get("/x") == {}
        assert server.connections == 1


def test_head_has_no_body_whatever_its_length(connector: Connector) -> None:
    with Server([b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"], answer(b'{"a":1}')) as server:
        c8y = client(server, connector)
        assert c8y.request("HEAD", "/x") == {}
        assert c8y.get("/x") == {"a": 1}


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b'{"a":1}', mtime=0)),
        ("deflate", zlib.compress(b'{"a":1}')),
        ("deflate", zlib.compress(b'{"a":1}', wbits=-15)),
        ("identity", b'{"a":1}'),
    ],
)
def test_compressed_bodies_are_unpacked(connector: Connector, encoding: str, body: bytes) -> None:
    with Server(answer(body, "200 OK", f"Content-Encoding: {encoding}")) as server:
        assert client(server, connector).get("/x") == {"a": 1}


@pytest.mark.parametrize(
    "steps",
    [
        answer(gzip.compress(b"x" * 1_000_000), "200 OK", "Content-Encoding: gzip"),
        answer(b"x" * 100_001),
        [b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d41\r\n" + b"x" * 200_001],
        [b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2_000_000],
    ],
    ids=["a bomb", "too long", "announced too long", "endless", "a huge head"],
)
def test_an_answer_larger_than_allowed_is_given_up(connector: Connector, steps: Any) -> None:
    with Server(steps) as server:
        with pytest.raises(BadAnswer, match="larger"):
            client(server, connector).get("/x")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "steps",
    [
        answer(b"nonsense", "200 OK", "Content-Encoding: gzip"),
        answer(gzip.compress(b'{"a":1}')[:-9], "200 OK", "Content-Encoding: gzip"),
        answer(b"x", "200 OK", "Content-Encoding: br"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_a_bad_answer(connector: Connector, steps: Any) -> None:
    with Server(steps) as server, pytest.raises(BadAnswer):
        client(server, connector).get("/x")


@pytest.mark.parametrize(
    "steps",
    [
        [b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"a"', None],
        [b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a', None],
        [b"HTTP/1.1 200 OK\r\nContent-Le", None],
        [b"<html>this is no HTTP</html>", None],
        [None],
    ],
)
def test_a_cut_answer_is_tried_again_when_it_was_only_read(connector: Connector, steps: Any) -> None:
    with Server(steps, answer(b'{"a":1}')) as server:
        assert client(server, connector).get("/x") == {"a": 1}
        assert len(server.requests) == 2


@pytest.mark.parametrize("steps", [[None], [b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{", None]])
def test_a_post_whose_answer_is_cut_is_never_sent_twice(connector: Connector, steps: Any) -> None:
    with Server(answer(), steps, answer()) as server:
        c8y = client(server, connector)
        c8y.get("/x")
        with pytest.raises(Unreachable) as caught:
            c8y.post("/x", json={})
        assert not caught.value.safe_to_repeat
        assert [request[:4] for request in server.requests] == [b"GET ", b"POST"]


def test_a_kept_connection_that_the_server_closed_is_replaced(connector: Connector) -> None:
    with Server(answer(b'{"a":1}')) as server:
        c8y = client(server, connector, retry=RetryPolicy.none())
        c8y.get("/x")
        server.hang_up()
        time.sleep(0.05)
        assert c8y.post("/x", json={}) == {"a": 1}
        assert server.connections == 2


def test_a_connection_with_a_second_answer_on_it_is_not_used_again(connector: Connector) -> None:
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
    with Server([one + b'{"a":1}', 0.05, one + b'{"b":2}'], answer(b'{"a":3}')) as server:
        c8y = client(server, connector)
        assert c8y.get("/x") == {"a": 1}
        while not server.answered:
            time.sleep(0.01)
        assert c8y.get("/x") == {"a": 3}


def test_connection_close_is_obeyed(connector: Connector) -> None:
    with Server(answer(b"{}", "200 OK", "Connection: close")) as server:
        c8y = client(server, connector)
        c8y.get("/x")
        c8y.get("/x")
        assert server.connections == 2


def test_a_refused_head_leaves_no_socket_behind(connector: Connector) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\nConnection: close\r\n\r\nabc"
    with Server([head, None]) as server, warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(C8yError):
            client(server, connector, retry=RetryPolicy.none()).post("/x", json={})
        gc.collect()
    assert [str(one.message) for one in left] == []


def test_a_deletion_that_was_obeyed_and_not_answered_counts_as_done(connector: Connector) -> None:
    with Server(answer(), [None], answer(b"", "404 Not Found")) as server:
        c8y = client(server, connector)
        c8y.get("/keeps/the/connection")
        assert c8y.delete("/x/1") == {}
        assert lines(server)[1:] == ["DELETE /x/1"] * 2


def test_a_silent_server_is_given_up(connector: Connector) -> None:
    with Server([1.0]) as server:
        started = time.monotonic()
        with pytest.raises(Timeout):
            client(server, connector, timeout=(1, 0.1)).get("/x")
        assert time.monotonic() - started < 0.8


def test_a_dripping_answer_ends_at_the_deadline(connector: Connector) -> None:
    drip: list[Any] = [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"] + [0.05, b"x"] * 40
    with Server(drip) as server:
        started = time.monotonic()
        with pytest.raises(Timeout):
            client(server, connector, deadline=0.3).get("/x")
        assert 0.2 < time.monotonic() - started < 1


def test_a_refused_connection_is_tried_again_even_for_a_post(connector: Connector) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    attempts: list[str] = []
    c8y = CumulocityClient(
        f"http://127.0.0.1:{port}",
        "t1",
        BasicAuth("admin", "secret"),
        connector_factory=lambda: connector,
        retry=RetryPolicy(attempts=3, base=0.001),
        on_request=lambda request: attempts.append(str(request.method)),
    )
    with pytest.raises(Unreachable) as caught:
        c8y.post("/x", json={})
    assert caught.value.safe_to_repeat
    assert attempts == ["POST"] * 3


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_redirects_are_not_followed(connector: Connector, status: str) -> None:
    with Server(answer()) as elsewhere, Server(answer(b"", status, f"Location: {elsewhere.url}/")) as server:
        with pytest.raises(Invalid, match="redirect"):
            client(server, connector).get("/x")
        assert not elsewhere.requests


def test_a_line_break_in_a_header_is_refused(connector: Connector) -> None:
    with Server(answer()) as server:
        with pytest.raises(Unreachable, match="line break"):
            client(server, connector).get("/x", accept="a/b\r\nX-Evil: 1")
        assert not server.requests


def test_many_threads_share_a_client(connector: Connector) -> None:
    with Server(answer(b'{"a":1}')) as server:
        c8y = client(server, connector)
        found: list[Any] = []
        threads = [
            threading.Thread(target=lambda: found.extend(c8y.get("/x") for _ in range(20))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [{"a": 1}] * 160
        assert server.connections <= 8


def test_a_forked_child_leaves_the_parents_connections_alone(connector: Connector) -> None:
    with Server(answer(b'{"a":1}')) as server:
        c8y = client(server, connector)
        c8y.get("/x")
        child = os.fork()
        if child == 0:
            os._exit(0 if c8y.get("/x") == {"a": 1} else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert c8y.get("/x") == {"a": 1}
        assert server.connections == 2


def test_it_is_an_adapter_for_any_session(connector: Connector) -> None:
    with Server(answer(b'{"a":1}', "200 OK", "Set-Cookie: k=v; Path=/", "X-Y: 1", "X-Y: 2")) as server:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", connector)
            response = session.post(server.url, json={"b": 2})
            streamed = session.get(server.url, stream=True)
            assert b"".join(streamed.iter_content(3)) == b'{"a":1}'
            streamed.close()
        assert response.json() == {"a": 1}
        assert (response.status_code, response.reason, response.ok) == (200, "OK", True)
        assert response.headers["x-y"] == "1, 2"
        assert response.cookies["k"] == "v"
        assert server.requests[0].endswith(b'{"b": 2}')


def test_a_server_error_keeps_the_connection_in_order(connector: Connector) -> None:
    with Server(answer(b"<html>", "500 Oops", "Content-Type: text/html"), answer(b'{"a":1}')) as server:
        c8y = client(server, connector)
        with pytest.raises(ServerError):
            c8y.get("/x")
        assert c8y.get("/x") == {"a": 1}
        assert server.connections == 1
