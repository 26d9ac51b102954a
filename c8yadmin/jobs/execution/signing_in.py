"""What a job works with at this moment, and what follows from a tenant's refusal.

Where a password is kept for the job, one of its workers signs in again with it when the token is over; a
refused password is forgotten at once, so that no account is locked by a job.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from c8yadmin.accounts.credentials import Credential, CredentialLost, Secret, unseal
from c8yadmin.accounts.login import Identity, NotHere, explain, login
from c8yadmin.jobs.authority import credentials
from c8yadmin.jobs.authority.credentials import Consent
from c8yadmin.jobs.execution.database import clock, retry_db
from c8yadmin.jobs.models import Job, JobCredential
from c8yadmin.jobs.orders.places import tenant_of
from sdk import Forbidden, MissingTfa, Unauthorized

PATIENCE = timedelta(seconds=30)  # so long one worker has the others wait while it signs in
LASTS = timedelta(minutes=1)  # a token that is refused sooner is no better than the next one
OVER = "The sign-in that this job works with is over."


class NotNow(Exception):
    """Another worker is signing in for the job."""


def credential_of(job: Job) -> Credential:
    """What the job works with; where that is over, after a new sign-in with the password that is kept.

    Raises CredentialLost with a sentence when only its owner can help, NotNow, and sdk.C8yError when the
    tenant cannot be asked.
    """
    credential = credentials.unlock(job)
    if credential is None:
        consent = credentials.kept_password(job, clock())
        if consent is None:
            raise CredentialLost(OVER)
        credential = _sign_in(job, consent)
    return credential


def _sign_in(job: Job, consent: Consent) -> Credential:
    now = clock()
    free = JobCredential.objects.filter(Q(signing_in_until=None) | Q(signing_in_until__lte=now), job=job)
    if not retry_db(free.update, signing_in_until=now + PATIENCE):
        raise NotNow
    identity = _identity(job, consent.password)
    if identity.person.name.casefold() != job.owner.casefold():
        raise _forgotten(job, f"The kept password is that of {identity.person.name}, not of {job.owner}.")
    retry_db(credentials.keep, job, identity.credential, consent)
    return identity.credential


def _identity(job: Job, password: Secret) -> Identity:
    tenant = tenant_of(job)
    if tenant is None:
        raise CredentialLost(f"The tenant {job.tenant} is no longer configured.")
    try:
        return login(tenant, job.owner, password.reveal())
    except MissingTfa:
        raise _forgotten(
            job, f"{job.owner} has a second factor now, which a kept password cannot give."
        ) from None
    except (NotHere, Unauthorized, Forbidden) as refusal:
        _, words = explain(tenant, refusal)
        raise _forgotten(job, words.replace(password.reveal(), "•••")) from None


def _forgotten(job: Job, words: str) -> CredentialLost:
    retry_db(credentials.forget_password, job)
    return CredentialLost(f"{words} The password was kept for this job; it is deleted.")


def survives_refusal(job: Job, used: Secret) -> bool:
    """Whether the job can go on by itself after the tenant refused what it `used`."""
    kept = JobCredential.objects.filter(job=job).first()
    try:
        held = unseal(kept.ciphertext, *credentials.place(job)) if kept else None
    except CredentialLost:
        return False
    if kept is None or held is None or held.kind not in ("token", "basic"):
        return False
    if held.secret != used:
        return True  # another worker has got something newer meanwhile
    if held.kind == "basic":
        retry_db(credentials.forget_password, job)
        return False
    now = clock()
    if kept.since > now - LASTS or credentials.kept_password(job, now) is None:
        return False
    ended = JobCredential.objects.filter(job=job, ciphertext=kept.ciphertext)
    return bool(retry_db(ended.update, expires_at=now))
