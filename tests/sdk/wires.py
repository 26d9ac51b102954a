"""The suite of the SDK over real connections: ``pytest tests/sdk --wire own --wire stock``, or one of them.

Without the option sandboxes are called in-process, the quickest way. With it every sandbox listens on a port,
and the SDK's own adapter or that of requests speaks to it; what tests make without saying which adapter they
mean uses the same.
"""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from sdk import Connector
from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server


class Wire(BaseAdapter):
    """Sends what is for ``http://acme.sandbox`` to the port where the sandbox listens."""

    def __init__(self, sandbox: Sandbox, connector: Connector) -> None:
        super().__init__()
        self._server = Server(sandbox).start()
        self._connector = connector

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        meant = str(request.url)
        parts = urlsplit(meant)
        port = self._server.server_address[1]
        request.url = parts._replace(netloc=f"{parts.hostname}:{port}").geturl()
        try:
            return self._connector.send(request, stream, timeout, verify, cert, proxies)
        finally:
            request.url = meant

    def close(self) -> None:
        """The connections are this test's, not a single client's."""

    def end(self) -> None:
        self._connector.close()
        self._server.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "call sandboxes over real connections, by the SDK's own adapter or by that of requests"
    parser.addoption("--wire", choices=["own", "stock"], action="append", default=[], help=words)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """With the option every test is run once over each wire."""
    if kinds := metafunc.config.getoption("wire"):
        metafunc.parametrize("wired", kinds, indirect=True)


@pytest.fixture(autouse=True)
def wired(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The adapters of this test's sandboxes and clients, as the option ``--wire`` wants them."""
    kind = getattr(request, "param", None)
    if kind is None:
        yield
        return
    wires: dict[int, Wire] = {}
    stock = kind == "stock"

    def adapter(sandbox: Sandbox) -> Wire:
        if id(sandbox) not in wires:
            wires[id(sandbox)] = Wire(sandbox, Connector(stock=stock))
        return wires[id(sandbox)]

    made = functools.partialmethod(Connector.__init__, stock=stock) if stock else Connector.__init__
    monkeypatch.setattr(Connector, "__init__", made)
    monkeypatch.setattr(Sandbox, "adapter", adapter)
    monkeypatch.setattr(socket, "getaddrinfo", _resolving(socket.getaddrinfo))
    yield
    for wire in wires.values():
        wire.end()


def _resolving(resolve: Any) -> Any:
    """The names of sandboxes lead to this machine."""

    def here(host: Any, *rest: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(".sandbox") else host, *rest, **more)

    return here
