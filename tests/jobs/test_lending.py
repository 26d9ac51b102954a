"""A job works with its owner's token by default, or as the service user."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from c8yadmin.jobs.authority import credentials
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Job, JobCredential
from c8yadmin.jobs.states import PauseReason, State
from sdk.sandbox import Sandbox
from tests.jobs.lending import (
    JOBS,
    OBJECTS,
    confirm,
    consent,
    end_token,
    kept,
    standing,
    waits_for_its_owner,
    work,
)
from tests.jobs.reading import figures
from tests.web.words import words

pytestmark = pytest.mark.django_db
SignInto = Callable[..., Client]


def test_by_default_a_job_gets_a_copy_of_the_token_and_nothing_else(prepared: Any) -> None:
    browser, job = prepared()
    page = browser.get(f"{JOBS}{job.pk}/").content.decode()
    assert "It works with your sign-in" in page
    assert 'name="keep_password"' in page
    assert "checked" not in page
    confirm(browser, job)
    assert (kept(job).kind, kept(job).password) == ("token", "")


def test_when_the_token_is_over_the_job_waits_and_a_sign_in_makes_it_go_on(
    prepared: Any, sign_in: SignInto, sandbox: Sandbox
) -> None:
    browser, job = prepared()
    confirm(browser, job)
    end_token(job)
    asked = sandbox.faults.add(OBJECTS)
    sweep()
    work(job)
    assert waits_for_its_owner(job)
    assert asked.hits == 0
    page = words(browser.get(f"{JOBS}{job.pk}/"))
    assert "It goes on as soon as admin signs in again, or resumes it here." in page
    assert "Resume with my sign-in" in page
    again = sign_in("admin")
    assert standing(job) is State.QUEUED
    assert "The job that waited for you to sign in goes on." in words(again.get(JOBS))
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}


def test_somebody_elses_sign_in_and_that_to_another_tenant_make_nothing_go_on(
    prepared: Any, sign_in: SignInto
) -> None:
    browser, job = prepared()
    confirm(browser, job)
    end_token(job)
    sweep()
    sign_in("operator")
    sign_in("admin", "globex")
    assert waits_for_its_owner(job)


def test_a_job_that_its_owner_paused_stays_paused_at_a_sign_in(prepared: Any, sign_in: SignInto) -> None:
    browser, job = prepared()
    confirm(browser, job)
    browser.post(f"{JOBS}{job.pk}/pause/")
    sign_in("admin")
    assert standing(job) is State.PAUSED


def test_expired_and_revoked_tokens_make_no_storm_when_everything_starts_again(
    prepared: Any, sandbox: Sandbox
) -> None:
    jobs = []
    browser = None
    for _ in range(4):
        browser, job = prepared(browser)
        confirm(browser, job)
        jobs.append(job)
    for job in jobs[:2]:
        end_token(job)
    asked = sandbox.faults.add("*", status=401)
    for _ in range(3):
        sweep()
        for job in jobs:
            work(job)
    assert all(waits_for_its_owner(job) for job in jobs)
    assert asked.hits == 2  # one for each token that looked good


def test_a_renewed_token_does_not_make_the_loan_last_longer(prepared: Any) -> None:
    browser, job = prepared()
    confirm(browser, job)
    since = timezone.now() - timedelta(hours=23)
    JobCredential.objects.update(since=since)
    credentials.renew(job, "another-token")
    assert kept(job).expires_at == since + timedelta(hours=24)


@pytest.fixture
def robot(sandbox: Sandbox, settings: Any) -> str:
    """The operator's service user for `acme`: the tenant's `admin` under another sign-in."""
    found = sandbox.credentials["acme"]["admin"]
    settings.SERVICE_USERS = {"acme": {"user": "admin", "password": found["password"]}}
    return "admin"


def test_the_service_user_works_on_behalf_of_who_asked(
    prepared: Any, robot: str, sandbox: Sandbox, sign_in: SignInto
) -> None:
    sandbox.tenant("acme").user_roles.setdefault("operator", set()).add("ROLE_INVENTORY_ADMIN")
    browser, job = prepared(user="operator")
    assert "Let the service user admin do the work" in words(browser.get(f"{JOBS}{job.pk}/"))
    confirm(browser, job, service="on")
    browser.post("/t/acme/sign-out/")
    sweep()
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    said = io.StringIO()
    call_command("job", "show", str(job.pk), stdout=said)
    assert "Works as admin on behalf of operator." in said.getvalue()
    again = sign_in("operator")
    assert "admin on behalf of operator" in words(again.get(f"{JOBS}{job.pk}/"))
    assert "admin works on behalf of operator." in words(again.get(f"{JOBS}{job.pk}/log/"))


def test_where_none_is_configured_the_service_user_is_not_offered_and_a_forged_tick_is_refused(
    prepared: Any,
) -> None:
    browser, job = prepared()
    assert "service user" not in words(browser.get(f"{JOBS}{job.pk}/"))
    assert confirm(browser, job, service="on").status_code == 422
    assert standing(job) is State.READY


def test_the_service_user_does_nothing_for_who_lacks_the_rights_when_the_job_begins(
    prepared: Any, robot: str, sandbox: Sandbox
) -> None:
    roles = sandbox.tenant("acme").user_roles.setdefault("operator", set())
    roles.add("ROLE_INVENTORY_ADMIN")
    browser, job = prepared(user="operator")
    confirm(browser, job, service="on")
    roles.discard("ROLE_INVENTORY_ADMIN")
    for group in sandbox.tenant("acme").groups.values():
        group["users"].discard("operator")
    changed = sandbox.faults.add(OBJECTS)
    work(job)
    job.refresh_from_db()
    assert (job.standing, job.pause_reason) == (State.PAUSED, PauseReason.FORBIDDEN)
    assert "operator does not hold ROLE_INVENTORY_ADMIN" in job.problem
    assert changed.hits == 0


def test_a_disabled_requester_has_nothing_done(prepared: Any, robot: str, sandbox: Sandbox) -> None:
    sandbox.tenant("acme").user_roles.setdefault("operator", set()).add("ROLE_INVENTORY_ADMIN")
    browser, job = prepared(user="operator")
    confirm(browser, job, service="on")
    sandbox.tenant("acme").users["operator"]["enabled"] = False
    work(job)
    job.refresh_from_db()
    assert "The user operator is disabled." in job.problem


def test_a_service_user_that_is_not_configured_any_more_leaves_the_job_to_its_owner(
    prepared: Any, robot: str, settings: Any
) -> None:
    browser, job = prepared()
    confirm(browser, job, service="on")
    settings.SERVICE_USERS = {}
    work(job)
    assert waits_for_its_owner(job)
    assert "The service user admin, as whom this job works, is not configured any more." in job.problem
    browser.post(f"{JOBS}{job.pk}/resume/")
    work(job)
    job.refresh_from_db()
    assert (job.works_as, job.state) == ("", "COMPLETED")


def test_a_tick_for_both_is_refused(prepared: Any, robot: str, password: str) -> None:
    browser, job = prepared()
    answer = confirm(browser, job, service="on", **consent(password))
    assert answer.status_code == 422
    assert "Choose one" in words(answer)


def test_a_password_sealed_for_another_job_is_of_no_use(prepared: Any, password: str) -> None:
    browser, mine = prepared()
    _, other = prepared(browser)
    for job in (mine, other):
        confirm(browser, job, **consent(password))
    end_token(mine)
    JobCredential.objects.filter(job=mine).update(password=kept(other).password)
    work(mine)
    assert waits_for_its_owner(mine)
    assert "sealed for another place" in mine.problem


def test_a_job_cannot_be_given_the_service_user_by_its_row_alone(prepared: Any, robot: str) -> None:
    browser, job = prepared()
    confirm(browser, job)
    JobCredential.objects.update(kind="service", expires_at=None)
    Job.objects.update(works_as="admin")
    found = credentials.unlock(Job.objects.get())
    assert found is not None
    assert found.kind == "token"


def test_a_removed_key_pauses_jobs_in_words_and_a_sign_in_makes_them_go_on(
    prepared: Any, password: str, settings: Any, sign_in: SignInto
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    for _ in range(3):
        sweep()
        work(job)
    assert waits_for_its_owner(job)
    assert "No key of this installation opens the credential" in job.problem
    sign_in("admin")
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}


def test_rotated_keys_change_nothing_for_jobs(
    prepared: Any, password: str, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    call_command("rotate_keys")
    assert capsys.readouterr().out == "3 re-encrypted, 0 that no key opens.\n"
    settings.ENCRYPTION_KEYS = [new]
    end_token(job)
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
