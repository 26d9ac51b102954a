"""How a job will work, in words that say what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from c8yadmin.jobs.models import Job
from tests.jobs.test_options import JOBS, confirm, ready
from tests.jobs.test_schedules import devices, scheduled
from tests.web.words import words

__all__ = ["devices", "scheduled"]
SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (300, "Goes in stages of 10%, 100%, with 5 min between them."),
        (7200, "Goes in stages of 10%, 100%, with 2 h between them."),
        (90, "Goes in stages of 10%, 100%, with 90 s between them."),
        (0, "Goes in stages of 10%, 100%, one right after the other."),
        (None, "Goes in stages of 10%, 100%, and waits for a person between them."),
    ],
)
def test_the_wait_between_stages_is_told_as_people_say_it(
    scheduled: tuple[Any, Job], wait: int | None, told: str
) -> None:
    browser, job = scheduled
    Job.objects.update(stages=["10%", "100%"], stage_wait=wait)
    assert told in words(browser.get(f"{JOBS}{job.pk}/"))


def test_a_job_too_small_to_end_itself_says_so(scheduled: tuple[Any, Job]) -> None:
    browser, job = scheduled
    small = "Goes on to its end, however many targets fail: failures would end it after 100 targets"
    assert small in words(browser.get(f"{JOBS}{job.pk}/"))
    Job.objects.update(total=100)
    large = "Ends itself when 20 % of what is done has failed, but not before 100 targets are done."
    assert large in words(browser.get(f"{JOBS}{job.pk}/"))


def test_the_options_say_how_much_a_target_takes_and_what_a_slot_is(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser: Any = sign_in()
    job = ready(browser, devices[:20])
    asked = words(browser.get(f"{JOBS}{job.pk}/"))
    twice = "At most so many, by all workers together; each target takes 2."
    slot = "Requests under way in each slot, which is where a chunk of 500 targets is worked."
    assert twice in asked
    assert slot in asked
    assert "A job with fewer never ends itself." in asked
    confirm(browser, job, stages="10")
    assert twice in words(browser.get(f"{JOBS}{job.pk}/"))
    wrong = browser.post(f"{JOBS}{job.pk}/speed/", {"rate_per_s": "0", "parallel": "3"})
    assert twice in words(wrong)
