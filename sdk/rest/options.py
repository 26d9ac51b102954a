"""How a client goes about its calls: the keywords that everything which makes a client takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Literal, TypedDict

import requests
from requests.adapters import BaseAdapter

from sdk.rest.retry import RetryPolicy

Units = Literal["imperial", "metric"]


class ProcessingMode(StrEnum):
    """What the platform does with data that is sent to it."""

    PERSISTENT = "PERSISTENT"
    TRANSIENT = "TRANSIENT"
    QUIESCENT = "QUIESCENT"
    CEP = "CEP"


class ClientOptions(TypedDict, total=False):
    """What of a client's arguments is not about who signs in where; see ``CumulocityRestClient``."""

    connector_factory: Callable[[], BaseAdapter] | None
    semaphore: threading.Semaphore | None
    timeout: tuple[float, float]
    deadline: float | None
    retry: RetryPolicy | None
    on_request: Callable[[requests.PreparedRequest], None] | None
    on_response: Callable[[requests.Response], None] | None
    method_tunnelling: bool
    stock_adapter: bool
    system_of_units: Units | None


def units_of(system: Units | None) -> Units | None:
    """A system of units, checked.

    Raises:
        ValueError: for one there is none of.
    """
    if system not in {None, "imperial", "metric"}:
        raise ValueError(f"A system of units is imperial or metric, not {system!r}.")
    return system
