"""The only way in which a job's state changes: compare, set, and write down why, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import F

from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Job, JobCredential, JobEvent
from c8yadmin.jobs.states import TERMINAL, State, may

SYSTEM = "c8yadmin"


class NotAllowed(Exception):
    """The job is not (or no longer) in a state from which it may take this step."""

    def __init__(self, before: State, after: State) -> None:
        super().__init__(
            f"A job that is {words(before)} cannot become {words(after)}."
            if before is not after
            else f"The job is {words(before)}."
        )
        self.before = before
        self.after = after


def words(state: State) -> str:
    """`state` as it stands in a sentence."""
    return state.replace("_", " ").lower()


def move(
    job_id: uuid.UUID,
    after: State,
    *,
    actor: str = SYSTEM,
    reason: str = "",
    details: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Take the job one step further; `changes` are columns set by the same UPDATE.

    Raises NotAllowed when the step is not one of `states.ALLOWED`, whoever was faster. A terminal step
    deletes the job's credential. Job.DoesNotExist when there is no such job.
    """
    with transaction.atomic():
        before = _standing(job_id)
        now = clock()
        if after in TERMINAL:
            changes["finished_at"] = now
        if not may(before, after) or not _compare_and_set(job_id, before, after, changes):
            raise NotAllowed(State(Job.objects.values_list("state", flat=True).get(pk=job_id)), after)
        if after in TERMINAL:
            JobCredential.objects.filter(job_id=job_id).delete()
        record(job_id, before, after, actor=actor, reason=reason, details=details)


def amend(job_id: uuid.UUID, among: Collection[State], *, actor: str, reason: str, **changes: Any) -> None:
    """Change something else about a job that is in one of the states `among`, and write down why.

    Raises NotAllowed when it is in another one by now. Job.DoesNotExist when there is no such job.
    """
    with transaction.atomic():
        state = _standing(job_id)
        same = Job.objects.filter(pk=job_id, state=state)
        if state not in among or not same.update(version=F("version") + 1, **changes):
            state = State(Job.objects.values_list("state", flat=True).get(pk=job_id))
            raise NotAllowed(state, state)
        record(job_id, state, state, actor=actor, reason=reason)


def _standing(job_id: uuid.UUID) -> State:
    """The job's state, which nobody else changes before this transaction is over.

    Where rows are locked, whoever comes second waits here, and takes the step from what the job then is: who
    cancels a job in the moment of its approval must not be told that they cannot.
    """
    return State(Job.objects.select_for_update().values_list("state", flat=True).get(pk=job_id))


def _compare_and_set(job_id: uuid.UUID, before: State, after: State, changes: dict[str, Any]) -> bool:
    fresh = {"pause_reason": "", "problem": "", "resume_at": None} | changes
    rows = Job.objects.filter(pk=job_id, state=before).update(state=after, version=F("version") + 1, **fresh)
    return rows == 1


def record(
    job_id: uuid.UUID,
    before: str,
    after: str,
    *,
    actor: str,
    reason: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Append to the job's log; belongs into the transaction of what it tells."""
    JobEvent.objects.create(
        job_id=job_id,
        at=clock(),
        actor=actor,
        before=before,
        after=after,
        reason=reason[:1000],
        details=details or {},
    )
