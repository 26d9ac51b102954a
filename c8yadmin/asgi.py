"""The ASGI door: `/events` to the live hub, every page to Django's WSGI handler.

Pages run in threads behind WSGI, which costs a quarter of what Django costs under ASGI. A request's body is
read here to its end first: a slow sender holds no thread, one that breaks off is never taken for one that
said all, and one that says too much is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from types import FrameType
from typing import IO, Any, cast
from urllib.parse import quote

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from c8yadmin.core.uploads import folder, leads_to_files
from c8yadmin.live.events import Events
from c8yadmin.live.hub import Hub
from c8yadmin.live.messages import Message, Receive, Refused, Scope, Send, answer
from c8yadmin.ui.numbers import filesize

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "c8yadmin.settings")

MAX_BODY = 10_000_000
MAX_BODY_SECONDS = 60
MAX_UPLOAD_SECONDS = 900
PIECE = 65_536
THREADS = 32

pages = WSGIMiddleware(cast(Any, get_wsgi_application()), workers=THREADS)
hub = Hub(settings.REDIS_URL, settings.LIVE_STREAMS, settings.LIVE_STREAMS_PER_SESSION)
events = Events(hub)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The server's entry."""
    match scope["type"]:
        case "lifespan":
            await lifespan(receive, send)
        case "http":
            door = events if scope["path"] == "/events" else page
            await door(scope, receive, send)
        case _:  # WebSocket, under a server other than “serve”: declined, else it would log an error for each
            await send({"type": "websocket.close", "code": 1000})


async def lifespan(receive: Receive, send: Send) -> None:
    """Start and stop the hub with the server."""
    await receive()
    hub.start()
    before_the_end(hub.close_all)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await hub.stop()
    await send({"type": "lifespan.shutdown.complete"})


def before_the_end(call: Callable[[], None]) -> None:
    """Run `call` when the server is told to stop, before it waits for open requests to end.

    The lifespan's own shutdown comes after that wait, which would last as long as the streams.
    """
    loop = asyncio.get_running_loop()

    def chained(then: Any) -> Callable[[int, FrameType | None], None]:
        def handler(number: int, where: FrameType | None) -> None:
            loop.call_soon_threadsafe(call)
            then(number, where)

        return handler

    for number in (signal.SIGTERM, signal.SIGINT):
        if callable(current := signal.getsignal(number)):
            with contextlib.suppress(ValueError):  # not the main thread: whoever embeds us stops us
                signal.signal(number, chained(current))


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a browser may send with a request, and for how long; what it has announced."""

    size: int
    seconds: float
    announced: int
    files: bool = False

    @property
    def on_disk(self) -> bool:
        """Whether the body waits there until it is complete."""
        return MAX_BODY < self.announced <= self.size

    @classmethod
    def of(cls, scope: Scope) -> Allowance:
        """More than usual where a view says that it takes files."""
        announced = int(dict(scope["headers"]).get(b"content-length", b"0"))
        if scope["method"] == "POST" and leads_to_files(scope["path"]):
            return cls(settings.LARGEST_UPLOAD + MAX_BODY, MAX_UPLOAD_SECONDS, announced, files=True)
        return cls(MAX_BODY, MAX_BODY_SECONDS, announced)

    def too_large(self) -> Refused:
        """The answer to a body over the limit."""
        words = f"A request may carry {filesize(self.size)} at most."
        return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words)


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """One page, from Django."""
    allowance = Allowance.of(scope)
    place = str(folder()) if allowance.on_disk else None
    with cast(IO[bytes], SpooledTemporaryFile(MAX_BODY, dir=place)) as body:
        try:
            async with asyncio.timeout(allowance.seconds):
                whole = await whole_body(allowance, receive, body)
        except Refused as refused:
            await answer(send, refused.status, str(refused), refused.headers)
            return
        except TimeoutError:
            await answer(send, HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive.", {})
            return
        if whole:
            body.seek(0)
            await pages(cast(Any, tidy(scope)), cast(Any, partial(replay, body)), cast(Any, send))


async def whole_body(allowance: Allowance, receive: Receive, body: IO[bytes]) -> bool:
    """Write all that the browser sends to `body`; False when it went away before it had said everything."""
    if allowance.announced > allowance.size:
        if allowance.files:
            return True  # not even read: the page says more than could be said here
        raise allowance.too_large()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        body.write(message.get("body", b""))
        if body.tell() > allowance.size:
            raise allowance.too_large()
        if not message.get("more_body", False):
            return True


async def replay(body: IO[bytes]) -> Message:
    """The next piece of a body that has arrived."""
    piece = body.read(PIECE)
    return {"type": "http.request", "body": piece, "more_body": len(piece) == PIECE}


def tidy(scope: Scope) -> Scope:
    """`scope` as WSGI can carry it.

    Header names with an underscore are dropped: in WSGI they would pass for their twins with a hyphen, which
    a proxy sets and Django trusts. Bytes of the query string that are not ASCII are percent-encoded.
    """
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    query = re.sub(rb"[\x80-\xff]", lambda byte: quote(byte[0]).encode(), scope["query_string"])
    return {**scope, "headers": headers, "query_string": query}
