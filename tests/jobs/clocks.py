"""The one clock of the jobs, which stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import time_machine
from django.db import connection

# PostgreSQL's own clock cannot be set; but a function of this name that is found first is asked in its place.
HOLD = """
CREATE SCHEMA held;
CREATE FUNCTION held.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT {0}::timestamptz';
SET LOCAL search_path = held, pg_catalog, public;
"""
RELEASE = "SET LOCAL search_path TO DEFAULT; DROP SCHEMA held CASCADE"


@contextmanager
def held(moment: datetime) -> Iterator[None]:
    """Inside it is always `moment`, for this process and, in the test's transaction, for its database."""
    with time_machine.travel(moment, tick=False):
        _say(HOLD.format(f"''{moment.isoformat()}''"))
        yield
        _say(RELEASE)


def _say(words: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(words)
