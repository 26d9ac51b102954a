"""What is tried again, and when."""

from __future__ import annotations

import email.utils
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_TRANSIENT = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Repeats what is safe to repeat, with growing random pauses.

    * GET, PUT and DELETE: after a broken connection, a timeout while connecting, 502, 503 and 504.
    * Every method: after 429, and when surely nothing was sent (refused connection).
    * A POST is never repeated otherwise: the platform may have stored what it answered with an error.
    * ``Retry-After`` is obeyed up to ``longest_retry_after``; a longer wish is not waited for.

    Args:
        attempts: how often a request is sent at most.
        base: upper bound of the first pause in seconds; it doubles with each further one.
        cap: upper bound of any pause in seconds.
        longest_retry_after: the longest ``Retry-After`` that is waited for, in seconds.
    """

    attempts: int = 4
    base: float = 0.25
    cap: float = 10.0
    longest_retry_after: float = 30.0

    @classmethod
    def none(cls) -> RetryPolicy:
        """No repetition at all."""
        return cls(attempts=1)

    def repeats_status(self, method: str, status: int) -> bool:
        """Whether an answer with this status is worth another attempt."""
        return status == 429 or (status in _TRANSIENT and method in _SAFE_METHODS)

    def repeats_failure(self, method: str, *, nothing_sent: bool) -> bool:
        """Whether a request that got no answer may be sent again."""
        return nothing_sent or method in _SAFE_METHODS

    def pause(self, attempt: int, retry_after: float | None) -> float | None:
        """Seconds to wait after this attempt (counted from 1); None when it was the last."""
        if attempt >= self.attempts:
            return None
        if retry_after is not None:
            return retry_after if retry_after <= self.longest_retry_after else None
        # Full jitter: many clients that failed together do not come back together.
        return random.uniform(0, min(self.cap, self.base * 2 ** (attempt - 1)))  # noqa: S311


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """The ``Retry-After`` of an answer in seconds, from either of its forms; None when absent or wrong."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", value):
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
