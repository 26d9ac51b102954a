"""Previews of a tenant that answers badly now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from c8yadmin.jobs.execution.answers import ATTEMPTS, backoff
from c8yadmin.jobs.registry import Preview
from sdk import BadAnswer, ServerError

BAD_ANSWERS = (ServerError, BadAnswer)  # what was waited for in vain takes too long to ask again here
Foresee = Callable[[Sequence[str]], list[Preview]]


def each_patiently(foresee: Foresee, ids: Sequence[str]) -> list[Preview]:
    """What `foresee` tells of all `ids`; after a bad answer each of them is asked for by itself, and again.

    The preview of one target may take many calls. Were all of them repeated for each bad answer, a tenant
    that gives one to every tenth call would never be done with them.
    """
    try:
        return foresee(ids)
    except BAD_ANSWERS:
        return [shown for id in ids for shown in _patiently(foresee, id)]


def _patiently(foresee: Foresee, id: str) -> list[Preview]:
    for attempt in range(1, ATTEMPTS):
        try:
            return foresee([id])
        except BAD_ANSWERS:
            time.sleep(backoff(attempt))
    return foresee([id])
