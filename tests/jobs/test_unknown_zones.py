"""Hours in a time zone that this machine does not know: another one did when they were entered."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution.batch_runs import work_of
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.slot import run_slot
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Approval, Job, TenantLimit
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.states import PauseReason, State
from tests.jobs.conftest import Ledger
from tests.jobs.reading import figures, steps
from tests.jobs.test_options import JOBS, confirm
from tests.jobs.test_schedules import change
from tests.web.words import words

pytestmark = pytest.mark.django_db
MARS = {"hours": "22:00-05:00", "hours_zone": "Mars/Olympus"}
NONE = "There is no time zone “Mars/Olympus”"
ITS, ITS_TENANTS = (
    f"{whose} cannot be understood: {NONE}" for whose in ("Its hours", "The hours of its tenant")
)


@pytest.fixture
def on_mars(prepared: Callable[..., tuple[Client, Job]]) -> tuple[Client, Job]:
    """A browser, and its job that begins tomorrow and works only at night on Mars."""
    browser, job = prepared()
    Job.objects.update(scheduled_at=clock() + timedelta(days=1), **MARS)
    job.refresh_from_db()
    return browser, job


def tenant_on_mars() -> None:
    TenantLimit.objects.update_or_create(tenant="acme", defaults=MARS)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("READY", "This machine does not know Mars/Olympus"),
        ("AWAITING_APPROVAL", ITS),
        ("SCHEDULED", ITS),
        ("RUNNING", ITS),
        ("PAUSED", ITS),
    ],
)
def test_the_pages_of_a_job_tell_it(on_mars: tuple[Client, Job], state: str, sentence: str) -> None:
    browser, job = on_mars
    Job.objects.update(state=state, pause_reason="OUT_OF_HOURS", resume_at=job.scheduled_at)
    if state == "AWAITING_APPROVAL":
        Approval.objects.create(job=job, asked_at=clock())
    assert sentence in words(browser.get(f"{JOBS}{job.pk}/"))
    assert browser.get(JOBS).status_code == 200


@pytest.mark.parametrize("state", ["READY", "SCHEDULED", "RUNNING", "PAUSED"])
def test_hours_of_the_tenant_break_no_page(prepared: Callable[..., tuple[Client, Job]], state: str) -> None:
    browser, job = prepared()
    tenant_on_mars()
    Job.objects.update(state=state, pause_reason="OUT_OF_HOURS", resume_at=clock() + timedelta(days=1))
    page = words(browser.get(f"{JOBS}{job.pk}/"))
    assert (ITS_TENANTS in page) == (state == "RUNNING")
    assert ("Goes on at" in page) == (state == "PAUSED")


def test_its_times_are_those_of_utc_and_another_zone_has_to_be_named(on_mars: tuple[Client, Job]) -> None:
    browser, job = on_mars
    assert confirm(browser, job).status_code == 422
    Job.objects.update(state="SCHEDULED")
    form = browser.get(f"{JOBS}{job.pk}/").content.decode().split("Change the schedule")[1]
    shown = f"{job.scheduled_at:%Y-%m-%dT%H:%M}"
    assert f'value="{shown}"' in form
    assert 'value="Mars/Olympus"' in form
    assert "This machine does not know Mars/Olympus: all times here are on the clocks of UTC." in form
    answer = change(browser, job, scheduled_at=shown, **MARS)
    assert answer.status_code == 422
    assert NONE in words(answer)
    assert change(browser, job, scheduled_at=shown, hours="22:00-05:00").status_code == 302
    job.refresh_from_db()
    assert (job.hours_zone, f"{job.scheduled_at:%Y-%m-%dT%H:%M}") == ("UTC", shown)


def test_hours_are_refused_in_words_where_those_of_the_tenant_are_not_understood(
    prepared: Callable[..., tuple[Client, Job]],
) -> None:
    browser, job = prepared()
    tenant_on_mars()
    answer = confirm(browser, job, hours="22:00-05:00")
    assert answer.status_code == 422
    assert ITS_TENANTS in words(answer)
    out = io.StringIO()
    call_command("job", "limit", "acme", stdout=out)
    assert "only 22:00-05:00 (Mars/Olympus), which cannot be understood" in out.getvalue()


@pytest.mark.parametrize(("whose", "sentence"), [("job", ITS), ("tenant", ITS_TENANTS)])
def test_the_job_pauses_once_and_nothing_is_sent(
    make_job: Callable[..., Job], ledger: Ledger, no_workers: None, whose: str, sentence: str
) -> None:
    job = make_job(30, autostart=True, settings=MARS if whose == "job" else {})
    if whose == "tenant":
        tenant_on_mars()
    for _ in range(3):
        engine.serve(job.pk, "w")
        sweep()
    job.refresh_from_db()
    assert (job.standing, job.pause_reason) == (State.PAUSED, PauseReason.OUT_OF_HOURS)
    assert sentence in job.problem
    assert steps(job).count("PAUSED") == 1
    assert not ledger.done
    Job.objects.update(hours="")
    TenantLimit.objects.update(hours="")
    control.resume(job, "admin")
    engine.work(job.pk, "w")
    assert figures(job) == {"state": "COMPLETED", "total": 30, "ok": 30}


def test_a_turn_ends_at_once_when_the_hours_are_no_longer_understood(
    make_job: Callable[..., Job], ledger: Ledger, no_workers: None
) -> None:
    job = make_job(30, autostart=True)
    engine.work(job.pk, "w")
    tenant_on_mars()  # after they were looked at, and before the turn begins
    assert not run_slot(job.pk, "w", work_of(job))
    assert not ledger.done


def test_a_job_that_waits_for_hours_which_its_tenant_has_no_more_has_a_page(
    prepared: Callable[..., tuple[Client, Job]],
) -> None:
    browser, job = prepared()
    Job.objects.update(state="PAUSED", pause_reason="OUT_OF_HOURS", resume_at=clock() + timedelta(days=1))
    assert "Goes on at" in words(browser.get(f"{JOBS}{job.pk}/"))
