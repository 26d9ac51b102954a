"""Keeps a password for the time it takes to look up a two-factor code: nobody has to type it twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone

from c8yadmin.accounts import browser
from c8yadmin.accounts.credentials import Credential, CredentialLost, Secret, seal, unseal
from c8yadmin.accounts.models import WaitingPassword

KEPT = timedelta(minutes=5)


def remember(request: HttpRequest, tenant: str, username: str, password: str) -> None:
    """Keep the password, encrypted, for this browser; its session gets a new key, as at a sign-in."""
    browser.change_key(request.session)
    owner = browser.identify(request.session)
    sealed = seal(
        Credential("basic", tenant, username, Secret(password)), "second-factor", owner, tenant, username
    )
    WaitingPassword.objects.update_or_create(browser=owner, defaults={"sealed": sealed, "at": timezone.now()})


def recall(request: HttpRequest, tenant: str, username: str) -> str:
    """The password that waits for this user's code; empty where none does (any more)."""
    owner = request.session.get(browser.KEY, "")
    waiting = WaitingPassword.objects.filter(browser=owner, at__gt=timezone.now() - KEPT).first()
    try:
        place = ("second-factor", owner, tenant, username)
        return unseal(waiting.sealed, *place).secret.reveal() if waiting else ""
    except CredentialLost:
        return ""


def forget(request: HttpRequest) -> None:
    """Whatever waits for this browser waits no more."""
    WaitingPassword.objects.filter(browser=request.session.get(browser.KEY, "")).delete()


def purge(now: datetime) -> None:
    """Remove the passwords whose time is over."""
    WaitingPassword.objects.filter(at__lte=now - KEPT).delete()
