"""What a tenant's roles mean for this console. The tenant decides; these only explain."""

from __future__ import annotations

from datetime import datetime, timedelta

import sdk
from c8yadmin.accounts.login import whoami
from c8yadmin.accounts.models import SignIn
from c8yadmin.core.request import Person
from sdk import CumulocityClient

KEPT = timedelta(minutes=5)
OWN_ACCOUNT = ("ROLE_USER_MANAGEMENT_OWN_ADMIN",)
OVERSEERS = ("ROLE_TENANT_ADMIN", "ROLE_TENANT_MANAGEMENT_ADMIN", "ROLE_USER_MANAGEMENT_ADMIN")


def oversees(person: Person) -> bool:
    """Whether somebody may see and steer what other users of the tenant do here."""
    return person.may(*OVERSEERS)


def summary(person: Person) -> str:
    """The roles in a few words."""
    if not person.roles:
        return "Roles unknown"
    if oversees(person):
        return "Administrator"
    reads_only = all(role.endswith("_READ") or role in OWN_ACCOUNT for role in person.roles)
    return "Reads only" if reads_only else f"{len(person.roles)} permissions"


def refresh(signin: SignIn, c8y: CumulocityClient, now: datetime) -> None:
    """Ask the tenant for the user's roles when they were last heard of five minutes ago.

    Raises sdk.Unauthorized when the tenant no longer accepts the credential. A tenant that cannot answer now
    leaves the roles as they are.
    """
    if now - signin.roles_at < KEPT:
        return
    try:
        person = whoami(c8y)
    except sdk.Unauthorized:
        raise
    except sdk.C8yError:
        person = signin.person
    signin.know(person, now)
