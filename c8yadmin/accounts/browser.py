"""What a browser is signed in to: one session, and under its random id one row for each tenant."""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from c8yadmin.accounts.clients import client_for
from c8yadmin.accounts.credentials import CredentialLost
from c8yadmin.accounts.login import Identity
from c8yadmin.accounts.models import SignIn
from c8yadmin.accounts.signals import token_given_back
from c8yadmin.core import tenants
from c8yadmin.core.tenants import Tenant
from c8yadmin.live import publish
from sdk import C8yError

KEY = "browser"
GOODBYE_PATIENCE: dict[str, Any] = {"timeout": (2, 3), "deadline": 3}


def sign_ins(session: SessionBase) -> list[SignIn]:
    """All rows of this session, ended ones too, in the order of their making."""
    browser = session.get(KEY)
    return list(SignIn.objects.filter(browser=browser).order_by("created_at")) if browser else []


def identify(session: SessionBase) -> str:
    """The random id under which this session's rows are kept."""
    session[KEY] = session.get(KEY) or secrets.token_urlsafe(32)
    return str(session[KEY])


def change_key(session: SessionBase) -> None:
    """Make the key from before worthless; the open streams of other tabs come back with the new one."""
    before = session.session_key
    session.cycle_key()
    if before:
        publish.renew(before)


def live(rows: list[SignIn], now: datetime) -> list[SignIn]:
    """The rows that still count, of tenants that this console still knows."""
    return [row for row in rows if not row.ended(now) and tenants.find(row.tenant)]


def begin(request: HttpRequest, tenant: Tenant, identity: Identity) -> SignIn:
    """Sign this browser in to `tenant`, in the place of whoever was.

    The session's key changes, so that a key planted before is worth nothing. The token against forged
    requests changes with the first sign-in of a session only: a later one, in another tab or after idleness,
    would break every form that is open.
    """
    session, now = request.session, timezone.now()
    if not sign_ins(session):
        rotate_token(request)
    change_key(session)
    session.set_expiry(settings.SESSION_ABSOLUTE_SECONDS)
    row = SignIn(
        browser=identify(session),
        tenant=tenant.slug,
        tenant_id=identity.credential.tenant_id,
        username=identity.person.name,
        display_name=identity.person.display_name,
        roles=sorted(identity.person.roles),
        roles_at=now,
        created_at=now,
        used_at=now,
        second_factor=identity.second_factor,
    )
    row.hold(identity.credential)
    with transaction.atomic():
        replaced = list(SignIn.objects.filter(browser=row.browser, tenant=row.tenant))
        SignIn.objects.filter(pk__in=[old.pk for old in replaced]).delete()
        row.save(force_insert=True)
    _give_back(replaced)
    return row


def of_user(tenant: str, username: str, now: datetime) -> list[SignIn]:
    """The sign-ins of one user of a tenant that still count, in whatever browser, the newest first."""
    rows = SignIn.objects.filter(tenant=tenant, username=username).order_by("-created_at")
    return live(list(rows), now)


def leave(request: HttpRequest, rows: list[SignIn]) -> None:
    """Sign out of `rows`: forget them here, close the open streams, and give tokens back to their tenants."""
    SignIn.objects.filter(pk__in=[row.pk for row in rows]).delete()
    key = request.session.session_key or ""
    if live(sign_ins(request.session), timezone.now()):
        publish.renew(key)
    else:
        request.session.flush()
        publish.bye(key)
    _give_back(rows)


def purge(now: datetime) -> int:
    """Remove the rows whose longest life is over and the credentials of those that ended; say how many."""
    oldest = now - timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)
    removed, _ = SignIn.objects.filter(created_at__lte=oldest).delete()
    for row in SignIn.objects.exclude(sealed="").iterator():
        if reason := row.ended(now):
            row.end(reason)
            removed += 1
    return removed


def _give_back(rows: list[SignIn]) -> None:
    """End the tokens of `rows` at their tenants: best effort, here they are forgotten already."""
    for row in rows:
        tenant = tenants.find(row.tenant)
        with contextlib.suppress(CredentialLost, C8yError):
            credential = row.credential()
            if tenant and credential.kind == "token" and not _still_needed(row):
                client_for(tenant, credential, **GOODBYE_PATIENCE).users.logout()


def _still_needed(row: SignIn) -> bool:
    answers = token_given_back.send(SignIn, tenant=row.tenant, username=row.username)
    return any(needed for _, needed in answers)
