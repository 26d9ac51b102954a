"""The sign-in that a job works with: sealed for that one job, kept no longer than needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.dispatch import receiver

from c8yadmin.accounts.credentials import Credential, Secret, seal, unseal
from c8yadmin.accounts.signals import token_given_back
from c8yadmin.jobs.database import clock
from c8yadmin.jobs.models import Job, JobCredential
from sdk import SessionAuth

LONGEST = timedelta(hours=24)


def keep(job: Job, credential: Credential) -> None:
    """Let the job work with `credential`, until the tenant ends it and for 24 hours at most."""
    JobCredential.objects.update_or_create(job=job, defaults=_columns(job, credential))


def renew(job: Job, token: str) -> None:
    """Keep the token that the tenant handed out in place of the one held, unless the job has ended
    meanwhile."""
    fresh = Credential("token", job.tenant_id, job.owner, Secret(token), SessionAuth(token).expires_at)
    JobCredential.objects.filter(job=job).update(**_columns(job, fresh))


def unlock(job: Job) -> Credential | None:
    """The job's sign-in, or None when it has none that still counts. Raises CredentialLost, see `unseal`."""
    kept = JobCredential.objects.filter(job=job, expires_at__gt=clock()).first()
    return unseal(kept.ciphertext, *_place(job)) if kept else None


@receiver(token_given_back)
def still_needed(sender: object, tenant: str, username: str, **_: object) -> bool:
    """Whether a job works on with the token that a sign-out would end."""
    return JobCredential.objects.filter(job__tenant=tenant, job__owner=username, kind="token").exists()


def _columns(job: Job, credential: Credential) -> dict[str, Any]:
    latest = clock() + LONGEST
    return {
        "ciphertext": seal(credential, *_place(job)),
        "kind": credential.kind,
        "expires_at": min(credential.expires_at or latest, latest),
    }


def _place(job: Job) -> tuple[str, ...]:
    return ("job", job.tenant, job.owner, str(job.pk))
