"""How long an answer is waited for."""

from __future__ import annotations

import time
from typing import Any


class Patience(tuple[float | None, float | None]):
    """Time-outs as every requests adapter takes them, with the deadline that this one knows too.

    Args:
        connect: seconds to connect.
        read: seconds to wait for each piece of an answer.
        deadline: the moment of ``time.monotonic()`` when all must be over.
    """

    deadline: float | None

    def __new__(cls, connect: float | None, read: float | None, deadline: float | None = None) -> Patience:
        self = tuple.__new__(cls, (connect, read))
        self.deadline = deadline
        return self

    @classmethod
    def of(cls, timeout: Any) -> Patience:
        """The same from any form that requests knows."""
        if isinstance(timeout, cls):
            return timeout
        if isinstance(timeout, tuple):
            return cls(*timeout)
        return cls(timeout, timeout)

    def to_connect(self) -> float | None:
        """Seconds there are for connecting."""
        connect, _ = self
        if self.deadline is None:
            return connect
        left = max(0.001, self.deadline - time.monotonic())
        return left if connect is None else min(connect, left)
