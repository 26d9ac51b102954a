"""Answers of the stock adapter, held to the same rules as those of our own."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from typing import Any, Final

import requests
from requests.exceptions import ChunkedEncodingError, InvalidHeader, ReadTimeout, SSLError
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager, exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

from sdk.rest.connection import TooLarge, decompressed

_PIECE: Final = 64 * 1024
_BODILESS: Final = frozenset({204, 304})


class _Connection(HTTPConnection):
    """A connection of urllib3 that closes an answer whose head urllib3 refuses.

    An answer that ends with its connection takes the socket over, and nobody else would let go of it.
    """

    _answer: http.client.HTTPResponse | None = None

    def response_class(self, *args: Any, **options: Any) -> http.client.HTTPResponse:  # type: ignore[override]
        self._answer = http.client.HTTPResponse(*args, **options)
        return self._answer

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        try:
            return super().getresponse()
        except BaseException:
            if self._answer is not None:
                self._answer.close()
            raise
        finally:
            self._answer = None


class _SecureConnection(_Connection, HTTPSConnection):  # pyright: ignore[reportIncompatibleVariableOverride]
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls: Any = _Connection  # the stubs know urllib3's own classes only


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls: Any = _SecureConnection


_POOLS: Final[dict[str, type[HTTPConnectionPool | HTTPSConnectionPool]]] = {
    "http": _Pool,
    "https": _SecurePool,
}


def tidy(manager: PoolManager) -> None:
    """Let a manager's connections leave no socket to the garbage collector."""
    manager.pool_classes_by_scheme = _POOLS


def opened(send: Callable[[], requests.Response]) -> requests.Response:
    """The head of an answer, its body still to be read.

    Raises:
        requests.RequestException: when there is none, or none that can be trusted.
    """
    try:
        response = send()
    except requests.ConnectionError as problem:
        if _is_huge_head(problem):
            raise TooLarge("The head of the answer is larger than the stock adapter accepts.") from problem
        raise
    except requests.RequestException:
        raise
    except ValueError as problem:
        raise InvalidHeader("A header holds a line break.") from problem
    if response.status_code < 200:
        # What follows on the connection would be taken for the answer to the next request.
        response.raw.close()
        raise ChunkedEncodingError("The stock adapter understands no interim answers.")
    return response


def whole(response: requests.Response, limit: int, deadline: float | None) -> requests.Response:
    """Read the body of an answer.

    Args:
        limit: the largest body that is accepted, in bytes, before and after decompression.
        deadline: the moment of ``time.monotonic()`` when all must be over.

    Raises:
        requests.RequestException: when the body is no good; the connection is closed then.
    """
    try:
        body = _body(response, limit, deadline)
    except BaseException:
        response.raw.close()
        raise
    response.raw.release_conn()
    response._content = body
    response._content_consumed = True  # type: ignore[attr-defined]
    return response


def _body(response: requests.Response, limit: int, deadline: float | None) -> bytes:
    headers, to_head = response.headers, response.request.method == "HEAD"
    announced = headers.get("Content-Length", "")
    if not to_head and announced.isdecimal() and int(announced) > limit:
        raise TooLarge(f"The answer is larger than {limit} bytes.")
    found = bytearray()
    while piece := _piece(response):
        found += piece
        if len(found) > limit:
            raise TooLarge(f"The answer is larger than {limit} bytes.")
        if deadline is not None and time.monotonic() > deadline:
            raise ReadTimeout("The deadline of the call has passed.")
    framed = announced or to_head or "Transfer-Encoding" in headers or response.status_code in _BODILESS
    if not found and not framed:
        # The stock parser takes a head that was cut for a complete one.
        raise ChunkedEncodingError("The connection was closed within the answer.")
    encoding = headers.get("Content-Encoding", "").strip().lower().encode()
    if found and encoding not in {b"", b"identity"}:
        return decompressed(bytes(found), encoding, limit)
    return bytes(found)


def _piece(response: requests.Response) -> bytes:
    try:
        piece: bytes = response.raw.read1(_PIECE, decode_content=False)
    except exceptions.ReadTimeoutError as problem:
        raise ReadTimeout("No answer in time.") from problem
    except exceptions.SSLError as problem:
        raise SSLError(f"The TLS connection broke: {problem}.") from problem
    except (exceptions.HTTPError, OSError) as problem:
        raise ChunkedEncodingError(f"The connection broke within the answer: {problem}.") from problem
    return piece


def _is_huge_head(problem: requests.ConnectionError) -> bool:
    inner = problem.args[0].args if problem.args and isinstance(problem.args[0], Exception) else ()
    return any(
        isinstance(one, http.client.LineTooLong) or "more than 100 headers" in str(one) for one in inner
    )
