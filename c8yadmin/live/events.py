"""`GET /events?tenant=<slug>`: the server-sent events of one tab.

A raw ASGI route: under a Django view every open stream would hold a thread. The stream carries signals only
(`{"job": id, "v": version}`); a page that hears one asks for its fragment with its own rights, so a lost,
doubled or late signal does no harm.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import close_old_connections
from django.http.cookie import parse_cookie
from django.utils.module_loading import import_string

from c8yadmin.live.hub import Full, Hub
from c8yadmin.live.messages import Headers, Receive, Refused, Scope, Send, answer
from c8yadmin.live.stream import Stream

log = logging.getLogger(__name__)
ASKED_TOGETHER = 50  # streams whose sessions are looked up at the same time
HEADERS: Headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}
FULL = Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many live streams are open.", {"retry-after": "30"})
UNCLEAR = Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "Your session could not be checked.")


class Events:
    """The ASGI application of the route.

    A stream takes its connection over from the server before anything is waited for, and once it is open it
    is no task: the hub does the talking, and one task keeps watch over all of them.
    """

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._opening: dict[Stream, asyncio.Task[None]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="live-authorize")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            stream = self.hub.stream(*asked(scope))
            if len(self._opening) + len(self.hub.streams) >= self.hub.limit:
                raise FULL
            stream.take_over(scope)
        except Refused as refused:
            await answer(send, refused.status, str(refused), refused.headers)
            return
        self._opening[stream] = asyncio.create_task(self._open(stream))

    async def _open(self, stream: Stream) -> None:
        with stream.guarded():
            try:
                stream.topics = await self._topics(*stream.asked)
                if stream.over:
                    return
                self.hub.open(stream)
            except Refused as refused:
                stream.refuse(refused)
            except Full:
                stream.refuse(FULL)
            except Exception:
                log.exception("the session of a stream could not be checked")
                stream.refuse(UNCLEAR)
            else:
                stream.begin(HTTPStatus.OK, HEADERS)
                stream.speak()
                self._keep_watch()
            finally:
                del self._opening[stream]

    async def _topics(self, session_key: str, tenant: str) -> frozenset[str]:
        loop = asyncio.get_running_loop()
        topics = await loop.run_in_executor(self._threads, authorize, session_key, tenant)
        if topics is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "Sign in to this tenant first.")
        return frozenset(topics)

    def _keep_watch(self) -> None:
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        """While there are streams: break their silence, ask now and then whether their sessions still may
        listen, and end them at their greatest age."""
        while self.hub.streams:
            pauses = settings.LIVE_PING_SECONDS, settings.LIVE_RECHECK_SECONDS, settings.LIVE_MAX_SECONDS
            await asyncio.sleep(min(1.0, *pauses))
            now = time.monotonic()
            for stream in list(self.hub.streams):
                with stream.guarded():
                    if now >= stream.opened + settings.LIVE_MAX_SECONDS:
                        stream.close("renew")
                    elif now >= stream.spoken + settings.LIVE_PING_SECONDS:
                        stream.ping()
            limit = now - settings.LIVE_RECHECK_SECONDS
            due = [stream for stream in self.hub.streams if stream.checked <= limit]
            for first in range(0, len(due), ASKED_TOGETHER):
                await asyncio.gather(*map(self._check, due[first : first + ASKED_TOGETHER]))

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
    if "upgrade" in headers:
        raise Refused(HTTPStatus.BAD_REQUEST, "Only server-sent events are spoken here, no WebSocket.")
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
