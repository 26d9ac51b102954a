"""A page of a job that has moved on since: what its buttons still do, and how it learns of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.states import PauseReason, State
from tests.jobs.lending import JOBS, confirm, standing
from tests.web.words import words

pytestmark = pytest.mark.django_db
Prepared = Callable[..., tuple[Client, Job]]


def sent_by(browser: Client, job: Job, step: str) -> dict[str, str]:
    """What the form for `step` on the page of `job` would send, as the page is now."""
    page = browser.get(f"{JOBS}{job.pk}/").content.decode()
    form = page.split(f'action="{JOBS}{job.pk}/{step}/"')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_an_old_tab_discards_no_job_that_was_confirmed_in_another_one(prepared: Prepared) -> None:
    browser, job = prepared()
    discard = sent_by(browser, job, "cancel")
    confirm(browser, job)
    assert standing(job) is State.QUEUED
    answer = browser.post(f"{JOBS}{job.pk}/cancel/", discard)
    assert answer.status_code == 409
    assert "Nothing was done: the job has moved on since this page was shown. It is queued now." in words(
        answer
    )
    assert "Cancel job" in words(answer)
    assert standing(job) is State.QUEUED


def test_what_the_page_still_shows_is_discarded(prepared: Prepared) -> None:
    browser, job = prepared()
    answer = browser.post(f"{JOBS}{job.pk}/cancel/", sent_by(browser, job, "cancel"))
    assert answer.status_code == 302
    assert standing(job) is State.CANCELED


def test_a_running_job_is_stopped_whatever_has_become_of_it_meanwhile(prepared: Prepared) -> None:
    browser, job = prepared()
    confirm(browser, job)
    stop = sent_by(browser, job, "cancel")
    control.pause(job, "admin")
    assert browser.post(f"{JOBS}{job.pk}/cancel/", stop).status_code == 302
    assert standing(job) is State.CANCELED


def test_an_old_tab_lets_no_job_go_on_that_has_stopped_again_for_another_reason(prepared: Prepared) -> None:
    browser, job = prepared()
    confirm(browser, job)
    control.pause(job, "admin")
    resume = sent_by(browser, job, "resume")
    control.resume(job, "admin")
    control.pause(job, "admin")
    Job.objects.filter(pk=job.pk).update(pause_reason=PauseReason.STAGE_FAILED)
    answer = browser.post(f"{JOBS}{job.pk}/resume/", resume)
    assert answer.status_code == 409
    assert "It is paused now." in words(answer)
    assert "Go on all the same" in words(answer)
    assert standing(job) is State.PAUSED
    assert browser.post(f"{JOBS}{job.pk}/resume/", sent_by(browser, job, "resume")).status_code == 302


@pytest.mark.parametrize("seen", ["x", "-1", "9" * 5000])
def test_a_version_that_no_job_can_have_is_none_that_was_seen(prepared: Prepared, seen: str) -> None:
    browser, job = prepared()
    assert browser.post(f"{JOBS}{job.pk}/cancel/", {"version": seen}).status_code == 409
    assert standing(job) is State.READY
