"""A job keeps a password by its owner's consent alone, and lets go of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from c8yadmin.accounts.models import SignIn
from c8yadmin.jobs import engine
from c8yadmin.jobs.authority import credentials
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import JobCredential
from c8yadmin.jobs.states import State
from sdk.sandbox import Sandbox
from sdk.sandbox.tokens import totp
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


def test_a_password_is_kept_only_by_consent_and_until_the_end_of_the_job(
    prepared: Any, password: str
) -> None:
    browser, job = prepared()
    assert confirm(browser, job, **consent(password, 4)).status_code == 302
    until = kept(job).password_until
    assert until is not None
    assert timedelta(hours=3, minutes=59) < until - timezone.now() <= timedelta(hours=4)
    assert password not in kept(job).password
    assert "A password is kept until" in job.events.latest("id").reason
    work(job)
    assert figures(job)["state"] == "COMPLETED"
    assert not JobCredential.objects.exists()


def test_without_the_tick_a_typed_password_is_not_kept(prepared: Any, password: str) -> None:
    browser, job = prepared()
    confirm(browser, job, password=password, hours="8")
    assert kept(job).password == ""


def test_with_the_password_the_job_signs_in_again_by_itself(
    prepared: Any, password: str, sandbox: Sandbox
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    first = kept(job).ciphertext
    end_token(job)
    sweep()
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    assert first
    assert not job.events.filter(after=State.PAUSED).exists()


def test_a_refused_token_is_followed_by_one_sign_in(prepared: Any, password: str, sandbox: Sandbox) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    JobCredential.objects.update(since=timezone.now() - timedelta(hours=1))
    refused = sandbox.faults.add(OBJECTS, status=401, times=1)
    signed_in = sandbox.faults.add("/tenant/oauth")
    work(job)
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    assert (refused.hits, signed_in.hits) == (1, 1)


def test_fresh_tokens_that_are_refused_do_not_go_round_in_circles(
    prepared: Any, password: str, sandbox: Sandbox
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    JobCredential.objects.update(since=timezone.now() - timedelta(hours=1))
    refused = sandbox.faults.add(OBJECTS, status=401)
    for _ in range(5):
        work(job)
        sweep()
    assert waits_for_its_owner(job)
    assert refused.hits == 2


def test_a_changed_password_is_tried_once_and_forgotten(
    prepared: Any, password: str, sandbox: Sandbox
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    end_token(job)
    sandbox.tenant("acme").passwords["admin"] = "another-pw-1"
    tried = sandbox.faults.add("/tenant/oauth")
    for _ in range(3):
        work(job)
        sweep()
    assert waits_for_its_owner(job)
    assert tried.hits == 1
    assert "it is deleted" in job.problem
    assert password not in job.problem
    assert not JobCredential.objects.exclude(password="").exists()


def test_a_second_factor_set_up_meanwhile_ends_the_use_of_a_password(
    prepared: Any, password: str, sandbox: Sandbox
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    end_token(job)
    sandbox.faults.add("/tenant/oauth", status=401, message="TFA TOTP code required")
    work(job)
    assert waits_for_its_owner(job)
    assert "second factor" in job.problem


def test_one_worker_signs_in_while_the_others_wait(prepared: Any, password: str, sandbox: Sandbox) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    end_token(job)
    JobCredential.objects.update(signing_in_until=timezone.now() + timedelta(seconds=20))
    asked = sandbox.faults.add("*")
    assert engine.work(job.pk, "second") is False
    assert (asked.hits, standing(job)) == (0, State.QUEUED)


def test_a_tenant_that_cannot_be_asked_costs_patience_and_no_password(
    prepared: Any, password: str, sandbox: Sandbox
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    end_token(job)
    sandbox.faults.add("/tenant/loginOptions", status=503)
    work(job)
    assert standing(job) is State.QUEUED
    assert kept(job).password


def test_the_sweeper_deletes_a_password_whose_time_is_over(prepared: Any, password: str) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password, 1))
    JobCredential.objects.update(password_until=timezone.now() - timedelta(seconds=1))
    sweep()
    assert (kept(job).password, kept(job).password_until) == ("", None)
    end_token(job)
    sweep()
    assert waits_for_its_owner(job)
    assert not JobCredential.objects.exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"keep_password": "on", "hours": "8"}, "Type your password again"),
        (
            {"keep_password": "on", "password": "no", "hours": "8"},
            "did not accept this user name and password",
        ),
        ({"keep_password": "on", "password": "x", "hours": "99"}, "not one of the choices"),
        ({"keep_password": "on", "password": "x"}, "Choose how long"),
    ],
)
def test_a_password_that_cannot_be_kept_is_refused_in_words(
    prepared: Any, typed: dict[str, str], says: str
) -> None:
    browser, job = prepared()
    answer = confirm(browser, job, **typed)
    assert answer.status_code == 422
    assert says in words(answer)
    assert standing(job) is State.READY


def test_guessing_passwords_here_has_the_limits_of_the_sign_in(prepared: Any) -> None:
    browser, job = prepared()
    answers = [confirm(browser, job, **consent("wrong-pw")) for _ in range(11)]
    assert "Too many attempts" not in words(answers[9])
    assert "Too many attempts to sign in for admin in Acme" in words(answers[10])


def test_another_users_password_is_not_taken(prepared: Any, sandbox: Sandbox) -> None:
    browser, job = prepared()
    other = sandbox.credentials["acme"]["operator"]["password"]
    assert confirm(browser, job, **consent(other)).status_code == 422


def test_who_has_a_second_factor_is_told_why_a_password_alone_cannot_do(
    prepared: Any, sandbox: Sandbox, client: Client
) -> None:
    user = sandbox.credentials["acme"]["tfa"]
    form = {"tenant": "acme", "username": "tfa", "password": user["password"]}
    client.post("/sign-in/", form | {"tfa_code": totp(user["totp_secret"])})
    assert SignIn.objects.get().second_factor
    browser, job = prepared(client)
    page = browser.get(f"{JOBS}{job.pk}/")
    assert "a password alone could not sign the job in again" in words(page)
    assert 'name="keep_password"' not in page.content.decode()
    answer = confirm(browser, job, **consent(user["password"]))
    assert answer.status_code == 422
    assert standing(job) is State.READY


def test_where_the_operator_forbids_it_no_password_is_kept(
    prepared: Any, password: str, settings: Any
) -> None:
    settings.JOB_PASSWORD_HOURS = 0
    browser, job = prepared()
    assert "Jobs keep no passwords here." in words(browser.get(f"{JOBS}{job.pk}/"))
    assert confirm(browser, job, **consent(password)).status_code == 422


def test_without_tokens_a_job_holds_no_password_and_works_while_its_owner_is_signed_in(
    basic_only: None, prepared: Any, sign_in: SignInto
) -> None:
    browser, job = prepared()
    assert "works while you are signed in" in words(browser.get(f"{JOBS}{job.pk}/"))
    confirm(browser, job)
    assert kept(job).kind == "session"
    assert credentials.unlock(job) is not None
    browser.post("/t/acme/sign-out/")
    sweep()
    assert waits_for_its_owner(job)
    sign_in("admin")
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}


def test_without_tokens_a_password_by_consent_outlasts_the_sign_in(
    basic_only: None, prepared: Any, password: str
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password, 2))
    assert kept(job).kind == "basic"
    browser.post("/t/acme/sign-out/")
    sweep()
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}


def test_a_loan_of_the_sign_in_does_not_replace_a_kept_password(
    basic_only: None, prepared: Any, password: str
) -> None:
    browser, job = prepared()
    confirm(browser, job, **consent(password, 2))
    browser.post(f"{JOBS}{job.pk}/pause/")
    browser.post(f"{JOBS}{job.pk}/resume/")
    assert kept(job).kind == "basic"
