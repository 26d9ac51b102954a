"""What a job works with: sealed for that one job, kept no longer than needed.

By default that is a copy of its owner's token. A password is there only if the owner gave it to this very
job, in its page or to the command that submitted it: then the job signs in again when the token is over.
Where the tenant gives no tokens, the job borrows the owner's own sign-in for as long as that lasts. The
service user's password never is in a job.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.dispatch import receiver

from c8yadmin.accounts import browser
from c8yadmin.accounts.credentials import Credential, CredentialLost, Secret, seal, unseal
from c8yadmin.accounts.service import service_user
from c8yadmin.accounts.signals import token_given_back
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Job, JobCredential
from c8yadmin.jobs.orders.places import tenant_of
from c8yadmin.jobs.states import TERMINAL
from sdk import SessionAuth

LONGEST = timedelta(hours=24)
NO_PASSWORD: dict[str, Any] = {"password": "", "password_until": None, "signing_in_until": None}


class PasswordNotKept(Exception):
    """The operator permits no job to keep a password."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A password that its owner lets a job keep, and until when."""

    password: Secret
    until: datetime


@dataclass(frozen=True, slots=True)
class Loan:
    """What a job gets at its confirmation."""

    credential: Credential
    consent: Consent | None = None


def keep(job: Job, credential: Credential, consent: Consent | None = None) -> None:
    """Let the job work with `credential`, until the tenant ends it and for 24 hours at most.

    With `consent` it also keeps the password; one that it keeps already stays as long as it was to stay, and
    is not given up for the loan of a sign-in. Raises PasswordNotKept where the operator permits none.
    """
    now = clock()
    if not settings.JOB_PASSWORD_HOURS and (credential.kind == "basic" or consent is not None):
        raise PasswordNotKept("Jobs keep no passwords here: give them a token (C8Y_TOKEN) instead.")
    if credential.kind == "session" and _keeps_password(job, now):
        return
    columns: dict[str, Any] = {
        "ciphertext": seal(credential, *place(job)),
        "kind": credential.kind,
        "expires_at": _end(credential, now, consent),
        "since": now,
    }
    if consent is not None and credential.kind == "token":
        columns |= NO_PASSWORD | {"password_until": consent.until}
        columns["password"] = seal(_with_password(job, consent.password), *_password_place(job))
    JobCredential.objects.update_or_create(job=job, defaults=columns)


def _end(credential: Credential, since: datetime, consent: Consent | None) -> datetime | None:
    if credential.kind in ("session", "service"):
        return None
    if credential.kind == "basic":
        return consent.until if consent else since + timedelta(hours=settings.JOB_PASSWORD_HOURS)
    return min(credential.expires_at or since + LONGEST, since + LONGEST)


def renew(job: Job, token: str) -> None:
    """Keep the token that the tenant handed out in place of the one held, unless the job has ended or got
    something else meanwhile. What the job may use of its owner's does not last longer for that."""
    kept = JobCredential.objects.filter(job=job, kind="token")
    since = kept.values_list("since", flat=True).first()
    if since is not None:
        fresh = Credential("token", job.tenant_id, job.owner, Secret(token), SessionAuth(token).expires_at)
        kept.update(ciphertext=seal(fresh, *place(job)), expires_at=_end(fresh, since, None))


def unlock(job: Job) -> Credential | None:
    """What the job works with now, or None when nothing of it counts (any more).

    Asks nobody: a kept password is `signing_in`'s business. Raises CredentialLost, see `unseal`.
    """
    kept = JobCredential.objects.filter(_lasting(clock()), job=job).first()
    return _resolved(job, unseal(kept.ciphertext, *place(job))) if kept else None


def _resolved(job: Job, kept: Credential) -> Credential | None:
    if kept.kind == "session":
        rows = browser.of_user(job.tenant, job.owner, clock())
        return rows[0].credential() if rows else None
    if kept.kind == "service":
        return _deputy(job, kept.username)
    return kept


def _deputy(job: Job, name: str) -> Credential:
    tenant = tenant_of(job)
    found = service_user(tenant) if tenant else None
    if found is None or found.username != name:
        raise CredentialLost(f"The service user {name}, as whom this job works, is not configured any more.")
    return found


def usable(job: Job, now: datetime) -> bool:
    """Whether the job has anything to work with, as far as that can be told without a key."""
    kept = JobCredential.objects.filter(_lasting(now) | _with_kept_password(now), job=job).first()
    if kept is None:
        return False
    return kept.kind != "session" or bool(browser.of_user(job.tenant, job.owner, now))


def forget_password(job: Job) -> None:
    """The job keeps no password any more, nor anything that is one."""
    JobCredential.objects.filter(job=job, kind="basic").delete()
    JobCredential.objects.filter(job=job).update(**NO_PASSWORD)


def sweep(now: datetime) -> None:
    """Remove what has ended: jobs, passwords, tokens."""
    JobCredential.objects.filter(job__state__in=TERMINAL).delete()
    JobCredential.objects.filter(password_until__lte=now).update(**NO_PASSWORD)
    JobCredential.objects.filter(expires_at__lte=now, password="").delete()


@receiver(token_given_back)
def still_needed(sender: object, tenant: str, username: str, **_: object) -> bool:
    """Whether a job works on with the token that a sign-out would end."""
    return JobCredential.objects.filter(job__tenant=tenant, job__owner=username, kind="token").exists()


def kept_password(job: Job, now: datetime) -> Consent | None:
    """The password that the job's owner let it keep, while its time is not over. Raises CredentialLost."""
    kept = JobCredential.objects.filter(_with_kept_password(now), job=job).first()
    if kept is None or kept.password_until is None:
        return None
    return Consent(unseal(kept.password, *_password_place(job)).secret, kept.password_until)


def _lasting(now: datetime) -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=now)


def _with_kept_password(now: datetime) -> Q:
    return Q(password_until__gt=now) & ~Q(password="")


def _with_password(job: Job, password: Secret) -> Credential:
    return Credential("basic", job.tenant_id, job.owner, password)


def _keeps_password(job: Job, now: datetime) -> bool:
    return JobCredential.objects.filter(job=job, kind="basic", expires_at__gt=now).exists()


def place(job: Job) -> tuple[str, ...]:
    """Where the job's credential is sealed for."""
    return ("job", job.tenant, job.owner, str(job.pk))


def _password_place(job: Job) -> tuple[str, ...]:
    return ("job-password", job.tenant, job.owner, str(job.pk))
