"""Jobs that the service user does for somebody: only what that somebody may do.

The service user's rights are not the requester's. So the requester needs, by global roles, what the action
needs: when the job is confirmed, and once more when it begins.
"""

from __future__ import annotations

from c8yadmin.accounts.clients import client_for
from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.request import Person
from c8yadmin.core.tenants import Tenant
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import Action, find_action
from sdk import CumulocityClient, Forbidden, NotFound, User


def lacks(person: Person, action: Action | None) -> str:
    """Why somebody may not have `action` done in another user's name, as a sentence; empty when they may.

    Roles that the tenant does not tell, and roles for single objects, count for nothing here.
    """
    if action is None or not action.needs:
        return "Nothing tells which rights this action needs."
    if person.may(*action.needs):
        return ""
    return f"{person.name} does not hold {' or '.join(action.needs)} by a global role."


def why_not(job: Job, tenant: Tenant, credential: Credential) -> str:
    """Why the job may not begin with the `credential` that it got; empty when it may.

    GET /user/{tenant}/users/{owner} and its groups, where the service user is to work. Raises C8yError.
    """
    if not job.works_as or job.started_at is not None:
        return ""
    with client_for(tenant, credential) as c8y:
        return _found(job, c8y)


def _found(job: Job, c8y: CumulocityClient) -> str:
    try:
        owner = c8y.users.get(job.owner)
        person = Person(job.owner, job.owner, frozenset(_roles(owner)))
    except NotFound:
        return f"The tenant has no user {job.owner} any more."
    except Forbidden:
        return f"The service user {job.works_as} may not read which rights {job.owner} has."
    if owner.enabled is False:
        return f"The user {job.owner} is disabled."
    return lacks(person, find_action(job.action))


def _roles(user: User) -> list[str]:
    direct = [str(reference["role"]["id"]) for reference in user.get("roles.references") or []]
    return [*direct, *(role for group in user.retrieve_global_roles() for role in group.roles)]
