"""Clients for the sandbox, and a record of what they sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sdk import BasicAuth, Connector, CumulocityClient, RetryPolicy
from sdk.sandbox import Sandbox
from tests.sdk.server import Server, Serving, answer

# Quick pauses, so that tests of repetitions do not take their time.
QUICK = RetryPolicy(base=0.001, cap=0.002, longest_retry_after=5)


@pytest.fixture
def sandbox() -> Sandbox:
    """Two tenants, `acme` and `globex`, fresh for every test; the SDK needs no console around it."""
    return Sandbox(devices=60, seed=7)


@pytest.fixture
def calls() -> list[str]:
    """Method and path of every request that a client of ``connect`` sent, in order."""
    return []


@pytest.fixture
def later(sandbox: Sandbox) -> Callable[[], None]:
    """Lets so much time pass that the tenant counts anew."""
    return sandbox.tenant("acme").totals.forget


@pytest.fixture
def connect(sandbox: Sandbox, calls: list[str]) -> Callable[..., CumulocityClient]:
    """Makes clients: ``connect("reader")``, ``connect("admin", "globex", deadline=1)``."""

    def as_user(user: str = "admin", tenant: str = "acme", **options: Any) -> CumulocityClient:
        def record(request: requests.PreparedRequest) -> None:
            calls.append(f"{request.method} {request.path_url}")

        auth = options.pop("auth", None) or BasicAuth(user, sandbox.credentials[tenant][user]["password"])
        given: dict[str, Any] = {"retry": QUICK, "on_request": record} | options
        return CumulocityClient(
            f"http://{tenant}.sandbox", tenant, auth, connector_factory=sandbox.adapter, **given
        )

    return as_user


@pytest.fixture
def c8y(connect: Callable[..., CumulocityClient]) -> CumulocityClient:
    """The administrator of the tenant acme."""
    return connect()


@pytest.fixture(params=["own", "stock"])
def connector(request: pytest.FixtureRequest) -> Iterator[Connector]:
    """A connector that takes small answers only, and is closed afterwards; once with the stock adapter."""
    made = Connector(max_body=100_000, stock=request.param == "stock")
    yield made
    made.close()


@pytest.fixture
def management(sandbox: Sandbox, connect: Callable[..., CumulocityClient]) -> CumulocityClient:
    """The administrator of the tenant above the others."""
    known = sandbox.management
    return connect(tenant="management", auth=BasicAuth(f"management/{known['user']}", known["password"]))


@pytest.fixture
def serving() -> Iterator[Serving]:
    """A tenant that answers these documents in turn, the last one over and over, and a client of it."""
    servers: list[Server] = []

    def made(*documents: Any) -> tuple[Server, CumulocityClient]:
        server = Server(*(answer(json.dumps(one).encode()) for one in documents)).__enter__()
        servers.append(server)
        return server, CumulocityClient(server.url, "t1", None)

    yield made
    for server in servers:
        server.__exit__(None, None, None)
