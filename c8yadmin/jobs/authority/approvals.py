"""The two-person rule at work: a job for which it is made waits until somebody else says yes.

What was approved is one very job, told by its fingerprint: when anything of it is changed before it begins,
the approval is void.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid

from django.db import transaction

from c8yadmin.accounts.rights import oversees
from c8yadmin.core.request import Person
from c8yadmin.jobs.authority import credentials
from c8yadmin.jobs.authority.rules import rule_of
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.launching import launch
from c8yadmin.jobs.execution.transitions import NotAllowed, move
from c8yadmin.jobs.models import Approval, Job
from c8yadmin.jobs.orders.places import tenant_of
from c8yadmin.jobs.registry import find_action
from c8yadmin.jobs.states import State

# What the engine notes while it brings a job to its beginning, and what says nothing about what will be done.
# Every other column is a part of what was approved, those of later versions included.
NOT_APPROVED = frozenset(
    {
        "state",
        "pause_reason",
        "problem",
        "version",
        "prepare_cursor",
        "prepare_attempts",
        "lease_token",
        "lease_until",
        "preview",
        "autostart",
        "idem_key",
        "pace",
        "pace_at",
        "stage",
        "stage_ends",
        "stage_until",
        "resume_at",
        "served_at",
        "marks",
        "started_at",
        "finished_at",
    }
)


class NotApproved(Exception):
    """This user cannot approve the job, or not what it has become; the text says why."""


def fingerprint(job_id: uuid.UUID) -> str:
    """What stands for all that the job would do, as the database has it now."""
    row = Job.objects.filter(pk=job_id).values().get()
    meant = {name: value for name, value in row.items() if name not in NOT_APPROVED}
    return hashlib.sha256(json.dumps(meant, sort_keys=True, default=str).encode()).hexdigest()


def begin(job_id: uuid.UUID, *, actor: str, reason: str) -> None:
    """Let a READY job begin, now or at its time; once it is approved where the two-person rule is for it.

    The only way out of READY towards work; belongs into the transaction of whoever confirms. Raises
    NotAllowed.
    """
    job = Job.objects.get(pk=job_id)
    why = rule_of(tenant_of(job)).why(find_action(job.action), job.total)
    if not why:
        launch(job_id, actor=actor, reason=reason)
        return
    move(job_id, State.AWAITING_APPROVAL, actor=actor, reason=f"{reason} {why}")
    blank = {"approver": "", "approved_at": None, "comment": "", "fingerprint": ""}
    Approval.objects.update_or_create(job=job, defaults=blank | {"asked_at": clock(), "why": why})


def approve(job_id: uuid.UUID, approver: Person, *, seen: str, comment: str = "") -> None:
    """Let the job begin that `approver` has `seen`, by its fingerprint.

    Raises NotApproved when this user may not approve it, or when it is not what was seen; NotAllowed when it
    does not wait for approval (any more).
    """
    with transaction.atomic():
        _waiting(job_id, approver, State.QUEUED)
        if fingerprint(job_id) != seen:
            raise NotApproved("The job was changed since this page was shown. Look at it again.")
        said = f"Approved: {comment}" if comment else "Approved."
        launch(job_id, actor=approver.name, reason=said, details={"approved": seen})
        Approval.objects.filter(job=job_id).update(
            approver=approver.name, approved_at=clock(), comment=comment[:1000], fingerprint=seen
        )


def _waiting(job_id: uuid.UUID, person: Person, after: State) -> Job:
    """The job, which nobody else can change now. Raises NotAllowed and NotApproved."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if job.standing is not State.AWAITING_APPROVAL:
        raise NotAllowed(job.standing, after)
    if why := why_not(job, person):
        raise NotApproved(why)
    return job


def reject(job_id: uuid.UUID, person: Person, comment: str) -> None:
    """Give the job back to its owner, who may change, confirm or discard it. Raises as `approve`."""
    said = f"{person.name} rejected it: {comment}"
    with transaction.atomic():
        _give_back(_waiting(job_id, person, State.READY), person.name, said, said)


def withdraw(job_id: uuid.UUID, actor: str) -> None:
    """Ask for no approval any more, for instance to change something first. Raises NotAllowed."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.standing is not State.AWAITING_APPROVAL:
            raise NotAllowed(job.standing, State.READY)
        _give_back(job, actor, "Taken back.", "")


def _give_back(job: Job, actor: str, reason: str, problem: str) -> None:
    move(job.pk, State.READY, actor=actor, reason=reason, problem=problem[:1000])
    Approval.objects.filter(job=job).delete()
    credentials.forget_password(job)  # it was given to what would have begun now


def why_not(job: Job, person: Person) -> str:
    """Why somebody may not approve or reject `job`, as a sentence; empty when they may.

    Nobody approves what they asked for, nor what the service user would do if they are that; and nobody
    approves what they may not do themselves, by rights for the whole tenant.
    """
    if person.name.casefold() in {owner.casefold() for owner in owners(job)}:
        return "Nobody approves their own job, nor what continues it: somebody else has to."
    if job.works_as and person.name.casefold() == job.works_as.casefold():
        return f"{job.works_as} would do the work, so somebody else has to approve it."
    if may_decide(person, job.action):
        return ""
    action = find_action(job.action)
    needs = " or ".join(action.needs) if action else ""
    return f"Only who holds {needs or 'the rights of an administrator'} by a global role may approve it."


def may_decide(person: Person, action: str) -> bool:
    """Whether somebody holds the rights, by global roles, to do and so to approve `action` for others."""
    found = find_action(action)
    if found is None:
        return False
    return person.may(*found.needs) if found.needs else oversees(person)


def owners(job: Job) -> set[str]:
    """Who asked for the job, and for the jobs that it retries or reverts."""
    found: set[str] = set()
    seen, waiting = set[uuid.UUID](), [job]
    while waiting:
        one = waiting.pop()
        if one.pk not in seen:
            seen.add(one.pk)
            found.add(one.owner)
            waiting += [earlier for name in _EARLIER if (earlier := getattr(one, name)) is not None]
    return found


_EARLIER = [field.name for field in Job._meta.fields if field.related_model is Job]


def stands(job_id: uuid.UUID) -> bool:
    """Whether the job may begin. One that needs approval and is not what was approved waits for it again."""
    with transaction.atomic():
        approval = Approval.objects.filter(job_id=job_id).first()
        if approval is None or (approval.approver and approval.fingerprint == fingerprint(job_id)):
            return True
        who = approval.approver or "anybody"
        problem = f"It was changed after {who} approved it, so it needs approval again."
        with contextlib.suppress(NotAllowed):
            move(job_id, State.AWAITING_APPROVAL, reason=problem, problem=problem)
            Approval.objects.filter(job_id=job_id).update(
                approver="", approved_at=None, comment="", fingerprint=""
            )
        return False
