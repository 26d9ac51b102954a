"""The stream's route on a real server, with a real Redis."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http import HTTPStatus

import pytest
import uvicorn
from pytest_django import Settings

from c8yadmin.live.events import Events
from c8yadmin.live.hub import Hub
from c8yadmin.live.line import Connection
from c8yadmin.live.messages import Receive, Scope, Send, answer
from tests.live import rights
from tests.live.browser import Tab
from tests.processes import eventually

LARGE = "x" * 10_000_000  # more than the machine keeps for a browser that does not read


class Live:
    """A server of `/events`, and of a large page, with the tabs that a test opens on it."""

    def __init__(self, redis_url: str) -> None:
        self.hub = Hub(redis_url, streams=200, streams_per_session=3)
        self.tabs: list[Tab] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        config = uvicorn.Config(
            self._application,
            interface="asgi3",
            http=Connection,
            ws="none",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]})

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/large":
            await answer(send, HTTPStatus.OK, LARGE, {"connection": "keep-alive"})
            return
        if scope["type"] == "http":
            await self.events(scope, receive, send)
            return
        self.events = Events(self.hub)
        self.hub.start()
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hub.stop()
        await send({"type": "lifespan.shutdown.complete"})

    @property
    def connections(self) -> int:
        """How many the server has."""
        return len(self._server.server_state.connections)

    def start(self) -> None:
        self._thread.start()
        eventually(lambda: self._server.started)

    def tab(self, *args: object, **kwargs: object) -> Tab:
        """Open a stream, and wait until it has begun."""
        tab = self.ask(*args, **kwargs)
        assert tab.status == 200
        tab.next("ping")
        return tab

    def ask(self, *args: object, **kwargs: object) -> Tab:
        """Ask for a stream; the answer may be a refusal."""
        self.tabs.append(Tab(self.port, *args, **kwargs))
        return self.tabs[-1]

    def close(self) -> None:
        for tab in self.tabs:
            tab.close()
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture
def live(redis_url: str, settings: Settings) -> Iterator[Live]:
    """The server; the sessions `alice` and `bob` of acme and `carol` of globex may listen."""
    settings.REDIS_URL = redis_url
    settings.LIVE_AUTHORIZE = "tests.live.rights.topics_for"
    rights.TOPICS = {
        ("alice", "acme"): ["acme/alice"],
        ("bob", "acme"): ["acme/bob", "acme/*admins"],
        ("carol", "globex"): ["globex/alice"],
    }
    server = Live(redis_url)
    server.start()
    eventually(lambda: server.hub.listening)
    yield server
    server.close()
