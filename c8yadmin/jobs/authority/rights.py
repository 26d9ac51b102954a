"""Who sees a job, and why somebody may not do something to it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404

from c8yadmin.accounts.rights import oversees
from c8yadmin.core.request import AppRequest, Person
from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.execution.transitions import words
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.submission import why_not_again
from c8yadmin.jobs.registry import actions, find_action
from c8yadmin.jobs.states import CHANGEABLE, RESCHEDULABLE, RUNNABLE, PauseReason, State, may
from c8yadmin.jobs.undoing import reverting

RESUME = {
    PauseReason.NEEDS_AUTH.value: "Resume with my sign-in",
    PauseReason.STAGE_DONE.value: "Go on now",
    PauseReason.STAGE_FAILED.value: "Go on all the same",
    PauseReason.WINDOW_CLOSED.value: "Start all the same",
}


def visible(request: AppRequest) -> QuerySet[Job]:
    """The jobs of the tenant that the user may see: their own, those that they approved or may approve, and
    all of them for a tenant's administrator."""
    jobs = Job.objects.filter(tenant=request.tenant.slug)
    if oversees(request.person):
        return jobs
    name = request.person.name
    decided = Q(state=State.AWAITING_APPROVAL) & deciding(request.person) | Q(approval__approver=name)
    return jobs.filter(Q(owner=name) | decided)


def decidable(person: Person) -> list[str]:
    """The actions that somebody may approve for others."""
    return [action.name for action in actions() if approvals.may_decide(person, action.name)]


def deciding(person: Person) -> Q:
    """The jobs whose actions somebody may approve."""
    return Q(action__in=decidable(person))


def awaiting(request: AppRequest) -> QuerySet[Job]:
    """The jobs that wait for approval and that the user may see."""
    return visible(request).filter(state=State.AWAITING_APPROVAL)


def seen_job(request: AppRequest, id: uuid.UUID) -> Job:
    """A job that the user may see; for every other one, 404 tells no more than for none."""
    job = visible(request).filter(pk=id).select_related("parent").first()
    if job is None:
        raise Http404("There is no such job, or your user may not see it.")
    return job


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why each step on a job's page is not open, as a sentence; empty when it is."""

    confirm: str
    pause: str
    resume: str
    cancel: str
    speed: str
    schedule: str
    retry: str
    again: str
    revert: str
    approve: str
    withdraw: str

    @classmethod
    def of(cls, request: AppRequest, job: Job) -> Blocked:
        action = find_action(job.action)
        read_only = request.tenant.read_only and not (action and action.reads)
        common = f"{request.tenant.name} is connected read-only." if read_only else ""
        mine = "" if job.owner == request.person.name else f"The job works with the sign-in of {job.owner}."
        not_owned = mine and f"Only {job.owner} may do that."
        steered = "" if oversees(request.person) else not_owned
        return cls(
            confirm=common or mine or _not_confirmable(job),
            pause=common or steered or _state(job, State.PAUSED),
            resume=common or mine or _not_paused(job),
            cancel=common or steered or _state(job, State.CANCELING),
            speed=common or steered or _among_options(job) or _not_changeable(job),
            schedule=common or not_owned or _among_options(job) or _not_reschedulable(job),
            retry=common or _not_retryable(job),
            again=common or why_not_again(job) or _not_permitted(request, job),
            revert=common or reverting.why_not(job) or _not_permitted(request, job),
            approve=common or _not_waiting(job) or approvals.why_not(job, request.person),
            withdraw=common or mine or _not_waiting(job),
        )


def _state(job: Job, after: State) -> str:
    return "" if may(job.standing, after) else f"The job is {words(job.standing)}."


def _not_waiting(job: Job) -> str:
    return "" if job.standing is State.AWAITING_APPROVAL else f"The job is {words(job.standing)}."


def _not_confirmable(job: Job) -> str:
    if job.standing is not State.READY:
        return f"The job is {words(job.standing)}."
    return "" if job.total else "The job has no targets."


def _not_paused(job: Job) -> str:
    if job.pause_reason == PauseReason.OUT_OF_HOURS and job.resume_at:
        return "It is outside its hours: it goes on by itself when they begin."
    return "" if job.standing is State.PAUSED else f"The job is {words(job.standing)}."


def _among_options(job: Job) -> str:
    return (
        "It is chosen among the options, where the job is confirmed." if job.standing is State.READY else ""
    )


def _not_changeable(job: Job) -> str:
    return "" if job.standing in CHANGEABLE else f"The job is {words(job.standing)}."


def _not_reschedulable(job: Job) -> str:
    if job.standing in RESCHEDULABLE:
        return ""
    pause_it = " Pause it first." if job.standing in RUNNABLE else ""
    return f"The job is {words(job.standing)}.{pause_it}"


def _not_retryable(job: Job) -> str:
    return "" if job.is_terminal else "What failed can be retried when the job is over."


def _not_permitted(request: AppRequest, job: Job) -> str:
    action = find_action(job.action)
    return action.blocked(request) if action else ""


def resume_label(job: Job) -> str:
    """What the button says: after a refused sign-in, resuming means to lend the present one."""
    return RESUME.get(job.pause_reason, "Resume")
