"""What goes on by itself when somebody signs in again."""

from __future__ import annotations

from django.dispatch import receiver

from c8yadmin.accounts.models import SignIn
from c8yadmin.accounts.signals import signed_in
from c8yadmin.core.tenants import find
from c8yadmin.jobs.orders.control import resume_after_sign_in


@receiver(signed_in)
def let_jobs_go_on(sender: object, signin: SignIn, **_: object) -> str:
    """Resume the jobs that waited for this user, and say so."""
    tenant = find(signin.tenant)
    if tenant is None or tenant.read_only:
        return ""
    n = resume_after_sign_in(signin.tenant, signin.username, signin.lent())
    if not n:
        return ""
    what = "The job that waited for you to sign in goes" if n == 1 else f"{n} jobs that waited for you go"
    return f"{what} on."
