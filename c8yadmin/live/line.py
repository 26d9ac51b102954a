"""The server's connections, and what is left of one that an endless answer goes through.

For each request uvicorn holds a parser, a scope, a task and three queues until its answer is over: ten
kilobytes. An answer that lasts for minutes needs the socket alone.
"""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from c8yadmin.live.messages import Headers, Refused, Scope

EXTENSION = "c8yadmin.line"  # of ASGI: what carries the connection of a request
MOST_WAITING = 4096  # bytes for a browser that does not read; then nothing more is written


class Connection(HttpToolsProtocol):
    """A connection as uvicorn serves it, which a `Line` may take over."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"transport": self.transport}}

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: anybody may ask for WebSocket, and gets an answer as if they had not."""


class Line(asyncio.Protocol):
    """A connection that was taken over from uvicorn: its answer is written here."""

    __slots__ = ("_lines", "_transport", "held_up")

    _transport: asyncio.Transport
    _lines: set[Any]  # the server's connections, for which it waits when it stops
    held_up: bool  # the browser does not read what was written

    def take_over(self, scope: Scope) -> None:
        """Take the connection of `scope`, whose request uvicorn forgets; where the browser has gone already,
        it is `lost` at once.

        Raises `Refused` under a server without such connections, and where a further request waits.
        """
        if EXTENSION not in scope.get("extensions", ()):
            raise Refused(HTTPStatus.NOT_IMPLEMENTED, "This server has no live streams; “serve” has.")
        self._transport = scope["extensions"][EXTENSION]["transport"]
        self._lines, self.held_up = set(), False
        connection = self._transport.get_protocol()
        if not isinstance(connection, Connection):
            self.lost()
            return
        if connection.pipeline:
            raise Refused(
                HTTPStatus.BAD_REQUEST, "No other request may follow on the connection of a stream."
            )
        self._lines = cast(set[Any], connection.connections)
        self._lines.discard(connection)
        self._lines.add(self)
        connection.cycle.disconnected = True  # so that nobody misses the end of the answer
        connection.parser = None  # type: ignore[assignment]  # the two hold each other
        self.held_up = connection.flow.write_paused  # by what was answered before on this connection
        self._transport.set_protocol(self)
        self._transport.set_write_buffer_limits(MOST_WAITING)
        self._transport.resume_reading()  # else nobody would hear of its end

    def begin(self, status: HTTPStatus, headers: Headers) -> None:
        """Write the head of an answer whose body, unless `headers` tell its length, ends with the connection.

        Chunks would tell that end from a broken connection, but HTTP/1.0 does not know them, and a stream
        says goodbye itself.
        """
        own = {"date": formatdate(usegmt=True), "connection": "close"}
        lines = (f"{name}: {value}\r\n" for name, value in (own | headers).items())
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\n{''.join(lines)}\r\n"
        self._transport.write(head.encode("latin-1"))

    def write(self, text: str) -> None:
        """Write a piece of the body."""
        self._transport.write(text.encode())

    def end(self) -> None:
        """End the answer, and with it the connection, which waits for no browser that does not read."""
        if self._transport.get_write_buffer_size():
            self.cut()
        else:
            self._transport.close()

    def cut(self) -> None:
        """End the connection, whatever has not been sent."""
        self._transport.abort()

    def lost(self) -> None:
        """The browser has gone, or has heard the end."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._lines.discard(self)
        self.lost()

    def pause_writing(self) -> None:
        self.held_up = True

    def resume_writing(self) -> None:
        self.held_up = False
