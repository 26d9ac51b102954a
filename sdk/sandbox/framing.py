"""Where the body of a request ends; what is ambiguous is refused, what breaks off never happened."""

from __future__ import annotations

import re
from email.errors import (
    CloseBoundaryNotFoundDefect,
    InvalidMultipartContentTransferEncodingDefect,
    MultipartInvariantViolationDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
from email.message import Message
from io import BufferedIOBase

LARGEST_BODY = 64 * 1024 * 1024
MOST_TRAILERS = 100
OF_MAILS = (
    CloseBoundaryNotFoundDefect,
    InvalidMultipartContentTransferEncodingDefect,
    MultipartInvariantViolationDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
"""The parser of heads is one of mails, and misses the parts of a body that is not in it."""
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(;[^\r\n]*)?\r?\n")


class Malformed(Exception):
    """The request cannot be understood; the message says why, `status` is the answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Truncated(ConnectionError):
    """The client went away in the middle of its request."""


def check_head(headers: Message, requestline: str) -> None:
    """Refuse a head that others may read differently."""
    if len(requestline.split()) != 3:
        raise Malformed("The request line has a method, an address and a version.")
    rest = headers.get_payload()
    if any(not isinstance(found, OF_MAILS) for found in headers.defects) or (isinstance(rest, str) and rest):
        raise Malformed("A header line has a name, a colon and a value.")
    for name, value in headers.items():
        if not name.isascii() or re.search(r"[\x00-\x08\x0a-\x1f\x7f]|[\s\"(),/]", name):
            raise Malformed("A header has an invalid name.")
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
            raise Malformed(f"The header {name} holds control characters.")


def read_body(headers: Message, stream: BufferedIOBase) -> bytes:
    """The whole body. `Malformed` if its end is unclear or too far away, `Truncated` if it never came."""
    lengths, codings = headers.get_all("Content-Length", []), headers.get_all("Transfer-Encoding", [])
    if codings:
        if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise Malformed("A body is either chunked or has a Content-Length.")
        return _chunks(stream)
    if len(set(lengths)) > 1 or not all(re.fullmatch(r"[0-9]{1,18}", value.strip()) for value in lengths):
        raise Malformed("Content-Length must be one number.")
    size = int(lengths[0]) if lengths else 0
    _check_size(size)
    return _exactly(stream, size)


def _check_size(size: int) -> None:
    if size > LARGEST_BODY:
        raise Malformed(f"A body has at most {LARGEST_BODY} bytes.", 413)


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    data = stream.read(size) if size else b""
    if len(data) < size:
        raise Truncated
    return data


def _chunks(stream: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream):
        _check_size(len(body) + size)
        body += _exactly(stream, size)
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise Malformed("A chunk does not end where it says.")
    for _ in range(MOST_TRAILERS):
        line = stream.readline(65_537)
        if not line:
            raise Truncated
        if line in (b"\r\n", b"\n"):
            return bytes(body)
    raise Malformed("There are too many trailers.", 431)


def _chunk_size(stream: BufferedIOBase) -> int:
    line = stream.readline(1000)
    if not line.endswith(b"\n") and len(line) < 1000:
        raise Truncated
    found = _CHUNK.fullmatch(line)
    if found is None:
        raise Malformed("A chunk begins with its size in hexadecimal digits.")
    return int(found[1], 16)
