"""What the REST protocol offers besides plain verbs: tunnelling, processing modes, templates, adapters."""

from __future__ import annotations

import io
import socket
import threading
import tracemalloc
from pathlib import Path

import pytest
import requests

from sdk import Alarm, Celsius, Connector, CumulocityClient, Invalid, Measurement, NotFound, ProcessingMode
from tests.sdk.server import Server, answer, client


def test_changes_travel_as_posts_where_nothing_else_gets_through(connector: Connector) -> None:
    with Server(answer()) as server:
        c8y = client(server, connector, method_tunnelling=True)
        c8y.get("/x")
        c8y.post("/x", json={"a": 1})
        c8y.put("/x/1", json={"a": 2})
        c8y.delete("/x/1")
        c8y.patch("/x/1", json={"a": 3})
    heads = [request.partition(b"\r\n\r\n")[0].lower().split(b"\r\n") for request in server.requests]
    assert [head[0].split()[0] for head in heads] == [b"get", b"post", b"post", b"post", b"post"]
    meant = [[line for line in head if line.startswith(b"x-http-method")] for head in heads]
    assert meant == [[], [], [b"x-http-method: put"], [b"x-http-method: delete"], [b"x-http-method: patch"]]
    assert b"content-length: 0" in heads[3]


def test_a_tunnelled_change_is_repeated_and_named_by_what_is_meant(connector: Connector) -> None:
    with Server(answer(b"", "503 Service Unavailable"), answer(), answer(b"", "404 Not Found")) as server:
        c8y = client(server, connector, method_tunnelling=True)
        c8y.put("/x/1", json={})
        with pytest.raises(NotFound, match="DELETE /x/1"):
            c8y.delete("/x/1")
        assert len(server.requests) == 3


def test_a_mode_may_be_chosen_for_some_calls(connector: Connector) -> None:
    with Server(answer()) as server:
        c8y = client(server, connector, application_key="key", processing_mode=ProcessingMode.QUIESCENT)
        assert c8y.alarms.c8y is c8y
        with c8y.processing(ProcessingMode.TRANSIENT) as passing:
            passing.alarms.create(Alarm(type="x", source="1", text="t", severity="MAJOR"))
            passing.get("/x")
        c8y.put("/x", json={})
        c8y.processing(None).post("/x", json={})
        c8y.processing("CEP").delete("/x")
        assert c8y.get("/x") == {}
    modes = [_header(request, b"x-cumulocity-processing-mode") for request in server.requests]
    assert modes == [b"TRANSIENT", None, b"QUIESCENT", None, b"CEP", None]
    assert {_header(request, b"x-cumulocity-application-key") for request in server.requests} == {b"key"}
    assert passing.alarms.c8y is passing


def test_a_mode_there_is_none_of_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="PERMANENT"):
        CumulocityClient("http://tenant", "t1", None, processing_mode="PERMANENT")
    with CumulocityClient("http://tenant", "t1", None) as c8y, pytest.raises(ValueError, match="FAST"):
        c8y.processing("FAST")


def test_the_root_of_the_platform_leads_to_everything(c8y: CumulocityClient) -> None:
    root = c8y.get_root()
    template = root["alarm"]["alarmsForSource"]
    source = c8y.device_inventory.get_all(limit=1)[0].id
    assert c8y.get(c8y.expand(template, source=source))["alarms"] is not None


def test_templates_are_filled_whole_and_encoded() -> None:
    expand = CumulocityClient.expand
    assert expand("https://other/a/{id}?x={x}", id="1/2", x="a b&c") == "/a/1%2F2?x=a%20b%26c"
    assert expand("/a?ids={ids}", ids=[1, 2]) == "/a?ids=1%2C2"
    for template, values, wrong in (
        ("/a/{id}", {}, "needs id"),
        ("/a/{id}", {"id": None}, "needs id"),
        ("/a", {"id": 1}, "has no id"),
        ("/a/{id}", {"id": ".."}, "'..'"),
        ("/a/{id}", {"id": ""}, "empty"),
    ):
        with pytest.raises(ValueError, match=wrong):
            expand(template, **values)


def test_the_other_verbs_of_http(c8y: CumulocityClient, connector: Connector) -> None:
    with pytest.raises(Invalid):
        c8y.patch("/inventory/managedObjects/1", json={})
    with Server(answer(b"", "200 OK", "Allow: GET, PUT")) as server:
        assert client(server, connector).options("/x") == ["GET", "PUT"]
        assert client(server, connector).head("/x")["Allow"] == "GET, PUT"


def test_a_file_is_put_as_it_is_or_as_a_form(connector: Connector, tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"content")
    with Server(answer()) as server:
        c8y = client(server, connector)
        c8y.put_file("/x", file, content_type="text/csv")
        c8y.put_file("/x", file, content_type="text/csv", multipart=True)
    assert server.requests[0].endswith(b"\r\n\r\ncontent")
    assert _header(server.requests[0], b"content-type") == b"text/csv"
    assert (_header(server.requests[1], b"content-type") or b"").startswith(b"multipart/form-data; boundary=")
    assert b'filename="a.bin"\r\nContent-Type: text/csv\r\n\r\ncontent\r\n--' in server.requests[1]


class Zeros(io.RawIOBase):
    """Thirty megabytes that exist nowhere."""

    size, at = 30 * 2**20, 0

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset if whence == 0 else self.size + offset
        return self.at

    def read(self, size: int = -1) -> bytes:
        size = min(size, self.size - self.at)
        self.at += size
        return bytes(size)


def drain(listener: socket.socket, received: list[int]) -> None:
    """Take one request, keep nothing of it but its size, and answer it."""
    sock, _ = listener.accept()
    with sock:
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        start, _, rest = head.partition(b"\r\n\r\n")
        left = int(start.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) - len(rest)
        received.append(left + len(rest))
        while left > 0:
            left -= len(sock.recv(65536))
        sock.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")


def test_an_upload_does_not_fill_the_memory() -> None:
    received: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drain, args=(listener, received))
        thread.start()
        with CumulocityClient(f"http://127.0.0.1:{listener.getsockname()[1]}", "t1", None) as c8y:
            tracemalloc.start()
            try:
                assert c8y.post_file("/x", Zeros(), form_data={"object": {}}) == {}  # type: ignore[arg-type]
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
        thread.join(5)
    assert received[0] > Zeros.size
    assert peak < 4 * 2**20


def test_everything_works_with_the_adapter_of_requests() -> None:
    with Server(answer(b'{"a":1}')) as server:
        with CumulocityClient(server.url, "t1", None, stock_adapter=True) as c8y:
            assert c8y.get("/x") == {"a": 1}
            assert c8y.post("/x", json={}) == {"a": 1}
        assert server.connections == 1


def _header(request: bytes, name: bytes) -> bytes | None:
    for line in request.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        key, _, value = line.partition(b": ")
        if key.lower() == name:
            return value
    return None


def test_measurements_are_read_in_the_system_of_units_that_is_wanted(connector: Connector) -> None:
    with Server(answer()) as server:
        c8y = client(server, connector, system_of_units="imperial")
        c8y.get("/measurement/measurements")
        c8y.post("/measurement/measurements", json={})
        with c8y.in_units("metric") as metric:
            metric.measurements.c8y.get("/measurement/measurements")
        c8y.in_units(None).get("/x")
    sent = [_header(request, b"x-cumulocity-system-of-units") for request in server.requests]
    assert sent == [b"imperial", None, b"metric", None]
    with pytest.raises(ValueError, match="british"):
        c8y.in_units("british")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="british"):
        client(server, connector, system_of_units="british")


def test_fahrenheit_comes_back_where_celsius_was_sent(c8y: CumulocityClient) -> None:
    device = str(c8y.device_inventory.get_all(limit=1)[0].id)
    Measurement(c8y, type="x_H", source=device, time="now", c8y_H={"T": Celsius(100)}).create()
    with c8y.in_units("imperial") as american:
        found = american.measurements.get_last(source=device, type="x_H")
    assert found is not None
    assert (found["c8y_H.T.value"], found["c8y_H.T.unit"]) == (212, "°F")


def test_a_plain_session_signs_in_as_the_client_at_its_address_only(c8y: CumulocityClient) -> None:
    found = c8y.session.get("http://acme.sandbox/user/currentUser")
    assert found.json()["userName"] == "admin"
    assert c8y.session is c8y.session
    assert not c8y.session.cookies
    with pytest.raises(requests.exceptions.InvalidSchema):
        c8y.session.get("http://globex.sandbox/user/currentUser")


def test_a_plain_session_follows_no_redirect_and_gives_up_like_the_client(
    connector: Connector,
) -> None:
    with Server(answer(b"", "302 Found", "Location: http://127.0.0.1:1/"), [0.5]) as server:
        with pytest.raises(requests.TooManyRedirects):
            client(server, connector).session.get(f"{server.url}/x")
        with pytest.raises(requests.ReadTimeout):
            client(server, connector, timeout=(1, 0.1)).session.get(f"{server.url}/y")
    assert b"authorization: basic" in server.requests[0].lower()
