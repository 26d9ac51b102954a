"""Taking back what a job did, by a job of its own that is prepared, shown and confirmed like any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.tenants import Tenant
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.models import BeforeImages, Chunk, Job
from c8yadmin.jobs.orders.options import inherited
from c8yadmin.jobs.orders.submission import Order, submit
from c8yadmin.jobs.registry import Action, find_action
from c8yadmin.jobs.states import TERMINAL
from c8yadmin.jobs.undoing import images
from c8yadmin.jobs.undoing.reversal import Reversal, Undoable, opposite

AT_ONCE = 100  # chunks whose images one transaction removes


class NotRevertible(Exception):
    """The job cannot be reverted (now); the text says why."""


def why_not(job: Job) -> str:
    """Why nobody can revert the job, as a sentence; empty when it can be done."""
    if not job.is_terminal:
        return "What a job did can be reverted when it is over."
    action = find_action(job.action)
    if action is None or action.version != job.params_version:
        return f"This version does not know how to undo {job.action}."
    if opposite(action) is None:
        return action.irreversible
    if job.images_removed_at:
        return f"What was there before was kept for {kept_for()}, and is removed by now."
    if not job.keeps_images:
        return "Nothing was kept of what was there before: the job is of an older version."
    if not BeforeImages.objects.filter(chunk__job=job, given=False).exists():
        return "The job changed nothing."
    return _under_way(job)


def _under_way(job: Job) -> str:
    other = job.reverted_by.exclude(state__in=TERMINAL).first()
    return f"Job {other.pk} is about to revert it already." if other else ""


def promise(action: Action | None) -> str:
    """What is told before a job begins: whether it can be reverted, for how long, and what is lost."""
    if action is None:
        return ""
    if isinstance(action, Reversal) and not action.irreversible:
        return f"It can be reverted itself for {kept_for()}."
    if action.irreversible or not settings.JOBS_UNDO_DAYS:
        return "This cannot be undone: what is removed is lost." if action.destructive else ""
    loses = action.loses if isinstance(action, Undoable) else ""
    return f"Once it has ended, the job can be reverted for {kept_for()}. {loses}".strip()


def kept_for() -> str:
    """How long images are kept, in words."""
    days = settings.JOBS_UNDO_DAYS
    return f"{days} day{'' if days == 1 else 's'}"


def revert(job: Job, tenant: Tenant, credential: Credential, owner: str, *, autostart: bool = False) -> Job:
    """A new job that takes back what an ended one changed; of a revert, what does it again.

    Raises NotRevertible.
    """
    action = find_action(job.action)
    back = opposite(action) if action else None
    if (why := why_not(job)) or back is None:
        raise NotRevertible(why)
    order = Order(
        tenant,
        credential,
        owner,
        back,
        job.params,
        {"revert_of": str(job.pk)},
        autostart=autostart,
        settings=inherited(job),
        reverts=job,
    )
    return submit(order)


def became(job: Job, ids: Sequence[str]) -> dict[str, str]:
    """The new ids of those of a revert's targets `ids` that it made anew."""
    action = find_action(job.action)
    if not isinstance(action, Reversal) or not job.keeps_images:
        return {}
    made = {id: action.of.became(image) for id, image in images.of_targets(job, ids).items()}
    return {id: new for id, new in made.items() if new}


def forget() -> None:
    """Remove the images of jobs that ended longer ago than images are kept; a part of them at a time."""
    due = clock() - timedelta(days=settings.JOBS_UNDO_DAYS)
    old = Job.objects.filter(finished_at__lte=due, keeps_images=True)
    for job in old.order_by("finished_at")[:10]:
        retry_db(_forget, job)


def _with_images(job: Job) -> QuerySet[Chunk]:
    return Chunk.objects.filter(job=job, images__isnull=False).distinct()


def _forget(job: Job) -> None:
    """The first images go with the word that they do: no revert takes those that are left for all."""
    with transaction.atomic():
        some = list(_with_images(job).values_list("pk", flat=True)[:AT_ONCE])
        BeforeImages.objects.filter(chunk__in=some).delete()
        Job.objects.filter(pk=job.pk).update(
            images_removed_at=job.images_removed_at or clock(), keeps_images=_with_images(job).exists()
        )
