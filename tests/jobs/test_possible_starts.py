"""A schedule by which a job could never begin is refused where it is entered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.test import Client

from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.states import State
from tests.jobs.test_options import confirm, ready
from tests.jobs.test_schedules import SignIn, change, command, devices, now, scheduled
from tests.web.words import words

__all__ = ["devices", "scheduled"]
pytestmark = pytest.mark.django_db
EVENING = {"scheduled_at": "2031-07-01T20:13", "not_after": "2031-07-01T20:14"}
NEVER = "Between 2031-07-01 20:13 UTC and 2031-07-01 20:14 UTC none of its hours begins:"


def quiet(zone: str) -> None:
    """Let jobs of the tenant work at night only."""
    own = {"hours": "22:00-05:00", "hours_zone": zone}
    TenantLimit.objects.update_or_create(tenant="acme", defaults=own)


def test_hours_that_begin_after_the_latest_start_are_refused_before_the_confirmation(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    answer = confirm(browser, job, **EVENING, hours="03:00-04:00")
    assert answer.status_code == 422
    assert f"{NEVER} 03:00–04:00 (UTC)." in words(answer)
    assert now(job).standing is State.READY
    assert confirm(browser, job, **EVENING, hours="20:14-20:20").status_code == 302
    assert now(job).standing is State.SCHEDULED


def test_another_schedule_must_be_possible_too(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    answer = change(browser, job, **EVENING, hours="22:00-05:00")
    assert answer.status_code == 422
    assert f"{NEVER} 22:00–05:00 (UTC)." in words(answer)
    assert now(job).hours == ""
    assert change(browser, job, **EVENING, hours="20:00-05:00").status_code == 302


def test_the_hours_of_the_tenant_count_as_well(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    quiet("UTC")
    assert f"{NEVER} 22:00–05:00 (UTC)." in words(change(browser, job, **EVENING))
    both = words(change(browser, job, **EVENING, hours="20:00-23:00"))
    assert f"{NEVER} 20:00–23:00 (UTC) and 22:00–05:00 (UTC)." in both


def test_without_a_start_the_hours_are_looked_for_from_now_on(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    soon = clock() + timedelta(hours=2)
    hours = f"{soon:%H:%M}-{soon + timedelta(hours=1):%H:%M}"
    latest = f"{clock() + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    answer = words(change(browser, job, not_after=latest, hours=hours))
    assert f"From now until {latest.replace('T', ' ')} UTC none of its hours begins:" in answer
    later = f"{clock() + timedelta(hours=3):%Y-%m-%dT%H:%M}"
    assert change(browser, job, not_after=later, hours=hours).status_code == 302


def test_the_command_line_refuses_it_likewise(scheduled: tuple[Client, Job]) -> None:
    _, job = scheduled
    with pytest.raises(CommandError, match=r"--not-after: Between 2031-07-01 10:00 UTC and .* none"):
        command("set", str(job.pk), "--window", "22:00-05:00")
    assert now(job).hours == ""


def test_hours_that_this_machine_does_not_understand_are_no_reason_to_refuse(
    scheduled: tuple[Client, Job],
) -> None:
    browser, job = scheduled
    quiet("Mars/Olympus")
    assert change(browser, job, **EVENING).status_code == 302
