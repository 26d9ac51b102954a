"""Who may listen to which live signals."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.utils import timezone

from c8yadmin.accounts import browser
from c8yadmin.accounts.rights import oversees


def topics_for(session_key: str, tenant_slug: str) -> list[str] | None:
    """The topics that a session may hear in a tenant, None where it is not signed in.

    Listening is no activity: an open tab does not keep its session from ending.
    """
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    for row in browser.live(browser.sign_ins(session), timezone.now()):
        if row.tenant == tenant_slug:
            overseer = [f"{row.tenant}/*admins"] if oversees(row.person) else []
            return [f"{row.tenant}/{row.username}", *overseer]
    return None
