from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from c8yadmin.accounts.credentials import Credential, Secret, seal, unseal
from c8yadmin.accounts.fields import SealedField
from c8yadmin.core.request import Person
from sdk import SessionAuth

USED_STEP = timedelta(seconds=30)


class SignIn(models.Model):
    """One browser's sign-in to one tenant.

    `browser` is the random id that the session carries; it stays when the session's key is changed. A row
    that has ended keeps no credential, only what the sign-in page says about it until it is purged.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    browser = models.CharField(max_length=43)
    tenant = models.CharField(max_length=253)
    tenant_id = models.CharField(max_length=253, blank=True)
    username = models.CharField(max_length=1000)
    display_name = models.CharField(max_length=1000)
    roles = models.JSONField(default=list)
    roles_at = models.DateTimeField(default=timezone.now)
    sealed = SealedField(blank=True)
    second_factor = models.BooleanField(default=False)
    end_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["browser", "tenant"], name="one_sign_in_per_tenant")]

    def __str__(self) -> str:
        return f"{self.username} in {self.tenant}"

    @property
    def person(self) -> Person:
        return Person(self.username, self.display_name, frozenset(self.roles))

    def hold(self, credential: Credential) -> None:
        """Encrypt `credential` for this row; the caller saves."""
        self.sealed = seal(credential, *self._place)
        self.expires_at = credential.expires_at

    def credential(self) -> Credential:
        """Raises CredentialLost: the user has to sign in again."""
        return unseal(self.sealed, *self._place)

    def lent(self) -> Credential:
        """What a job may work with: a copy of the token; of a password nothing but the permission to use it
        for as long as its user is signed in. Raises CredentialLost."""
        own = self.credential()
        if own.kind == "token":
            return own
        return Credential("session", own.tenant_id, self.username, Secret(""))

    def renewed(self, token: str) -> None:
        """Keep the token that the tenant handed out instead of the one held; not after the end."""
        fresh = SessionAuth(token)
        self.hold(Credential("token", self.tenant_id, self.username, Secret(token), fresh.expires_at))
        self._live().update(sealed=self.sealed, expires_at=self.expires_at)

    def ended(self, now: datetime) -> str:
        """Why this sign-in does not count any more, as a sentence; empty while it does."""
        if not self.sealed:
            return self.end_reason
        if now - self.used_at >= timedelta(seconds=settings.SESSION_IDLE_SECONDS):
            return f"You were signed out after {_span(settings.SESSION_IDLE_SECONDS)} without activity."
        if now - self.created_at >= timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS):
            return f"You were signed out: a sign-in lasts {_span(settings.SESSION_ABSOLUTE_SECONDS)} at most."
        if self.expires_at and now >= self.expires_at:
            return "The tenant has ended your session."
        return ""

    def end(self, reason: str) -> None:
        """Forget the credential and remember why."""
        self.sealed, self.end_reason = "", reason
        self._live().update(sealed="", end_reason=reason)

    def note(self, now: datetime) -> None:
        """Remember the activity; not at every request, because each note is a write."""
        if now - self.used_at >= USED_STEP:
            self.used_at = now
            self._live().update(used_at=now)

    def know(self, person: Person, now: datetime) -> None:
        """Remember what the tenant now says about the user."""
        self.display_name, self.roles, self.roles_at = person.display_name, sorted(person.roles), now
        self._live().update(display_name=self.display_name, roles=self.roles, roles_at=now)

    def _live(self) -> models.QuerySet[Any]:
        # A parallel request may have signed this out; it must not come back to life.
        return SignIn.objects.filter(pk=self.pk).exclude(sealed="")

    @property
    def _place(self) -> tuple[str, ...]:
        return ("sign-in", self.tenant, self.username, str(self.id))


class WaitingPassword(models.Model):
    """A password that the tenant accepted and that waits, encrypted, for the code of the second factor."""

    browser = models.CharField(max_length=43, primary_key=True)
    sealed = SealedField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"password waiting since {self.at:%Y-%m-%d %H:%M:%S}"


class Attempt(models.Model):
    """A try to sign in that has not succeeded, yet.

    `account` and `address` are digests, because people type passwords into the wrong field.
    """

    account = models.CharField(max_length=64, db_index=True)
    address = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"attempt at {self.at:%Y-%m-%d %H:%M:%S}"


def _span(seconds: int) -> str:
    return f"{seconds // 3600} hours" if seconds >= 7200 else f"{seconds // 60} minutes"
