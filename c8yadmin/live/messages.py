"""The words of ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = dict[str, str]
PLAIN: Headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}


class Refused(Exception):
    """The request gets an answer instead of a stream, or of a page."""

    def __init__(self, status: HTTPStatus, text: str, headers: Headers | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers or {}


def start(status: HTTPStatus, headers: Headers) -> Message:
    """The message that begins an answer."""
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status.value, "headers": encoded}


def body(text: str) -> Message:
    """The message that is the whole of the answer's body."""
    return {"type": "http.response.body", "body": text.encode()}


async def answer(send: Send, status: HTTPStatus, text: str, headers: Headers) -> None:
    """A whole answer of plain text."""
    ends = {"content-length": str(len(text.encode())), "connection": "close"}
    await send(start(status, PLAIN | ends | headers))
    await send(body(text))
