"""Who may listen to which live signals."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.utils import timezone

from c8yadmin.accounts import browser
from c8yadmin.accounts.models import SignIn
from c8yadmin.accounts.rights import oversees


def sign_in_of(session_key: str, tenant_slug: str) -> SignIn | None:
    """The sign-in of a session to a tenant, if there is one.

    Listening is no activity: an open tab does not keep its session from ending.
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    rows = browser.live(browser.sign_ins(session), timezone.now())
    return next((row for row in rows if row.tenant == tenant_slug), None)


def topics(row: SignIn) -> list[str]:
    """What whoever has signed in may hear: of the own jobs, and as an administrator of all in the tenant."""
    overseer = [f"{row.tenant}/*admins"] if oversees(row.person) else []
    return [f"{row.tenant}/{row.username}", *overseer]
