"""A host name that a user typed never leads into the network that the console stands in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from django.test import Client
from pytest_django import Settings

from c8yadmin.accounts.addresses import is_public
from c8yadmin.accounts.clients import connector
from c8yadmin.core.tenants import Tenant

INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",  # noqa: S104
    "100.64.0.1", "192.0.0.8", "198.18.0.1", "192.0.2.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:1::1", "fe80::1", "fe80::1%lo", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"]
SPELLINGS = [
    "http://127.0.0.1:{}/", "http://localhost:{}/", "http://127.1:{}/", "http://2130706433:{}/",
    "http://0x7f000001:{}/", "http://0177.0.0.1:{}/", "http://0:{}/", "http://127.0.0.1.:{}/",
    "http://evil.example@127.0.0.1:{}/", "http://LOCALHOST:{}/", "http://[::ffff:127.0.0.1]:{}/",
    "http://[::ffff:7f00:1]:{}/",
]  # fmt: skip


class Inside(BaseHTTPRequestHandler):
    """A server of the own network; `seen` are the paths it was asked for."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(302 if self.path == "/tenant/loginOptions" else 200)
        self.send_header("Location", "/secret")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def inside() -> Iterator[tuple[int, list[str]]]:
    """Port and paths seen of a server at 127.0.0.1."""
    handler = type("Handler", (Inside,), {"seen": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port, handler.seen
        server.shutdown()


def session(private: bool) -> requests.Session:
    made = requests.Session()
    made.mount("http://", connector(Tenant("x", "x", "http://x", private=private)))
    return made


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_known_as_such(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_the_own_machine_is_dialled(inside: tuple[int, list[str]], spelling: str) -> None:
    port, seen = inside
    with pytest.raises(requests.RequestException):
        session(private=False).get(spelling.format(port), timeout=2)
    assert seen == []


def test_an_address_that_the_operator_listed_may_be_inside(inside: tuple[int, list[str]]) -> None:
    port, seen = inside
    assert session(private=True).get(f"http://127.0.0.1:{port}/x", timeout=2).status_code == 200
    assert seen == ["/x"]


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[tuple[str, int]]:
    """Let names resolve to the answers, one after the other; gives the addresses that are then dialled."""
    left, dialled = list(answers), []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def create_connection(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        dialled.append(address)
        raise OSError("No network in this test.")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    return dialled


@pytest.fixture
def anywhere(settings: Settings) -> None:
    """Any host may be typed, and the product's own connector carries the calls."""
    settings.TENANT_HOSTS = ["*"]
    settings.TENANT_CONNECTOR = "c8yadmin.accounts.clients.connector"
    settings.TENANT_SECONDS = 0.3


def sign_in(client: Client, address: str) -> Any:
    return client.post("/sign-in/", {"tenant": address, "username": "admin", "password": "canary"})


@pytest.mark.django_db
@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["169.254.169.254"]])
def test_a_name_that_leads_inside_is_never_dialled(
    client: Client, monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    dialled = resolving(monkeypatch, found)
    answer = sign_in(client, "inside.example.com")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.content.decode()
    assert dialled == []


@pytest.mark.django_db
@pytest.mark.usefixtures("anywhere")
def test_what_was_checked_is_what_is_dialled(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    dialled = resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    assert sign_in(client, "rebind.example.com").status_code == 502
    assert set(dialled) == {("93.184.216.34", 443)}


@pytest.mark.django_db
@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize(
    "address", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "[::1]", "127.1", "0"]
)
def test_a_bare_address_is_no_tenant(client: Client, address: str) -> None:
    assert sign_in(client, address).status_code == 422


@pytest.mark.django_db
def test_a_redirect_is_not_followed(
    client: Client, settings: Settings, inside: tuple[int, list[str]]
) -> None:
    port, seen = inside
    settings.TENANT_CONNECTOR = "c8yadmin.accounts.clients.connector"
    settings.TENANTS = [{"slug": "acme", "name": "Acme", "base_url": f"http://127.0.0.1:{port}"}]
    answer = sign_in(client, "acme")
    assert answer.status_code == 502
    assert "is no Cumulocity tenant" in answer.content.decode()
    assert seen == ["/tenant/loginOptions"]
