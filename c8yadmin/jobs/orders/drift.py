"""What has come or gone since a job's targets were frozen for its preview."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from c8yadmin.jobs.execution import news
from c8yadmin.jobs.execution.database import retry_db
from c8yadmin.jobs.execution.transitions import move
from c8yadmin.jobs.execution.wakeups import dispatch
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.orders import scopes
from c8yadmin.jobs.registry import find_target
from c8yadmin.jobs.states import State
from sdk import CumulocityClient

PERCENT = 10


def count_now(job: Job, c8y: CumulocityClient) -> int | None:
    """How many targets match now (one tenant call); None where they come from no query."""
    kind = find_target(job.target_kind)
    if kind is None or job.target_spec.keys().isdisjoint({"filter", "query"}):
        return None
    return int(scopes.query(kind, job.target_spec, c8y).count())


def previewed(job: Job) -> int:
    """How many targets matched when the job was previewed, as the tenant counted them then."""
    matched = job.preview.get("matched")
    return job.total if matched is None else int(matched)


def is_large(before: int, now: int) -> bool:
    """Whether a preview of `before` targets says too little about `now`: over ten percent came or went."""
    return abs(now - before) * 100 > before * PERCENT


def prepare_again(job: Job, actor: str, now: int) -> None:
    """Count and preview a READY job anew, because so many came or went; whoever confirmed looks at it again.

    Raises NotAllowed.
    """
    reason = f"{previewed(job):,} targets matched for the preview, {now:,} do now: it is prepared anew."
    retry_db(_prepare_again, job, actor, reason)
    job.refresh_from_db()
    news.tell(job, urgent=True)
    dispatch(job)


def _prepare_again(job: Job, actor: str, reason: str) -> None:
    nothing: dict[str, Any] = {
        "total": 0,
        "prepared_at": None,
        "prepare_cursor": "",
        "prepare_attempts": 0,
        "preview": {},
    }
    with transaction.atomic():
        # A job that was submitted as confirmed is not any more: it stops at its preview.
        changes = nothing | {"drifted_from": previewed(job), "autostart": False}
        move(job.pk, State.PREPARING, actor=actor, reason=reason, **changes)
        Chunk.objects.filter(job=job).delete()
