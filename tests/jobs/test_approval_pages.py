"""The two-person rule in the browser and on the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client

from c8yadmin.jobs.authority import approvals, hearing
from c8yadmin.jobs.models import Job, JobCredential
from c8yadmin.jobs.states import State
from sdk.sandbox import Sandbox
from tests.jobs.lending import JOBS, confirm, consent, standing, work
from tests.jobs.reading import figures
from tests.web.words import rows, words

pytestmark = pytest.mark.django_db
SignInto = Callable[..., Client]
LIST = f"{JOBS}approvals/"


@pytest.fixture
def second(sandbox: Sandbox) -> str:
    """A user who may change devices, but sees no jobs of others by that."""
    sandbox.tenant("acme").user_roles.setdefault("operator", set()).add("ROLE_INVENTORY_ADMIN")
    return "operator"


@pytest.fixture
def waiting(prepared: Any, settings: Any, second: str) -> tuple[Client, Job]:
    """The browser of `admin`, and their job that waits for approval."""
    settings.APPROVAL = "all"
    browser, job = prepared()
    confirm(browser, job)
    assert standing(job) is State.AWAITING_APPROVAL
    return browser, job


def decide(browser: Client, job: Job, step: str, comment: str = "", seen: str = "") -> HttpResponse:
    seen = seen or approvals.fingerprint(job.pk)
    return browser.post(f"{JOBS}{job.pk}/{step}/", {"comment": comment, "seen": seen})


def test_from_the_question_to_the_approved_job(
    waiting: tuple[Client, Job], sign_in: SignInto, second: str
) -> None:
    browser, job = waiting
    assert "Somebody else has to approve it, who holds ROLE_INVENTORY_ADMIN" in words(
        browser.get(f"{JOBS}{job.pk}/")
    )
    approver = sign_in(second)
    listed = approver.get(LIST)
    assert "Set c8y_Note" in rows(listed)[0]
    assert "Review" in rows(listed)[0]
    assert "1 waiting" in words(listed)
    page = approver.get(f"{JOBS}{job.pk}/")
    assert "What would change" in words(page)
    assert "Begins as soon as it is approved." in words(page)
    assert "failures would end it after 100 targets at the earliest." in words(page)
    seen = page.content.decode().split('name="seen" value="')[1].split('"')[0]
    answer = approver.post(f"{JOBS}{job.pk}/approve/", {"comment": "Change 42", "seen": seen}, follow=True)
    assert "Approved for admin: Set c8y_Note = 1, 3 selected devices" in words(answer)
    assert "Nothing waits for approval" in words(answer)
    decided = words(answer).split("Approved by you")[1]
    assert "Set c8y_Note = 1" in decided
    assert "3 selected devices" in decided
    assert f'href="{JOBS}{job.pk}/"' in answer.content.decode()
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    told = words(browser.get(f"{JOBS}{job.pk}/log/"))
    assert "Approved: Change 42" in told
    assert "operator" in told
    assert "Approved by operator" in words(approver.get(f"{JOBS}{job.pk}/"))


def test_nobody_reads_what_others_have_approved(
    waiting: tuple[Client, Job], sign_in: SignInto, second: str
) -> None:
    browser, job = waiting
    decide(sign_in(second), job, "approve")
    assert "Approved by you" not in words(browser.get(LIST))


def test_who_confirms_reads_before_that_somebody_else_has_to_approve(
    prepared: Any, settings: Any, second: str
) -> None:
    browser, job = prepared()
    page = f"{JOBS}{job.pk}/"
    assert "Confirm and start" in words(browser.get(page))
    settings.APPROVAL = "2"
    shown = words(browser.get(page))
    assert "More than 2 targets need a second person's approval here." in shown
    assert "Confirm and ask for approval" in shown


def test_the_approver_reads_when_and_how_fast_it_would_go(
    prepared: Any, settings: Any, second: str, sign_in: SignInto
) -> None:
    settings.APPROVAL = "all"
    browser, job = prepared()
    options = {"rate_per_s": 5.0, "ramp_from": 1.0, "stages": ["1", "100%"], "stage_wait": 60}
    Job.objects.update(**options, hours="22:00-06:00", hours_zone="UTC")
    confirm(browser, job)
    page = words(sign_in(second).get(f"{JOBS}{job.pk}/"))
    for sentence in (
        "at most 5 requests per second, beginning with 1.",
        "Goes in stages of 1, 100%, with 1 min between them.",
        "Works only ",
        "failures would end it after 100 targets at the earliest.",
    ):
        assert sentence in page
    Job.objects.update(abort_percent=101)
    page = words(sign_in(second).get(f"{JOBS}{job.pk}/"))
    assert "Goes on to its end, however many targets fail." in page


def test_nobody_approves_their_own_job_from_whatever_browser(
    waiting: tuple[Client, Job], sign_in: SignInto
) -> None:
    _, job = waiting
    again = sign_in("admin")
    assert "Approve" not in [line.strip() for line in words(again.get(f"{JOBS}{job.pk}/")).splitlines()]
    answer = decide(again, job, "approve")
    assert answer.status_code == 409
    assert "Nobody approves their own job" in words(answer)
    assert "waiting" not in words(again.get(LIST)).split("Waiting for approval")[0]
    assert standing(job) is State.AWAITING_APPROVAL


@pytest.mark.parametrize("step", ["approve", "reject", "withdraw"])
def test_who_may_not_see_the_job_finds_none(
    waiting: tuple[Client, Job], sign_in: SignInto, step: str
) -> None:
    _, job = waiting
    assert decide(sign_in("reader"), job, step, "x").status_code == 404
    stranger = sign_in("admin", "globex")
    assert stranger.post(f"/t/globex/jobs/{job.pk}/{step}/").status_code == 404
    assert "Nothing waits for approval" in words(sign_in("reader").get(LIST))


def test_who_may_approve_may_not_steer(waiting: tuple[Client, Job], sign_in: SignInto, second: str) -> None:
    _, job = waiting
    approver = sign_in(second)
    for step in ("cancel", "withdraw", "confirm"):
        assert approver.post(f"{JOBS}{job.pk}/{step}/").status_code == 409
    assert standing(job) is State.AWAITING_APPROVAL


def test_what_was_changed_meanwhile_has_to_be_looked_at_again(
    waiting: tuple[Client, Job], sign_in: SignInto, second: str
) -> None:
    _, job = waiting
    seen = approvals.fingerprint(job.pk)
    Job.objects.update(parallel=32)
    answer = decide(sign_in(second), job, "approve", seen=seen)
    assert answer.status_code == 409
    assert "changed since this page was shown" in words(answer)
    assert decide(sign_in(second), job, "approve", seen="forged").status_code == 409
    assert standing(job) is State.AWAITING_APPROVAL


def test_who_does_not_approve_says_why(waiting: tuple[Client, Job], sign_in: SignInto, second: str) -> None:
    browser, job = waiting
    approver = sign_in(second)
    silent = decide(approver, job, "reject")
    assert silent.status_code == 422
    assert "Say why" in words(silent)
    long = decide(approver, job, "reject", "x" * 501)
    assert long.status_code == 422
    decide(approver, job, "reject", "Not on a Friday <b>")
    page = browser.get(f"{JOBS}{job.pk}/")
    assert "operator rejected it: Not on a Friday <b>" in words(page)
    assert "Ready to confirm" in words(page)
    assert approver.get(f"{JOBS}{job.pk}/").status_code == 404


def test_a_rejected_job_keeps_no_password(
    prepared: Any, settings: Any, second: str, sign_in: SignInto, password: str
) -> None:
    settings.APPROVAL = "all"
    browser, job = prepared()
    confirm(browser, job, **consent(password))
    assert JobCredential.objects.exclude(password="").exists()
    decide(sign_in(second), job, "reject", "no")
    assert not JobCredential.objects.exclude(password="").exists()


def test_its_owner_takes_a_job_back(waiting: tuple[Client, Job]) -> None:
    browser, job = waiting
    browser.post(f"{JOBS}{job.pk}/withdraw/")
    assert standing(job) is State.READY
    assert browser.post(f"{JOBS}{job.pk}/withdraw/").status_code == 409


def test_the_second_of_two_approvers_is_told(
    waiting: tuple[Client, Job], sign_in: SignInto, sandbox: Sandbox, second: str
) -> None:
    _, job = waiting
    first, late = sign_in(second), sign_in(second)
    decide(first, job, "approve")
    answer = decide(late, job, "approve")
    assert answer.status_code == 409
    assert "The job is queued." in words(answer)


def test_the_menu_counts_for_approvers_and_follows_what_they_may_decide(
    waiting: tuple[Client, Job], sign_in: SignInto, second: str
) -> None:
    browser, job = waiting
    approver, reader = sign_in(second), sign_in("reader")
    htmx = {"HX-Request": "true", "HX-Target": "approvals_waiting"}
    count = f"{LIST}waiting/"
    assert words(approver.get(count, headers=htmx)).strip() == "1 waiting"
    assert words(browser.get(count, headers=htmx)).strip() == ""  # nobody approves their own
    assert words(reader.get(count, headers=htmx)).strip() == ""
    assert approver.get(count)["Location"] == LIST
    for client, follows in ((approver, True), (reader, False)):
        assert ('data-live="approvals" data-while-visible' in client.get(JOBS).content.decode()) is follows
    decide(approver, job, "approve")
    assert words(approver.get(count, headers=htmx)).strip() == ""


def test_a_session_hears_of_approvals_that_it_may_give(sign_in: SignInto, second: str, settings: Any) -> None:
    approver, reader = sign_in(second), sign_in("reader")
    keys = [client.cookies["c8yadmin"].value for client in (approver, reader)]
    assert [hearing.topics_for(key, "acme") for key in keys] == [["acme/operator"], ["acme/reader"]]
    settings.APPROVAL = "destructive"
    heard = [hearing.topics_for(key, "acme") or [] for key in keys]
    assert "acme/*approvers:ROLE_INVENTORY_ADMIN" in heard[0]
    assert heard[1] == ["acme/reader"]


def test_without_the_rule_no_page_speaks_of_it(sign_in: SignInto) -> None:
    assert "Approvals" not in words(sign_in().get(JOBS))


def told_by(*command: str) -> str:
    said = io.StringIO()
    call_command("job", *command, stdout=said)
    return said.getvalue()


@pytest.fixture
def acting_as(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Whom the environment names: `acting_as("operator")`."""

    def become(user: str) -> None:
        monkeypatch.setenv("C8Y_BASEURL", "http://acme.sandbox")
        monkeypatch.setenv("C8Y_TENANT", "acme")
        monkeypatch.setenv("C8Y_USER", user)
        monkeypatch.setenv("C8Y_PASSWORD", sandbox.credentials["acme"][user]["password"])

    return become


def test_the_command_line_approves_with_the_same_rules(
    waiting: tuple[Client, Job], acting_as: Callable[[str], None], second: str
) -> None:
    _, job = waiting
    seen = json.loads(told_by("show", str(job.pk), "--json"))["fingerprint"]
    acting_as("admin")
    with pytest.raises(CommandError, match="Nobody approves their own job"):
        told_by("approve", str(job.pk))
    acting_as("reader")
    with pytest.raises(CommandError, match="Only who holds ROLE_INVENTORY_ADMIN"):
        told_by("approve", str(job.pk))
    acting_as(second)
    with pytest.raises(CommandError, match="changed since"):
        told_by("approve", str(job.pk), "--seen", "0" * 64)
    assert "QUEUED" in told_by("approve", str(job.pk), "--seen", seen, "--comment", "ok")
    with pytest.raises(CommandError, match="queued"):
        told_by("approve", str(job.pk))


def test_the_command_line_rejects_with_a_reason(
    waiting: tuple[Client, Job], acting_as: Callable[[str], None], second: str
) -> None:
    _, job = waiting
    acting_as(second)
    with pytest.raises(CommandError, match="--comment"):
        told_by("reject", str(job.pk))
    assert "operator rejected it: No" in told_by("reject", str(job.pk), "--comment", "No")


def test_a_job_from_the_command_line_waits_for_somebody_else(
    settings: Any, acting_as: Callable[[str], None], sandbox: Sandbox, second: str, no_workers: None
) -> None:
    settings.APPROVAL = "all"
    acting_as(second)
    query = ("--ids", "1", "--param", "c8y_Note=1")
    with pytest.raises(SystemExit):
        told_by("submit", "inventory.set", *query, "--wait")
    job = Job.objects.get()
    assert job.standing is State.AWAITING_APPROVAL
    with pytest.raises(CommandError, match="Nobody approves their own job"):
        told_by("approve", str(job.pk))
    for step in ("pause", "resume"):
        with pytest.raises(CommandError):
            told_by(step, str(job.pk))
    assert standing(job) is State.AWAITING_APPROVAL
