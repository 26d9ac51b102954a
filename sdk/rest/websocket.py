"""WebSockets to the tenant, under the same rules as its REST calls."""

from __future__ import annotations

import logging
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, reconnect

from sdk.errors import C8yError, Refused, Unreachable
from sdk.rest import answers, dial, tls
from sdk.rest.client import USER_AGENT, CumulocityRestClient

_LARGEST: Final = 16 * 2**20
# The address holds the token, which must not reach a log.
_logger = logging.getLogger("sdk.websocket")
_logger.setLevel(logging.WARNING)


class _Door(reconnect):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """Redirects are not followed: the token would be told to another host."""
        return exc


def opened(client: CumulocityRestClient, address: str) -> ClientConnection:
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
        return door.connect()
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
