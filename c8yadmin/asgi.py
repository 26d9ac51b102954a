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
from http import HTTPStatus
from types import FrameType
from typing import Any, cast
from urllib.parse import quote

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from c8yadmin.live.events import Events, Message, Receive, Refused, Scope, Send, answer
from c8yadmin.live.hub import Hub

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "c8yadmin.settings")

MAX_BODY = 10 * 1024 * 1024
MAX_BODY_SECONDS = 60
THREADS = 32

pages = WSGIMiddleware(cast(Any, get_wsgi_application()), workers=THREADS)
hub = Hub(settings.REDIS_URL, settings.LIVE_STREAMS, settings.LIVE_STREAMS_PER_SESSION)
events = Events(hub)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The server's entry."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == "/events":
        await events(scope, receive, send)
    elif scope["type"] == "http":
        await page(scope, receive, send)
    else:
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


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """One page, from Django."""
    try:
        async with asyncio.timeout(MAX_BODY_SECONDS):
            body = await whole_body(scope, receive)
    except Refused as refused:
        await answer(send, refused.status, str(refused), refused.headers)
        return
    except TimeoutError:
        await answer(send, HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive.", {})
        return
    if body is not None:

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await pages(cast(Any, tidy(scope)), cast(Any, replay), cast(Any, send))


async def whole_body(scope: Scope, receive: Receive) -> bytes | None:
    """All that the browser sends; None when it went away before it had said everything."""
    if int(dict(scope["headers"]).get(b"content-length", b"0")) > MAX_BODY:
        raise too_large()
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise too_large()
        if not message.get("more_body", False):
            return bytes(body)


def too_large() -> Refused:
    """The answer to a body over the limit."""
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request may carry {MAX_BODY // 1024**2} MB at most."
    )


def tidy(scope: Scope) -> Scope:
    """`scope` as WSGI can carry it.

    Header names with an underscore are dropped: in WSGI they would pass for their twins with a hyphen, which
    a proxy sets and Django trusts. Bytes of the query string that are not ASCII are percent-encoded.
    """
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    query = re.sub(rb"[\x80-\xff]", lambda byte: quote(byte[0]).encode(), scope["query_string"])
    return {**scope, "headers": headers, "query_string": query}
