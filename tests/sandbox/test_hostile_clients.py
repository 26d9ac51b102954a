"""Clients that break the rules of HTTP and JSON: an answer in the platform's format or a clean end."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from sdk.sandbox.store.tenant import Tenant
from tests.processes import eventually
from tests.sandbox.doors import Door, media
from tests.sandbox.states import state_of

OBJECTS = "/inventory/managedObjects"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(devices=4, seed=7)


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[Server]:
    """A server that must live on, whatever a test has sent to it."""
    with Server(sandbox) as server:
        yield server.start()
        answer = exchange(server, b"GET /tenant/loginOptions?tenantId=acme HTTP/1.0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")


@pytest.fixture
def login(acme: Tenant) -> str:
    return base64.b64encode(f"acme/admin:{acme.passwords['admin']}".encode()).decode()


def exchange(server: Server, *pieces: bytes, end: bool = True) -> bytes:
    """Send the pieces as they are, and give all that comes back until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as connection:
        with suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
            if end:
                connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(ConnectionError):
            while data := connection.recv(65_536):
                received += data
        return received


def posting(login: str, *headers: str) -> bytes:
    lines = [f"POST {OBJECTS} HTTP/1.1", "Host: acme.localhost", f"Authorization: Basic {login}"]
    lines += [f"Content-Type: {media('managedobject')}", "Accept: application/json", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def refusal(received: bytes) -> tuple[int, str]:
    """Status and sentence of an answer in the platform's format."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"vnd.com.nsn.cumulocity.error+json" in head, received
    error = json.loads(body)
    assert set(error) == {"error", "message", "info"}
    assert "Traceback" not in received.decode()
    return int(head.split()[1]), error["message"]


@pytest.fixture
def changing() -> None:
    """For tests that are meant to change the tenant."""


@pytest.fixture(autouse=True)
def _nothing_changes(
    request: pytest.FixtureRequest, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> Iterator[None]:
    before = state_of(sandbox)
    yield
    if "changing" not in request.fixturenames:
        assert state_of(sandbox) == before
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("NONSENSE", 400),
        ("GET", 400),
        ("GET /platform", 400),
        ("GET /platform HTTP/9.9", 505),
        ("GET /platform HTTP/x", 400),
        ("GET platform HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET /a b HTTP/1.1", 400),
        ("BREW /platform HTTP/1.1", 405),
        ("TRACE /platform HTTP/1.1", 405),
        ("OPTIONS /alarm/alarms HTTP/1.1", 405),
        ("GET /nowhere HTTP/1.1", 404),
        ("GET /%00%ff%zz HTTP/1.1", 404),
        (f"GET /{'x' * 70_000} HTTP/1.1", 414),
    ],
)
def test_a_broken_request_line_is_refused(server: Server, request_line: str, status: int) -> None:
    received = exchange(
        server, f"{request_line}\r\nHost: acme.localhost\r\nConnection: close\r\n\r\n".encode()
    )
    assert refusal(received)[0] == status


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("No colon at all", 400),
        ("Content-Length: 5\r\nNo colon", 400),
        (" Folded: x", 400),
        ("X-Folded: a\r\n b", 400),
        ("Bad Name: x", 400),
        ("X-Control: a\x00b", 400),
        (f"X-Large: {'x' * 70_000}", 431),
        ("\r\n".join(f"X-{number}: y" for number in range(200)), 431),
        ("Content-Length: -1", 400),
        ("Content-Length: +5", 400),
        ("Content-Length: 5_0", 400),
        ("Content-Length: five", 400),
        ("Content-Length: 5\r\nContent-Length: 6", 400),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
        ("Transfer-Encoding: gzip, chunked", 400),
        ("Transfer-Encoding: identity", 400),
        ("Content-Length: 99999999999", 413),
    ],
)
def test_a_broken_head_is_refused(server: Server, login: str, header: str, status: int) -> None:
    assert refusal(exchange(server, posting(login, header), b'{"name": "x"}'))[0] == status


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"\r\n",
        b"5 5\r\nhello\r\n0\r\n\r\n",
        b"ffffffff\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"1" * 2000,
    ],
)
def test_broken_chunks_are_refused(server: Server, login: str, chunks: bytes) -> None:
    received = exchange(server, posting(login, "Transfer-Encoding: chunked"), chunks)
    assert refusal(received)[0] in (400, 413)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("Content-Length: 100", b'{"name": "x"}'),
        ("Transfer-Encoding: chunked", b'd\r\n{"name": "x"}\r\n'),
        ("Transfer-Encoding: chunked", b'd\r\n{"name"'),
        ("Transfer-Encoding: chunked", b'd\r\n{"name": "x"}\r\n0\r\n'),
        ("Transfer-Encoding: chunked", b""),
    ],
)
def test_a_request_that_breaks_off_never_happened(
    server: Server, login: str, header: str, part: bytes
) -> None:
    assert exchange(server, posting(login, header), part) == b""


@pytest.mark.usefixtures("changing")
def test_chunks_with_extensions_and_trailers_arrive(server: Server, login: str, acme: Tenant) -> None:
    before = len(acme.inventory.objects)
    chunks = b'4;a=b\r\n{"na\r\n9\r\nme": "x"}\r\n0\r\nX-Trailer: y\r\n\r\n'
    received = exchange(server, posting(login, "Transfer-Encoding: chunked", "Connection: close"), chunks)
    assert received.startswith(b"HTTP/1.1 201")
    assert len(acme.inventory.objects) == before + 1


@pytest.mark.usefixtures("changing")
def test_requests_in_a_row_are_answered_in_their_order(server: Server, login: str) -> None:
    bodies = [json.dumps({"name": f"row {number}"}).encode() for number in range(5)]
    sent = b"".join(posting(login, f"Content-Length: {len(body)}") + body for body in bodies)
    received = exchange(server, sent[:400], sent[400:])
    places = [received.index(f'"row {number}"'.encode()) for number in range(5)]
    assert places == sorted(places)
    assert received.count(b"HTTP/1.1 201") == 5


def test_what_follows_a_refused_head_is_not_read_as_a_request(server: Server, login: str) -> None:
    hidden = posting(login, "Content-Length: 13") + b'{"name": "x"}'
    received = exchange(server, posting(login, "Content-Length: 5", "Content-Length: 6"), hidden)
    assert received.count(b"HTTP/1.1") == 1


def test_a_head_without_an_end_holds_nobody_up(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=5) as slow:
        slow.sendall(b"GET /platform HTTP/1.1\r\nHost: ")
        started = time.monotonic()
        assert exchange(server, b"GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert time.monotonic() - started < 2


def test_a_head_request_has_no_body(server: Server, login: str) -> None:
    head = f"HEAD {OBJECTS} HTTP/1.1\r\nAuthorization: Basic {login}\r\nConnection: close\r\n\r\n"
    received = exchange(server, head.encode())
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"\r\n\r\n")


@pytest.mark.usefixtures("changing")
def test_an_absolute_address_is_understood(server: Server, login: str) -> None:
    lines = f"GET {server.base_url}{OBJECTS}?pageSize=1 HTTP/1.1\r\nAuthorization: Basic {login}\r\n"
    received = exchange(server, f"{lines}Connection: close\r\n\r\n".encode())
    assert received.startswith(b"HTTP/1.1 200")


BAD_JSON = {
    "nothing": b"",
    "half": b'{"name": "x"',
    "no text": b"\xff\xfe\x00",
    "two": b"{}{}",
    "a list": b"[]",
    "null": b"null",
    "NaN": b'{"c8y_X": NaN}',
    "infinity": b'{"c8y_X": -Infinity}',
    "overflow": b'{"c8y_X": 1e999}',
    "surrogate": b'{"name": "\\ud800"}',
    "raw surrogate": b'{"name": "\xed\xa0\x80"}',
    "surrogate in a key": b'{"\\udc00": 1}',
    "deep lists": b'{"c8y_X": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "endless depth": b"[" * 1_000_000,
    "long number": b'{"c8y_X": ' + b"9" * 10_000 + b"}",
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON)
def test_what_json_cannot_hold_is_refused(admin: Door, body: bytes) -> None:
    headers = {"Content-Type": media("managedobject"), "Accept": "application/json"}
    answer = admin.call("POST", OBJECTS, data=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["error"] == "inventory/invalidData"


@pytest.mark.usefixtures("changing")
def test_pairs_of_surrogates_and_brackets_in_texts_are_welcome(admin: Door) -> None:
    headers = {"Content-Type": media("managedobject"), "Accept": "application/json"}
    body = b'{"name": "\\ud83d\\ude00", "my_Text": "' + b"[{" * 500 + b'\\"[[["}'
    answer = admin.call("POST", OBJECTS, data=body, headers=headers)
    assert answer.json()["name"] == "😀"
    assert admin.get(f"{OBJECTS}/{answer.json()['id']}").json()["my_Text"].endswith('"[[[')


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        {"Authorization": "Basic \xdb\xdc"},
        {"Authorization": "Bearer a.\xdb.c"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"Authorization": "Nonsense x"},
        {"Cookie": "authorization=%%%; ;;;=="},
        {"Authorization": ""},
    ],
)
def test_broken_credentials_are_refused(admin: Door, headers: dict[str, str]) -> None:
    admin.session.auth = None
    answer = admin.get("/user/currentUser", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"] == "security/Unauthorized"


@pytest.mark.parametrize(
    ("method", "path", "kind", "body"),
    [
        ("PUT", "/inventory/managedObjects/{device}?withChildren=perhaps", "managedobject", {"name": "x"}),
        ("POST", "/inventory/managedObjects?withParents=perhaps", "managedobject", {"name": "x"}),
        ("DELETE", "/inventory/managedObjects/{device}?cascade=perhaps", "managedobject", None),
        ("PUT", "/event/events/{event}", "event", {"my_Note": "x", "text": 7}),
        ("PUT", "/user/acme/groups/1?forceLogout=perhaps", "group", {"name": "x"}),
        ("PUT", "/user/acme/users/reader", "user", {"firstName": "x", "displayName": True}),
        ("PUT", "/user/currentUser", "currentuser", {"firstName": "x", "customProperties": 7}),
        (
            "POST",
            "/notification2/subscriptions",
            "subscription",
            {"context": ["tenant"], "subscription": "x"},
        ),
        (
            "POST",
            "/user/acme/users/reader/roles/inventory",
            "inventoryassignment",
            {"managedObject": "1001", "roles": [5]},
        ),
    ],
)
def test_what_is_half_wrong_changes_nothing(
    acme: Tenant, admin: Door, method: str, path: str, kind: str, body: object
) -> None:
    device = acme.inventory.index.having("c8y_IsDevice").listed()[0]
    address = path.format(device=device, event=next(iter(acme.events)))
    headers = {"Content-Type": media(kind), "Accept": "application/json"}
    answer = admin.call(method, address, json=body, headers=headers)
    assert answer.status_code == 422


def test_a_fault_of_the_sandbox_is_answered_too(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[bytes]:
        raise ZeroDivisionError("secret of the sandbox")

    with monkeypatch.context() as patch:
        patch.setattr(server.sandbox, "wsgi", broken)
        answer = exchange(server, b"GET /alarm/alarms HTTP/1.1\r\nHost: x\r\n\r\n")
    assert refusal(answer) == (500, "Internal error")
    assert b"secret" not in answer
    shown: list[str] = []  # whoever runs it is told, from the thread of the connection

    def is_shown() -> bool:
        shown.append(capsys.readouterr().err)
        return "----" in "".join(shown)[-50:] and "ZeroDivisionError" in "".join(shown)

    eventually(is_shown)


@pytest.mark.usefixtures("changing")
def test_a_wrong_flag_leaves_an_alarm_alone(acme: Tenant, admin: Door) -> None:
    device = acme.inventory.index.having("c8y_IsDevice").listed()[0]
    alarm = {"source": {"id": device}, "type": "t", "text": "x", "severity": "MAJOR", "time": "2026-01-01"}
    made = admin.post("/alarm/alarms", "alarm", alarm).json()
    body = alarm | {"text": "other"}
    assert admin.post("/alarm/alarms/upsert?incrementCount=perhaps", "alarm", body).status_code == 422
    assert admin.get(f"/alarm/alarms/{made['id']}").json() == made
