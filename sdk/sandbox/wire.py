"""One connection to the sandbox: requests are read whole, answered, and refused in the platform's format."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import TYPE_CHECKING, Any

from sdk.sandbox.application import Environ
from sdk.sandbox.bayeux import Conversation, is_realtime
from sdk.sandbox.call import Refusal
from sdk.sandbox.consumer import Seat, is_for_consumers
from sdk.sandbox.faults import Cut
from sdk.sandbox.framing import Malformed, Truncated, check_head, read_body

if TYPE_CHECKING:
    from sdk.sandbox.server import Server

IDLE_SECONDS = 75
LINGER_SECONDS = 0.5
LINGER_BYTES = 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # so that also the refusal of a broken request has headers
    server_version, sys_version = "Sandbox", ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    server: Server

    def setup(self) -> None:
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def serve(self) -> None:
        self._begun = False
        try:
            check_head(self.headers, self.requestline)
            if self._is_websocket():
                self._hand_over()
            else:
                body = read_body(self.headers, self.rfile)
                self._answer(self.server.sandbox.wsgi(self._environ(body), self._start))
        except Malformed as error:
            self.send_error(error.status, str(error))
        except (Truncated, Cut):
            self._cut()
        except OSError:
            raise
        except Exception:  # a fault of the sandbox: the client hears of it as of one of the platform
            if not self._begun:
                self.send_error(500, "Internal error")
            raise

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = serve

    def _is_websocket(self) -> bool:
        wanted = self.headers.get("Upgrade", "").lower() == "websocket"
        return self.command == "GET" and wanted and (is_for_consumers(self.path) or is_realtime(self.path))

    def _hand_over(self) -> None:
        """Hand the connection over to a consumer of Notification 2.0 or a Bayeux client; then it ends."""
        self.close_connection = True
        try:
            party = self._party()
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self.connection.settimeout(None)
        lines = [f"{name}: {value}\r\n" for name, value in self.headers.items()]
        party.serve(self.connection, f"{self.requestline}\r\n{''.join(lines)}\r\n".encode("latin-1"))

    def _party(self) -> Seat | Conversation:
        if is_realtime(self.path):
            return Conversation(self.server.sandbox, self.path, self.headers)
        return Seat.open(self.server.sandbox, self.path.partition("?")[2])

    def _environ(self, body: bytes) -> Environ:
        path, _, query = re.sub(r"^https?://[^/?]*", "", self.path).partition("?")
        if path and not path.startswith("/"):
            raise Malformed("The address begins with a slash.")
        environ: Environ = {
            "REQUEST_METHOD": "GET" if self.command == "HEAD" else self.command,
            "REQUEST_URI": path or "/",
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_address[1]),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": self.server.scheme,
            "wsgi.input": BytesIO(body),
        }
        shown = self.connection.getpeercert(True) if isinstance(self.connection, ssl.SSLSocket) else None
        if shown:
            environ["SSL_CLIENT_CERT"] = ssl.DER_cert_to_PEM_cert(shown)
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ

    def _start(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        self._begun = True
        code, reason = status.split(" ", 1)
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def _answer(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            if self.command != "HEAD":
                self.wfile.write(chunk)
            self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what cannot be read, and end the connection: where the next request begins is unclear."""
        status = 405 if code == 501 else code  # the base class does not know the method
        words = message or HTTPStatus(status).phrase
        name = {405: "methodNotAllowed", 500: "internalError"}.get(status, "badRequest")
        self._refuse(Refusal(status, f"general/{name}", words[:200]))

    def _refuse(self, refusal: Refusal) -> None:
        answer = refusal.answer("general")
        body = answer.encoded()
        headers = [("Content-Type", answer.content_type()), ("Content-Length", str(len(body)))]
        self.close_connection = True
        self._start(
            f"{refusal.status} {HTTPStatus(refusal.status).phrase}", [*headers, ("Connection", "close")]
        )
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.wfile.flush()
        self._linger()

    def _linger(self) -> None:
        """Take a little more of what comes in, or the client would be reset before it reads the answer."""
        left = LINGER_BYTES
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_SECONDS)
            while left > 0 and (data := self.connection.recv(65_536)):
                left -= len(data)

    def _cut(self) -> None:
        """Break the connection the hard way, with what was written so far on its way."""
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Requests carry credentials; nothing is logged."""
