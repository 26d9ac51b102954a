"""Who hears of a job besides its owner and the administrators: whoever may approve it, or has approved it."""

from __future__ import annotations

from c8yadmin.accounts import streams
from c8yadmin.core.tenants import find
from c8yadmin.jobs.authority.rules import rule_of
from c8yadmin.jobs.models import Approval, Job
from c8yadmin.jobs.orders.places import tenant_of
from c8yadmin.jobs.registry import actions, find_action
from c8yadmin.jobs.states import State

APPROVALS = "approvals"  # what a signal names besides the job, where something waits or was decided
RECENT = 3  # steps: of a job that was just approved or canceled, others may follow before anybody is told


def topics_for(session_key: str, tenant_slug: str) -> list[str] | None:
    """The topics that a session may hear in a tenant, None where it is not signed in.

    With the two-person rule, those of the actions that its user may approve are among them.
    """
    row = streams.sign_in_of(session_key, tenant_slug)
    if row is None:
        return None
    if not rule_of(find(tenant_slug)).is_on:
        return streams.topics(row)
    needed = {role for action in actions() for role in action.needs}
    return [*streams.topics(row), *(_topic(tenant_slug, role) for role in sorted(needed & row.person.roles))]


def approvers(job: Job) -> list[str]:
    """The topics of whoever has approved the job; only the two-person rule knows any."""
    if not rule_of(tenant_of(job)).is_on:
        return []
    names = Approval.objects.filter(job=job).exclude(approver="").values_list("approver", flat=True)
    return [f"{job.tenant}/{name}" for name in names]


def is_decided(job: Job) -> bool:
    """Whether the job has just come to wait for approval, or ceased to."""
    if not rule_of(tenant_of(job)).is_on:
        return False
    steps = job.events.order_by("-id").values_list("before", "after")[:RECENT]
    return any(State.AWAITING_APPROVAL in step for step in steps)


def deciding(job: Job) -> list[str]:
    """The topics of all who may approve the job, besides the administrators."""
    action = find_action(job.action)
    return [_topic(job.tenant, role) for role in action.needs] if action else []


def _topic(tenant_slug: str, role: str) -> str:
    return f"{tenant_slug}/*approvers:{role}"
