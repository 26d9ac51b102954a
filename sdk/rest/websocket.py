"""WebSockets to the tenant, under the same rules as its REST calls."""

from __future__ import annotations

import logging
from typing import Any, Final, Self
from urllib.parse import urlsplit

import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, reconnect

from sdk.errors import C8yError, Refused, Unauthorized, Unreachable
from sdk.rest import answers, dial, tls
from sdk.rest.client import USER_AGENT, CumulocityRestClient

_LARGEST: Final = 16 * 2**20
# The address holds the token, which must not reach a log.
_logger = logging.getLogger("sdk.websocket")
_logger.setLevel(logging.WARNING)


class Socket:
    """An open connection. Whatever ends it is told as an error of the SDK."""

    __slots__ = ("_connection",)

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        self._connection.__enter__()
        return self

    def __exit__(self, *problem: Any) -> None:
        self._connection.__exit__(*problem)

    def receive(self, timeout: float) -> str | None:
        """The next text, None when there is none for so many seconds.

        Raises:
            Unauthorized: when the tenant closed the connection because of the token.
            Unreachable: when the connection has ended.
        """
        try:
            return str(self._connection.recv(timeout=timeout, decode=True))
        except TimeoutError:
            return None
        except ConnectionClosed as problem:
            raise _ending(problem) from problem

    def send(self, text: str) -> None:
        """Send a text.

        Raises:
            Unauthorized, Unreachable: see ``receive``.
        """
        try:
            self._connection.send(text)
        except ConnectionClosed as problem:
            raise _ending(problem) from problem


def _ending(problem: ConnectionClosed) -> C8yError:
    # Some tenants say only in closing that a token is not good any more.
    if problem.rcvd is not None and "401" in problem.rcvd.reason:
        return Unauthorized("The tenant does not accept the token.", status=401)
    return Unreachable("The connection has ended.")


class _Door(reconnect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """Redirects are not followed: the token would be told to another host."""
        return exc


def opened(client: CumulocityRestClient, address: str) -> Socket:
    """An open connection to an address of the tenant; close it, best by ``with``.

    Raises:
        Refused: when the tenant says no, e.g. Conflict where such a connection is open already.
        Unreachable: when there is no connection.
    """
    parts = urlsplit(address)
    host, secure = parts.hostname or "", parts.scheme == "wss"
    connect, read = client._channel.timeout
    options: dict[str, Any] = {"ssl": tls.context() if secure else None, "open_timeout": connect + read}
    check = getattr(client._channel.connector, "_check", None)
    try:
        if check is not None:
            port = parts.port or (443 if secure else 80)
            options |= {"sock": dial.connect(host, port, None, check, connect), "proxy": None}
        door = _Door(
            address,
            close_timeout=2,
            max_size=_LARGEST,
            logger=_logger,
            user_agent_header=USER_AGENT,
            **options,
        )
        return Socket(door.connect())
    except (InvalidStatus, WebSocketException, OSError) as problem:
        error = _error(problem, parts.path, host)
    # Outside of the handler: what is chained to the error might show the address.
    raise error


def _error(problem: Exception, path: str, host: str) -> C8yError:
    if isinstance(problem, InvalidStatus):
        return _refusal(problem, path)
    if isinstance(problem, dial.NotAllowed):
        return Unreachable(str(problem))
    return Unreachable(f"There is no connection to {host}.", safe_to_repeat=True)


def _refusal(problem: InvalidStatus, path: str) -> Refused:
    response = requests.Response()
    response.status_code = problem.response.status_code
    response.headers.update(dict(problem.response.headers.raw_items()))
    response._content = bytes(problem.response.body or b"")
    response.request = requests.Request("GET", f"http://tenant{path}").prepare()
    return answers.refusal(response)
