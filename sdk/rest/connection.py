"""One keep-alive connection: the bytes of a request out, an answer in, parsed by httptools."""

from __future__ import annotations

import select
import socket
import ssl
import struct
import sys
import time
import zlib
from typing import Any, Final

import httptools
import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, ReadTimeout

# Larger pieces come from the system page by page each time, which costs five times as much as the reading.
_RECEIVE: Final = 16 * 1024
_LARGEST_HEAD: Final = 1024 * 1024


class NotSent(requests.ConnectionError):
    """The request surely did not reach the server."""


class Dropped(requests.ConnectionError):
    """The connection was closed before any byte of an answer."""


class TooLarge(requests.RequestException):
    """The answer's body is larger than the client accepts."""


class Answer:
    """What came back; it is also the protocol object of the parser.

    Attributes:
        status, reason: of the status line; 0 before it came.
        fields: the headers as they came.
        body: decompressed, after ``finish``.
        keep_alive: whether the connection may be used again.
        done: whether the answer is complete.
    """

    __slots__ = (
        "_head",
        "_parser",
        "_parts",
        "_size",
        "body",
        "done",
        "fields",
        "keep_alive",
        "limit",
        "reason",
        "status",
        "to_head",
    )

    def __init__(self, limit: int, to_head: bool) -> None:
        self.limit, self.to_head = limit, to_head
        self.status, self.reason, self.body = 0, b"", b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.keep_alive = self.done = False
        self._head = self._size = 0
        self._parts: list[bytes] = []
        self._parser: Any = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Parse received bytes; ``done`` tells when the answer is complete."""
        if not self.status:
            self._head += len(data)
            if self._head > _LARGEST_HEAD:
                raise TooLarge(f"The head of the answer is larger than {_LARGEST_HEAD} bytes.")
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        if self.done:
            raise ChunkedEncodingError("The server sent more than one answer.")
        # An interim answer (1xx) may have come before.
        self.status, self.reason, self.fields = 0, b"", []

    def on_status(self, text: bytes) -> None:
        self.reason += text

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self.keep_alive = self._parser.should_keep_alive()
        # The parser cannot know that an answer to HEAD has no body.
        self.done = self.to_head
        if not self.to_head:
            self._check(int(self.field(b"content-length") or b"0"))

    def on_body(self, data: bytes) -> None:
        self._count(len(data))
        self._parts.append(data)

    def on_message_complete(self) -> None:
        self.done = self.status >= 200

    def finish(self) -> None:
        """Put the body together and decompress it, never beyond the limit."""
        # The parser and this object hold each other; parted, they go without the garbage collector.
        self._parser = None
        parts = self._parts
        raw = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        encoding = self.field(b"content-encoding").strip().lower() if raw else b""
        if encoding not in {b"", b"identity"}:
            raw = decompressed(raw, encoding, self.limit)
        self.body = raw

    def field(self, wanted: bytes) -> bytes:
        """The last header of a lower-case name, empty without one."""
        size, found = len(wanted), b""
        for name, value in self.fields:
            if len(name) == size and name.lower() == wanted:
                found = value
        return found

    def _count(self, more: int) -> None:
        self._size += more
        self._check(self._size)

    def _check(self, size: int) -> None:
        if size > self.limit:
            raise TooLarge(f"The answer is larger than {self.limit} bytes.")


def decompressed(raw: bytes, encoding: bytes, limit: int) -> bytes:
    """A compressed body unpacked, never beyond the limit."""
    if encoding not in {b"gzip", b"x-gzip", b"deflate"}:
        raise ContentDecodingError(f"The answer is encoded as {encoding.decode('latin-1')!r}.")
    if encoding == b"deflate" and raw[0] & 0x0F != 8:
        machine = zlib.decompressobj(-zlib.MAX_WBITS)
    else:
        machine = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        found = machine.decompress(raw, limit + 1)
    except zlib.error as problem:
        raise ContentDecodingError(f"The answer cannot be decompressed: {problem}.") from problem
    if len(found) > limit:
        raise TooLarge(f"The answer is larger than {limit} bytes when decompressed.")
    if not machine.eof:
        raise ContentDecodingError("The compressed answer is incomplete.")
    return found


class Connection:
    """A connected socket with its poller; used by one request at a time."""

    __slots__ = ("_by_kernel", "_poller", "_silence", "idle_since", "sock", "used")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.used = False
        self.idle_since = 0.0
        self._poller = select.poll()
        self._poller.register(sock, select.POLLIN)
        # A time-out of Python's costs an extra system call per operation, and a chance for another thread.
        self._by_kernel = sys.platform != "win32" and not isinstance(sock, ssl.SSLSocket)
        self._silence: float | None = None
        sock.settimeout(None)

    def is_stale(self) -> bool:
        """An idle connection that can be read from was closed by the server, or holds garbage."""
        return bool(self._poller.poll(0)) or (
            isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0
        )

    def close(self) -> None:
        """Close the socket; closing twice is fine."""
        self.sock.close()

    def exchange(self, data: bytes, answer: Answer, read: float | None, deadline: float | None) -> None:
        """Send a whole request and read the answer to its end.

        Raises:
            requests.ReadTimeout, NotSent, Dropped, TooLarge, requests.ConnectionError and others of requests.
        """
        self._send(data, read, deadline)
        try:
            while True:
                received = self._receive(answer)
                if received:
                    answer.feed(received)
                else:
                    self._ended(answer)
                if answer.done:
                    break
                if deadline is not None:
                    self._bound(_patience(read, deadline))
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as problem:
            # What a callback raises arrives wrapped.
            if isinstance(problem.__context__, requests.RequestException):
                raise problem.__context__ from None
            raise ChunkedEncodingError(f"The answer is no HTTP: {problem}.") from problem
        answer.finish()

    def _bound(self, seconds: float | None) -> None:
        """Bound each of the next operations on the socket."""
        if seconds == self._silence:
            return
        self._silence = seconds
        if not self._by_kernel:
            self.sock.settimeout(seconds)
            return
        microseconds = max(1000, round(seconds * 1e6)) if seconds is not None else 0
        interval = struct.pack("ll", *divmod(microseconds, 1_000_000))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, interval)

    def _send(self, data: bytes, read: float | None, deadline: float | None) -> None:
        self._bound(_patience(read, deadline))
        try:
            self.sock.sendall(data)
        except (TimeoutError, BlockingIOError) as problem:
            raise ReadTimeout("Sending the request took too long.") from problem
        except OSError as problem:
            raise NotSent(f"The connection broke while sending: {problem}.") from problem

    def _receive(self, answer: Answer) -> bytes:
        try:
            return self.sock.recv(_RECEIVE)
        except (TimeoutError, BlockingIOError) as problem:
            raise ReadTimeout("No answer in time.") from problem
        except OSError as problem:
            if answer.status or answer.fields:
                raise ChunkedEncodingError(f"The connection broke within the answer: {problem}.") from problem
            raise Dropped(f"The connection broke before an answer: {problem}.") from problem

    def _ended(self, answer: Answer) -> None:
        """The server closed the connection: the end of a body without length, or a cut."""
        if not answer.fields and not answer.status:
            raise Dropped("The connection was closed before an answer.")
        framed = answer.field(b"content-length") or answer.field(b"transfer-encoding")
        if framed or not answer.status:
            raise ChunkedEncodingError("The connection was closed within the answer.")
        answer.done, answer.keep_alive = True, False


def _patience(read: float | None, deadline: float | None) -> float | None:
    """The time-out of the next socket operation.

    Raises:
        requests.ReadTimeout: when the deadline has passed.
    """
    if deadline is None:
        return read
    left = deadline - time.monotonic()
    if left <= 0:
        raise ReadTimeout("The deadline of the call has passed.")
    return left if read is None else min(read, left)
