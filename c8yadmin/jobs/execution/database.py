"""One clock for all hosts, and transactions that outlive a database's bad moment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

P = ParamSpec("P")
R = TypeVar("R")
PATIENCE = 30.0


def clock() -> datetime:
    """The database's time: leases of several hosts must not depend on whose clock is right."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def retry_db(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `work`, a whole transaction, again while the database restarts, is locked or broke a deadlock.

    Waits 0.1 to 2 s between attempts, half a minute in all; then the database's own error is raised. Inside
    somebody else's transaction nothing is repeated: only the outermost one can be.
    """
    give_up = time.monotonic() + PATIENCE
    delay = 0.1
    while True:
        try:
            return work(*args, **kwargs)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() + delay > give_up:
                raise
            connection.close()
        time.sleep(delay * random.uniform(0.5, 1.5))  # noqa: S311  # jitter, not a secret
        delay = min(2.0, delay * 2)
