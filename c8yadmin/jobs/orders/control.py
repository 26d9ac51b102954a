"""What people do to a job that exists: confirm, pause, resume, cancel."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.request import Person
from c8yadmin.core.tenants import Tenant
from c8yadmin.jobs.authority import approvals, credentials
from c8yadmin.jobs.authority.credentials import Consent, Loan
from c8yadmin.jobs.execution import circuit, news
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.execution.pauses import go_on
from c8yadmin.jobs.execution.settlement import settle
from c8yadmin.jobs.execution.transitions import NotAllowed, amend, move, words
from c8yadmin.jobs.execution.wakeups import dispatch
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import schedules
from c8yadmin.jobs.registry import Action
from c8yadmin.jobs.states import CHANGEABLE, RESCHEDULABLE, PauseReason, State

UNTIMELY = (PauseReason.WINDOW_CLOSED, PauseReason.OUT_OF_HOURS)
LARGE = 1000
CHANGED = "The job was changed since this page was shown. Look at it again."


class NotConfirmed(Exception):
    """The job may not start like that; the text says why."""


class Changed(Exception):
    """The job is not what was confirmed; the text says so."""


def needs_typed_count(job: Job, action: Action | None, tenant: Tenant) -> bool:
    """Whether confirming means to type how many targets there are."""
    much = job.total > LARGE or job.drifted_from is not None
    return much or tenant.access == "guarded" or action is None or action.destructive


def check(job: Job, typed: str | None) -> None:
    """Raise NotConfirmed for a job without targets or too late, and for a wrong count; see `confirm`."""
    if job.standing is State.READY and not job.total:
        raise NotConfirmed("There is nothing to confirm: the job has no targets.")
    if typed is not None and _number(typed) != job.total:
        raise NotConfirmed(f"That is not the number of targets. Type {job.total} to confirm.")
    if job.is_late(clock()):
        raise NotConfirmed("Its latest start has passed: choose another one among the options.")


def confirm(
    job: Job, actor: str, *, typed: str | None, loan: Loan | None = None, seen: str = "", beside: str = ""
) -> None:
    """Let a READY job begin, or wait for its approval, with `loan` if there is one.

    `typed` is what was typed as its count, None where no typing is needed; `seen` is the fingerprint of what
    was confirmed, `beside` stands in the job's log. Raises NotConfirmed for a wrong count or a job without
    targets, Changed when it is not what was seen, NotAllowed when it is not READY.
    """
    check(job, typed)
    retry_db(_confirm, job, actor, loan, seen, beside)
    _announce(job)


def choose(job: Job, options: Mapping[str, Any]) -> None:
    """Let a READY job work as `options` say, columns that `options.OptionsForm` has checked; of no effect on
    any other one."""
    retry_db(Job.objects.filter(pk=job.pk, state=State.READY).update, **options)
    job.refresh_from_db()


def _confirm(job: Job, actor: str, loan: Loan | None, seen: str, beside: str) -> None:
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        if seen and approvals.fingerprint(job.pk) != seen:
            raise Changed(CHANGED)
        if loan is not None:
            _lend(job, loan.credential, loan.consent)
            beside = f"{beside} {_terms(job, loan.consent)}"
        approvals.begin(job.pk, actor=actor, reason=f"Confirmed. {beside}".strip())


def _lend(job: Job, credential: Credential, consent: Consent | None = None) -> None:
    job.works_as = credential.username if credential.kind == "service" else ""
    Job.objects.filter(pk=job.pk).update(works_as=job.works_as)
    credentials.keep(job, credential, consent)


def _terms(job: Job, consent: Consent | None) -> str:
    if job.works_as:
        return f"{job.works_as} works on behalf of {job.owner}."
    return f"A password is kept until {consent.until:%Y-%m-%d %H:%M} UTC." if consent else ""


def _number(typed: str) -> int | None:
    digits = typed.replace(",", "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    return int(digits) if digits.isdecimal() and len(digits) < 20 else None


def pause(job: Job, actor: str) -> None:
    """Stop sending after the batch under way. Raises NotAllowed."""
    retry_db(
        move,
        job.pk,
        State.PAUSED,
        actor=actor,
        reason="Paused.",
        pause_reason=PauseReason.USER,
        lease_until=None,
    )
    _announce(job)


def resume(job: Job, actor: str, credential: Credential | None = None, *, seen: str = "") -> None:
    """Go on where it stopped, from now on with `credential` if one is given. Raises NotAllowed, and Changed
    when it is not in the version that was `seen`, such as stopped again for another reason.

    A job that the service user does stays with that, unless that is why it stopped.
    """
    retry_db(_resume, job, actor, credential, "Resumed.", seen)
    _announce(job)


def _resume(job: Job, actor: str, credential: Credential | None, reason: str, seen: str = "") -> None:
    with transaction.atomic():
        _require_version(job.pk, seen)
        go_on(job.pk, actor=actor, reason=reason)
        if credential is not None and (not job.works_as or job.pause_reason == PauseReason.NEEDS_AUTH):
            _lend(job, credential)
        circuit.recovered(job.tenant)


def resume_after_sign_in(tenant: str, owner: str, credential: Credential) -> int:
    """Let all jobs go on that waited for this sign-in of their owner; answers how many they are."""
    waiting = Job.objects.filter(
        tenant=tenant, owner=owner, state=State.PAUSED, pause_reason=PauseReason.NEEDS_AUTH
    )
    done = 0
    for job in waiting:
        with contextlib.suppress(NotAllowed):  # somebody was faster
            retry_db(_resume, job, owner, credential, "Its owner has signed in again.")
            _announce(job)
            done += 1
    return done


def set_speed(job: Job, actor: str, *, rate: float | None, parallel: int) -> None:
    """From now on at most `rate` requests per second (None: no limit), and so many threads in each slot.

    Who works at the job learns it with the next commit. Raises NotAllowed when the job is over or stopping.
    """
    done = not job.rate_per_s or job.pace is None or job.pace >= job.rate_per_s
    told = f"At most {rate:g} requests per second" if rate else "No limit of its own for the rate"
    retry_db(
        amend,
        job.pk,
        CHANGEABLE,
        actor=actor,
        reason=f"{told}, {parallel} at the same time in each slot.",
        rate_per_s=rate,
        parallel=parallel,
        **({"pace": rate} if done and job.pace is not None else {}),
    )
    _require_approval_again(job)
    _announce(job)


def reschedule(job: Job, actor: str, columns: Mapping[str, Any], *, seen: str = "") -> None:
    """From now on the job has the schedule `columns`, which `schedules.ScheduleForm` has checked.

    One that stopped because of its old schedule goes on by the new one. An approval was for the old one: the
    job waits for it again. Raises Changed when it is not the job that was `seen`, by its fingerprint, and
    NotAllowed when it is being worked or over.
    """
    retry_db(_reschedule, job.pk, actor, dict(columns), seen)
    _require_approval_again(job)
    _announce(job)


def _require_approval_again(job: Job) -> None:
    """What was changed before it began is not what was approved, and who may say so is asked at once."""
    if job.started_at is None:
        approvals.stands(job.pk)


def _reschedule(job_id: uuid.UUID, actor: str, columns: dict[str, Any], seen: str) -> None:
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if seen and approvals.fingerprint(job_id) != seen:
            raise Changed(CHANGED)
        reason = schedules.in_words(columns)
        if job.standing is State.PAUSED and job.pause_reason in UNTIMELY:
            go_on(job_id, actor=actor, reason=reason, **columns)
            return
        if job.standing is State.SCHEDULED and not columns.get("scheduled_at"):
            columns["scheduled_at"] = clock()  # the sweeper starts what has a time, and that has come
        amend(job_id, RESCHEDULABLE, actor=actor, reason=reason, **columns)


def approve(job: Job, approver: Person, seen: str, comment: str = "") -> None:
    """Let a job begin that waits for a second person. Raises as approvals.approve."""
    retry_db(approvals.approve, job.pk, approver, seen=seen, comment=comment)
    _announce(job)


def reject(job: Job, actor: Person, comment: str) -> None:
    """Give a job that waits for a second person back to its owner. Raises as approvals.reject."""
    retry_db(approvals.reject, job.pk, actor, comment)
    _announce(job)


def withdraw(job: Job, owner: str) -> None:
    """Ask no second person any more. Raises NotAllowed."""
    retry_db(approvals.withdraw, job.pk, owner)
    _announce(job)


def cancel(job: Job, actor: str, *, seen: str = "") -> None:
    """Stop for good after the batch under way; what is not done by then never will be. Raises NotAllowed,
    and Changed when it is not in the version that was `seen`: discarding a preview must not stop the work."""
    retry_db(_cancel, job.pk, actor, seen)
    with contextlib.suppress(NotAllowed):  # whoever settled it first
        retry_db(settle, job.pk)
    _announce(job)


def _cancel(job_id: uuid.UUID, actor: str, seen: str) -> None:
    with transaction.atomic():
        _require_version(job_id, seen)
        move(job_id, State.CANCELING, actor=actor, reason="Canceled.", lease_until=None)


def _require_version(job_id: uuid.UUID, seen: str) -> None:
    """Raise Changed unless the job is in the version `seen`, and let nobody change it before this transaction
    is over; without one, any will do."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if seen and str(job.version) != seen:
        now = words(job.standing)
        raise Changed(f"Nothing was done: the job has moved on since this page was shown. It is {now} now.")


def _announce(job: Job) -> None:
    job.refresh_from_db()
    news.tell(job, urgent=True)
    dispatch(job)
