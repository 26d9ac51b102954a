"""The door for tests: a `requests` adapter that calls the WSGI application in-process."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Mapping
from email.message import Message
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError, ReadTimeout, SSLError
from urllib3 import HTTPHeaderDict, HTTPResponse

from sdk.sandbox.application import Application, Environ
from sdk.sandbox.faults import Cut, TooSlow


class SandboxAdapter(HTTPAdapter):
    """Answers prepared requests from the application, with the exceptions of a real connection."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self._application = application

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started.append((status, headers))

        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        environ = environ_of(request, patience)
        try:
            if cert and environ["wsgi.url_scheme"] == "https":
                environ["SSL_CLIENT_CERT"] = _shown(cert)
            chunks = self._application(environ, start_response)
            return self.build_response(request, _raw(request, *started[0], _Body(_sent(request, chunks))))
        except Cut as error:
            raise ConnectionError("The connection was cut.", request=request) from error
        except TooSlow as error:
            raise ReadTimeout("The answer took too long.", request=request) from error
        except ssl.SSLError as error:
            raise SSLError(error, request=request) from error


def environ_of(request: PreparedRequest, patience: float | None = None) -> Environ:
    """The WSGI environment of a prepared request; `patience` is its read timeout in seconds."""
    parts = urlsplit(request.url or "")
    body = _bytes(request.body)
    method = "GET" if request.method == "HEAD" else request.method
    environ: Environ = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": parts.path or "/",
        "PATH_INFO": unquote(parts.path),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "HTTP_HOST": parts.netloc.rpartition("@")[2],
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "sandbox.patience": patience,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def _shown(cert: str | tuple[str, str]) -> str:
    """The certificate that a client shows, of the files that mutual TLS would read, which check its key."""
    certificate, key = (cert, None) if isinstance(cert, str) else cert
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key)
    return (
        Path(certificate).read_text().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----"
    )


def _sent(request: PreparedRequest, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The body that travels: none to HEAD, which hears all else that GET hears; faults strike still."""
    return (chunk for chunk in chunks if request.method != "HEAD")


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    return bytes(body.read()) if hasattr(body, "read") else b"".join(body)


class _Body(RawIOBase):
    """The chunks of an answer as a file; a cut raises out of the read like a broken connection."""

    def __init__(self, chunks: Any) -> None:
        self._chunks, self._rest = chunks, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._rest += chunk
        if size < 0:
            size = len(self._rest)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


class _Original:
    """What `requests` reads cookies from: the headers as a message."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        self.msg = Message()
        for name, value in headers:
            self.msg[name] = value

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing is open."""


def _raw(request: PreparedRequest, status: str, headers: list[tuple[str, str]], body: _Body) -> HTTPResponse:
    code, reason = status.split(" ", 1)
    return HTTPResponse(
        body=body,
        headers=HTTPHeaderDict(headers),
        status=int(code),
        reason=reason,
        preload_content=False,
        original_response=_Original(headers),  # type: ignore[arg-type]
        request_method=request.method,
        enforce_content_length=True,
    )
