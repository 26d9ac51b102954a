"""Realtime over a WebSocket: each message goes the way that a long poll would go, and so do its answers."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from http import HTTPStatus
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from sdk.sandbox.call import Json
from sdk.sandbox.faults import Cut
from sdk.sandbox.websocket import Line, opened

if TYPE_CHECKING:
    from sdk.sandbox.platform import Sandbox

PATHS = ("/notification/realtime", "/notification/operations")
LARGEST_MESSAGE = 1024 * 1024
IDLE_SECONDS = 7200.0
KEPT_HEADERS = ("Host", "Cookie", "Authorization", "User-Agent", "X-Cumulocity-Application-Key")
SIGN_IN = "com.cumulocity.authn"
"""Where the message that opens a conversation holds the credentials: browsers can send no header with it."""
DENIED = "403::Handshake denied"


def is_realtime(path: str) -> bool:
    return path.partition("?")[0].rstrip("/") in PATHS


class Conversation:
    """One WebSocket of a Bayeux client; `headers` are those of the request that opened it."""

    def __init__(self, sandbox: Sandbox, path: str, headers: Message) -> None:
        self._sandbox = sandbox
        self._path, _, self._query = path.partition("?")
        kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        self._environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in kept.items()}

    def serve(self, sock: socket.socket, head: bytes) -> None:
        """Shake hands as the request `head` asks, and converse until the connection ends."""
        line = opened(sock, head, LARGEST_MESSAGE)
        with suppress(ConnectionClosed):
            while line is not None:
                self._take(line, line.receive(IDLE_SECONDS))

    def _take(self, line: Line, text: str) -> None:
        """Answer a text at once; one that polls is answered later, and does not hold up what comes then."""
        messages = _messages(text)
        for message in messages:
            self._note_credentials(message)
        if any(message.get("channel") == "/meta/connect" for message in messages):
            threading.Thread(target=self._answer, args=(line, text, messages), daemon=True).start()
        else:
            self._answer(line, text, messages)

    def _note_credentials(self, message: Json) -> None:
        ext = message.get("ext")
        given = ext.get(SIGN_IN) if isinstance(ext, dict) else None
        if isinstance(given, dict):
            texts = {name: value for name, value in given.items() if isinstance(value, str)}
            self._environ |= _headers(texts)

    def _answer(self, line: Line, text: str, messages: list[Json]) -> None:
        with suppress(ConnectionClosed):
            try:
                status, answer = self._ask(text.encode())
            except Cut:
                line.close(1011)
                return
            line.send(answer.decode() if status == 200 else _refused(messages, status))

    def _ask(self, body: bytes) -> tuple[int, bytes]:
        asked = {
            "REQUEST_METHOD": "POST", "REQUEST_URI": self._path, "QUERY_STRING": self._query,
            "CONTENT_TYPE": "application/json",
        }  # fmt: skip
        return self._sandbox.wsgi.ask(self._environ | asked, body)


def _refused(messages: list[Json], status: int) -> str:
    """The tenant's refusal of messages, as Bayeux puts it."""
    reason = DENIED if status == HTTPStatus.UNAUTHORIZED else f"{status}::{HTTPStatus(status).phrase}"
    refusal = {"successful": False, "error": reason, "advice": {"reconnect": "none"}}
    known = [{key: it[key] for key in ("channel", "id") if key in it} for it in messages or [{}]]
    return json.dumps([kept | refusal for kept in known])


def _messages(text: str) -> list[Json]:
    """What can be read of a text; the tenant refuses the rest."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [message for message in (read if isinstance(read, list) else [read]) if isinstance(message, dict)]


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """The credentials of a message as headers: a name with a password in base64, a token, a code."""
    headers = {"tfa": "HTTP_TFATOKEN", "xsrfToken": "HTTP_X_XSRF_TOKEN"}
    found = {header: given[name] for name, header in headers.items() if name in given}
    if "token" in given:
        scheme = "Basic" if _is_password(given["token"]) else "Bearer"
        found["HTTP_AUTHORIZATION"] = f"{scheme} {given['token']}"
    return found


def _is_password(token: str) -> bool:
    try:
        return b":" in base64.b64decode(token, validate=True)
    except ValueError:
        return False
