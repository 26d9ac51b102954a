"""Why targets did not simply succeed, alike reasons taken together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db.models import Case, Count, Min, When

from c8yadmin.jobs.execution.telling import Told
from c8yadmin.jobs.models import ItemResult, Job
from c8yadmin.jobs.states import ItemState

RETRIED = (ItemState.FAILED, ItemState.UNKNOWN)
MANY = 20
# Numbers and moments that stand alone, with a unit at most: not the digit in c8y_Note or SHA1. Long ones are
# part of a serial number or an id, whatever stands before them.
_VARYING = re.compile(r"(?<!\w)\d+(?:T\d+)?(?=(?:m?s|Z)?(?!\w))|\d{5,}")


class NoSuchReason(ValueError):
    """No reason, or more than one, is meant; the text is for the user."""


def wording(message: str, target: str) -> str:
    """`message` without what differs from target to target: its id, and numbers that stand alone."""
    named = re.sub(rf"(?<!\w){re.escape(target)}(?!\w)", "…", message) if target else message
    return _VARYING.sub("…", named)


def key(outcome: str, status: int | None, code: str, message: str, target: str) -> str:
    """What all results with the same reason share, 12 characters long."""
    parts = (outcome, str(status or ""), code, wording(message, target))
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Reason:
    """`n` targets of a job that ended for the same reason."""

    key: str
    n: int
    outcome: str
    status: int | None
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.n:,} × {self.words}"

    @property
    def words(self) -> str:
        """`422 inventory/Invalid Data: …`, without the parts that the tenant did not give: for machines."""
        source = " ".join(str(part) for part in (self.status, self.code) if part)
        return ": ".join(part for part in (source, self.text) if part) or "no reason given"

    @property
    def told(self) -> Told:
        """The same for people."""
        return Told.of(self.outcome, self.status, self.code, self.text)

    @property
    def is_retryable(self) -> bool:
        return self.outcome in RETRIED


def reasons(job: Job, most: int | None = None) -> list[Reason]:
    """The reasons of the job's exceptions: of failures first, the most frequent first; two queries."""
    results = ItemResult.objects.filter(chunk__job=job).order_by().values("reason")
    rank = Min(Case(When(outcome=ItemState.SKIPPED, then=1), default=0))
    groups = results.annotate(n=Count("id"), example=Min("id"), rank=rank)
    found = list(groups.order_by("rank", "-n", "reason")[:most])
    examples = ItemResult.objects.in_bulk([group["example"] for group in found])
    return [_reason(group["reason"], group["n"], examples[group["example"]]) for group in found]


def _reason(key: str, n: int, example: ItemResult) -> Reason:
    text = wording(example.message, example.item_id)
    return Reason(key, n, example.outcome, example.http_status, example.error_code, text)


def known(job_id: UUID | str, key: str) -> Reason | None:
    """The reason of this key, if any target of the job ended for it."""
    results = ItemResult.objects.filter(chunk__job_id=job_id, reason=key)
    example = results.first()
    return _reason(key, results.count(), example) if example else None


def named(job: Job, text: str) -> Reason:
    """The one reason that `text` means: its key, or a part of its words. Raises NoSuchReason."""
    wanted = text.strip().casefold()
    found = [one for one in reasons(job) if wanted and (one.key == wanted or wanted in one.words.casefold())]
    if len(found) == 1:
        return found[0]
    choice = "; ".join(_choices(found or reasons(job, MANY)))
    several = f"“{text}” is in {len(found)} reasons" if found else f"No target ended with “{text}”"
    raise NoSuchReason(f"{several}. There is: {choice}." if choice else f"{several}.")


def _choices(found: Sequence[Reason]) -> Iterator[str]:
    return (f"{one.key} ({one.words[:80]})" for one in islice(found, MANY))
