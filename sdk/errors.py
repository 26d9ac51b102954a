"""Everything that can go wrong, by what the caller would do next.

::

    C8yError
    ├─ Unreachable (ConnectionError)      no connection, refused address, cut answer
    ├─ Timeout (TimeoutError)             connecting, reading, or the deadline of the whole call
    ├─ BadAnswer (ValueError)             an answer against the protocol: no JSON, too large, endless paging
    ├─ BulkError                          some of many calls failed: done, failed, not started
    └─ Refused                            the tenant answered, and said no
       ├─ Unauthorized (ValueError)       401
       │  └─ MissingTfa                   401, and a two-factor code is wanted
       ├─ Forbidden (ValueError)          403
       ├─ NotFound (KeyError)             404
       ├─ Conflict (ValueError)           409
       ├─ Invalid (ValueError)            400, 422, any other 4xx, redirects
       ├─ RateLimited (ValueError)        429
       └─ ServerError (ValueError)        5xx

``KeyError`` for 404 and ``ValueError`` for every other refusal are what the platform's Python SDK raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class C8yError(Exception):
    """The root of all errors this package raises about a tenant."""

    def __str__(self) -> str:
        # KeyError would show the repr of its argument.
        return str(self.args[0]) if self.args else type(self).__name__


class Unreachable(C8yError, ConnectionError):
    """The tenant could not be reached, or the connection broke before the answer was complete.

    ``safe_to_repeat`` is True only when surely nothing of the request was processed.
    """

    def __init__(self, message: str, *, safe_to_repeat: bool = False) -> None:
        super().__init__(message)
        self.safe_to_repeat = safe_to_repeat


class Timeout(C8yError, TimeoutError):
    """Connecting, one read, or the whole call took too long."""

    def __init__(self, message: str, *, safe_to_repeat: bool = False) -> None:
        super().__init__(message)
        self.safe_to_repeat = safe_to_repeat


class BadAnswer(C8yError, ValueError):
    """An answer that cannot be what the platform promises."""


class Refused(C8yError):
    """The tenant answered and refused.

    Attributes:
        status: HTTP status.
        error: the platform's code such as ``inventory/notFound``, "" if it gave none.
        message: the tenant's own words; the status's phrase when the body held none.
        info: address of an explanation, or "".
        method, path: the request, without its parameters (they may hold secrets).
        request_id: what the platform calls this request, or "".
        details: further details of the error body, or {}.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        error: str = "",
        info: str = "",
        method: str = "",
        path: str = "",
        request_id: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.error = error
        self.info = info
        self.method = method
        self.path = path
        self.request_id = request_id
        self.details = dict(details or {})

    def __str__(self) -> str:
        known = (f"{self.status or ''} {self.error}".strip(), f"{self.method} {self.path}".strip())
        shown = ", ".join(one for one in known if one)
        return f"{self.message} ({shown})" if shown else self.message


class Unauthorized(Refused, ValueError):
    """401: wrong or expired credentials."""


class MissingTfa(Unauthorized):
    """401 at sign-in: the credentials need a two-factor code."""


class Forbidden(Refused, ValueError):
    """403: the user lacks a role."""


class NotFound(Refused, KeyError):
    """404: no such object, or none this user may see."""


class Conflict(Refused, ValueError):
    """409: it exists already, or something still refers to it."""


class Invalid(Refused, ValueError):
    """400, 422 and the like: the tenant does not accept this request."""


class RateLimited(Refused, ValueError):
    """429: too many requests; ``retry_after`` is the tenant's wish in seconds, or None."""

    retry_after: float | None = None


class ServerError(Refused, ValueError):
    """5xx: the tenant, or a gateway before it, failed; ``retry_after`` as with RateLimited."""

    retry_after: float | None = None


class BulkError(C8yError):
    """Some of many calls failed; nothing that succeeded is lost.

    Attributes:
        done: pairs (item, result) in order of completion.
        failed: pairs (item, error).
        not_started: items no call was made for.
    """

    def __init__(
        self,
        done: Sequence[tuple[Any, Any]],
        failed: Sequence[tuple[Any, Exception]],
        not_started: Sequence[Any],
    ) -> None:
        self.done = list(done)
        self.failed = list(failed)
        self.not_started = list(not_started)
        first = f": {self.failed[0][1]}" if self.failed else ""
        super().__init__(
            f"{len(self.failed)} failed, {len(self.done)} done, {len(self.not_started)} not started{first}"
        )

    def __reduce__(self) -> tuple[type[BulkError], tuple[Any, ...]]:
        return type(self), (self.done, self.failed, self.not_started)
