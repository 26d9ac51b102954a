"""A worker's death in a test: it ends where it stands, as a signal would have it, and tidies nothing up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """Ends a worker where it stands."""


def dies_at(call: int, work: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """`work` whose `call`-th call ends the worker, before or after it was done."""
    calls = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise Killed
        answer = work(*args, **kwargs)
        if calls == call:
            raise Killed
        return answer

    return wrapped
