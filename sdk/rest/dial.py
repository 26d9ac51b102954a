"""From a host name to a connected socket: resolved once, checked, and the checked address dialled."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable

import requests
from requests.exceptions import ConnectTimeout, SSLError

from sdk.rest.connection import NotSent

AddressCheck = Callable[[str], bool]


class NotAllowed(requests.ConnectionError):
    """The name leads to an address that may not be dialled, or to none at all; trying again is of no use."""


def resolve(host: str, port: int, check: AddressCheck | None) -> list[str]:
    """All addresses of a name, each checked.

    Raises:
        NotAllowed: when the name is unknown, or ``check`` refuses any of its addresses.
        NotSent: when the name cannot be resolved just now.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as problem:
        kind = NotSent if problem.errno == socket.EAI_AGAIN else NotAllowed
        raise kind(f"The name {host} cannot be resolved.") from problem
    except UnicodeError as problem:
        raise NotAllowed(f"{host!r} is no host name.") from problem
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if check is not None and not all(check(address) for address in addresses):
        raise NotAllowed(f"The name {host} leads to an address that may not be called.")
    return addresses


def connect(
    host: str, port: int, tls: ssl.SSLContext | None, check: AddressCheck | None, patience: float | None
) -> socket.socket:
    """A connected socket, with TLS if a context is given.

    Args:
        patience: seconds for all addresses and the TLS handshake together.

    Raises:
        requests.ConnectTimeout, requests.SSLError, NotSent, NotAllowed.
    """
    until = None if patience is None else time.monotonic() + patience
    problem: OSError | None = None
    addresses = resolve(host, port, check)
    for untried, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        left = _left(until)
        try:
            # A silent address must leave time for the others.
            sock = socket.create_connection((address, port), left and left / untried)
        except OSError as failure:
            problem = failure
            continue
        return _secured(sock, host, tls, until)
    if isinstance(problem, TimeoutError):
        raise ConnectTimeout(f"Connecting to {host} took too long.") from problem
    raise NotSent(f"{host} cannot be reached: {problem}.") from problem


def _secured(
    sock: socket.socket, host: str, tls: ssl.SSLContext | None, until: float | None
) -> socket.socket:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls is None:
        return sock
    try:
        sock.settimeout(_left(until))
        return tls.wrap_socket(sock, server_hostname=host)
    except TimeoutError as problem:
        sock.close()
        raise ConnectTimeout(f"The TLS handshake with {host} took too long.") from problem
    except ssl.SSLError as problem:
        sock.close()
        raise SSLError(f"No TLS connection to {host}: {problem}") from problem
    except OSError as problem:
        sock.close()
        raise NotSent(f"{host} broke the TLS handshake: {problem}.") from problem


def _left(until: float | None) -> float | None:
    return None if until is None else max(0.001, until - time.monotonic())
