"""`GET /events?tenant=<slug>`: the server-sent events of one tab.

A raw ASGI route: under a Django view every open stream would hold a thread. The stream carries signals only
(`{"job": id, "v": version}`); a page that hears one asks for its fragment with its own rights, so a lost,
doubled or late signal does no harm.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import close_old_connections
from django.http.cookie import parse_cookie
from django.utils.module_loading import import_string

from c8yadmin.live import channels
from c8yadmin.live.hub import Full, Hub
from c8yadmin.live.stream import Stream

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = dict[str, str]

log = logging.getLogger(__name__)
AT_ONCE = 50  # sessions that are asked about together
HEADERS: Headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}


class Refused(Exception):
    """The request gets an answer instead of a stream."""

    def __init__(self, status: HTTPStatus, text: str, headers: Headers | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers or {}


class Events:
    """The ASGI application of the route."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._keeper: asyncio.Task[None] | None = None
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="live-authorize")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            session_key, tenant = asked(scope)
            stream = self._open(session_key, await self._topics(session_key, tenant))
        except Refused as refused:
            await answer(send, refused.status, str(refused), refused.headers)
            return
        stream.asked = session_key, tenant
        self._keep_watch()
        watcher = asyncio.create_task(self._watch_browser(stream, receive))
        try:
            await self._run(stream, send)
        finally:
            self.hub.forget(stream)
            watcher.cancel()

    def _open(self, session_key: str, topics: frozenset[str]) -> Stream:
        try:
            return self.hub.open(channels.fingerprint(session_key), topics)
        except Full:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE, "Too many live streams are open.", {"retry-after": "30"}
            ) from None

    async def _topics(self, session_key: str, tenant: str) -> frozenset[str]:
        loop = asyncio.get_running_loop()
        topics = await loop.run_in_executor(self._threads, authorize, session_key, tenant)
        if topics is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "Sign in to this tenant first.")
        return frozenset(topics)

    async def _run(self, stream: Stream, send: Send) -> None:
        await send(start(HTTPStatus.OK, HEADERS))
        async for text in stream.frames(settings.LIVE_PING_SECONDS):
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _watch_browser(self, stream: Stream, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        stream.close("gone")

    def _keep_watch(self) -> None:
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        """While there are streams: ask now and then whether their sessions still may listen, and end them at
        their greatest age. One task for all of them, so that each costs little memory."""
        while self.hub.streams:
            await asyncio.sleep(min(1.0, settings.LIVE_RECHECK_SECONDS, settings.LIVE_MAX_SECONDS))
            now = time.monotonic()
            for stream in self.hub.streams:
                if now >= stream.opened + settings.LIVE_MAX_SECONDS:
                    stream.close("renew")
            limit = now - settings.LIVE_RECHECK_SECONDS
            due = [stream for stream in self.hub.streams if stream.checked <= limit]
            for start in range(0, len(due), AT_ONCE):
                await asyncio.gather(*map(self._check, due[start : start + AT_ONCE]))

    async def _check(self, stream: Stream) -> None:
        stream.checked = time.monotonic()
        try:
            stream.topics = await self._topics(*stream.asked)
        except Refused:
            stream.close("signed-out")
        except Exception:
            log.exception("the session of a stream could not be checked")
            stream.close("renew")  # the browser comes back and is asked again


def asked(scope: Scope) -> tuple[str, str]:
    """The session key and the tenant's slug of a request that may ask at all; raises `Refused`."""
    if scope["method"] != "GET":
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET.", {"allow": "GET"})
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if not same_origin(headers):
        raise Refused(HTTPStatus.FORBIDDEN, "Only the console's own pages may listen.")
    tenant = parse_qs(scope["query_string"].decode("latin-1")).get("tenant", [""])[0]
    if not tenant:
        raise Refused(HTTPStatus.BAD_REQUEST, "Name the tenant: /events?tenant=…")
    session_key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    if not session_key:
        raise Refused(HTTPStatus.UNAUTHORIZED, "Sign in to this tenant first.")
    return session_key, tenant


def same_origin(headers: Headers) -> bool:
    """Whether the page that asks is one of ours; a program that is no browser sends neither header."""
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def authorize(session_key: str, tenant: str) -> list[str] | None:
    """The topics that the session may hear in `tenant`, by `settings.LIVE_AUTHORIZE`; None: it may not."""
    close_old_connections()
    try:
        topics: list[str] | None = import_string(settings.LIVE_AUTHORIZE)(session_key, tenant)
    finally:
        close_old_connections()
    return topics


def start(status: HTTPStatus, headers: Headers) -> Message:
    """The message that begins an answer."""
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status.value, "headers": encoded}


async def answer(send: Send, status: HTTPStatus, text: str, headers: Headers) -> None:
    """A whole answer of plain text."""
    body = text.encode()
    plain = {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "connection": "close",
    }
    await send(start(status, plain | headers))
    await send({"type": "http.response.body", "body": body})
