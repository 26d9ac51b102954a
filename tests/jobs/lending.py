"""A job as a browser prepares and confirms it, and what it then has to work with."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.models import Job, JobCredential
from c8yadmin.jobs.states import PauseReason, State
from tests.jobs.forms import fields

JOBS = "/t/acme/jobs/"
OBJECTS = "/inventory/managedObjects/*"


def prepare(browser: Client, ids: list[str]) -> Job:
    """The browser's new job, which waits for its confirmation: it would note something on devices."""
    query = {"action": "inventory.set", "target": "devices", "id": ids}
    hidden = fields(browser.get(f"{JOBS}new/", query))
    browser.post(f"{JOBS}new/", hidden | {"fragment": "c8y_Note", "value": "1"})
    job = Job.objects.latest("created_at")
    work(job)
    assert standing(job) is State.READY
    return job


def work(job: Job) -> None:
    """Let a worker do all that it can do in the job now."""
    while engine.work(job.pk, "w"):
        pass


def standing(job: Job) -> State:
    return Job.objects.get(pk=job.pk).standing


def confirm(browser: Client, job: Job, **data: str) -> HttpResponse:
    return browser.post(f"{JOBS}{job.pk}/confirm/", data)


def consent(password: str, hours: int = 8) -> dict[str, str]:
    """What the form sends that lets the job keep a password."""
    return {"keep_password": "on", "password": password, "hours": str(hours)}


def kept(job: Job) -> JobCredential:
    return JobCredential.objects.get(job=job)


def end_token(job: Job) -> None:
    JobCredential.objects.filter(job=job).update(expires_at=timezone.now() - timedelta(seconds=1))


def waits_for_its_owner(job: Job) -> bool:
    job.refresh_from_db()
    return (job.standing, job.pause_reason) == (State.PAUSED, PauseReason.NEEDS_AUTH)
