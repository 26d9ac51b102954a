"""A job that waits gets another schedule: on its page, on the command line, and never while it is worked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client

from c8yadmin.jobs.authority import approvals
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Approval, Job
from c8yadmin.jobs.states import State
from sdk.sandbox import Sandbox
from tests.jobs.reading import figures
from tests.jobs.test_options import JOBS, confirm, hour_from, ready
from tests.web.words import words

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def devices(sandbox: Sandbox) -> list[str]:
    objects = sandbox.tenant("acme").inventory.objects
    return [id for id, found in objects.items() if "c8y_IsDevice" in found]


@pytest.fixture
def two_persons(sign_in: SignIn, sandbox: Sandbox, settings: Any) -> tuple[Client, Client]:
    """The browsers of `admin`, whose jobs all need approval, and of `operator`, who may approve them."""
    settings.APPROVAL = "all"
    sandbox.tenant("acme").user_roles.setdefault("operator", set()).add("ROLE_INVENTORY_ADMIN")
    return sign_in(), sign_in("operator")


@pytest.fixture
def scheduled(sign_in: SignIn, devices: list[str]) -> tuple[Client, Job]:
    """The browser of `admin`, and their job that begins in 2031."""
    browser = sign_in()
    job = ready(browser, devices[:2])
    confirm(browser, job, scheduled_at="2031-07-01T10:00", not_after="2031-07-01T12:00")
    job.refresh_from_db()
    assert job.standing is State.SCHEDULED
    return browser, job


def change(browser: Client, job: Job, **typed: str) -> HttpResponse:
    """Send the form of the schedule, with the fields that are not `typed` empty."""
    empty = {"scheduled_at": "", "not_after": "", "hours": "", "hours_zone": "UTC"}
    return browser.post(f"{JOBS}{job.pk}/schedule/", empty | typed)


def now(job: Job) -> Job:
    job.refresh_from_db()
    return job


def command(*args: str) -> Any:
    out = io.StringIO()
    call_command("job", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_scheduled_job_gets_another_time_and_its_log_tells_who_gave_it(
    scheduled: tuple[Client, Job],
) -> None:
    browser, job = scheduled
    page = browser.get(f"{JOBS}{job.pk}/").content.decode()
    assert "Change the schedule" in page
    assert 'value="2031-07-01T10:00"' in page
    typed = {"scheduled_at": "2032-01-31T22:00", "not_after": "2032-02-01T04:00"}
    typed |= {"hours": "21:00-5:00", "hours_zone": "Europe/Berlin"}
    assert change(browser, job, **typed).status_code == 302
    assert now(job).scheduled_at == datetime.fromisoformat("2032-01-31T21:00+00:00")
    assert (job.hours, job.hours_zone, job.standing) == ("21:00-05:00", "Europe/Berlin", State.SCHEDULED)
    told = words(browser.get(f"{JOBS}{job.pk}/log/"))
    begins = "Begins at 2032-01-31 22:00 (Europe/Berlin), at the latest at 2032-02-01 04:00 (Europe/Berlin);"
    assert f"{begins} works only 21:00–05:00 (Europe/Berlin)." in told
    assert job.events.latest("id").actor == "admin"


def test_a_schedule_is_told_and_offered_again_on_the_clocks_on_which_it_was_entered(
    two_persons: tuple[Client, Client], devices: list[str]
) -> None:
    browser, second = two_persons
    job = ready(browser, devices[:2])
    typed = {"scheduled_at": "2031-07-01T22:00", "not_after": "2031-07-02T04:00"}
    confirm(browser, job, **typed, hours_zone="Asia/Kolkata")
    assert now(job).scheduled_at == datetime.fromisoformat("2031-07-01T16:30+00:00")
    page, start, latest = (
        f"{JOBS}{job.pk}/",
        "2031-07-01 22:00 (Asia/Kolkata)",
        "2031-07-02 04:00 (Asia/Kolkata)",
    )
    told = words(second.get(page))
    assert f"Begins at {start}" in told
    assert f"At the latest it begins at {latest}" in told
    second.post(f"{page}approve/", {"seen": approvals.fingerprint(job.pk)})
    told = words(browser.get(page))
    assert f"Starts at {start}" in told
    assert f"At the latest it begins at {latest}" in told
    assert f"Starts at {start}" in words(browser.get(JOBS))
    form = browser.get(page).content.decode().split("Change the schedule")[1]
    assert all(f'value="{value}"' in form for value in (*typed.values(), "Asia/Kolkata"))


@pytest.mark.parametrize(
    ("moment", "zone"),
    [("9999-12-31T20:30+00:00", "Asia/Tokyo"), ("0001-01-01T00:30+00:00", "America/New_York")],
)
def test_no_stored_moment_breaks_a_page(scheduled: tuple[Client, Job], moment: str, zone: str) -> None:
    browser, job = scheduled
    Job.objects.update(scheduled_at=moment, not_after=moment, hours_zone=zone)
    told = f"Starts at {moment[:10]} {moment[11:16]} UTC"
    assert told in words(browser.get(JOBS))
    assert told in words(browser.get(f"{JOBS}{job.pk}/"))


@pytest.mark.parametrize(("hour", "offset"), [("00", "+02:00"), ("01", "+01:00")])
def test_a_time_that_comes_twice_says_which_and_stays_the_one_that_it_is(
    sign_in: SignIn, devices: list[str], hour: str, offset: str
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    start = datetime.fromisoformat(f"2031-10-26T{hour}:30:15+00:00")
    Job.objects.update(scheduled_at=start, hours_zone="Europe/Berlin")
    assert confirm(browser, job).status_code == 302
    assert now(job).scheduled_at == start
    page = browser.get(f"{JOBS}{job.pk}/")
    assert f"Starts at 2031-10-26 02:30 {offset} (Europe/Berlin)" in words(page)
    form = page.content.decode().split("Change the schedule")[1]
    assert 'value="2031-10-26T02:30"' in form
    typed = {"scheduled_at": "2031-10-26T02:30", "hours_zone": "Europe/Berlin"}
    assert change(browser, job, **typed, hours="22:00-05:00").status_code == 302
    assert (now(job).scheduled_at, job.hours) == (start, "22:00-05:00")
    assert change(browser, job, **typed | {"scheduled_at": "2031-10-26T02:31"}).status_code == 302
    assert now(job).scheduled_at == datetime.fromisoformat("2031-10-26T00:31+00:00")
    command("set", str(job.pk), "--start-at", "2031-10-26T02:30+01:00")
    assert now(job).scheduled_at == datetime.fromisoformat("2031-10-26T01:30+00:00")


def test_a_start_too_far_away_is_refused_where_it_is_confirmed_and_on_the_command_line(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    answer = confirm(browser, job, scheduled_at="9999-12-31T20:30", hours_zone="Asia/Tokyo")
    assert answer.status_code == 422
    assert "That is more than ten years away." in words(answer)
    assert now(job).standing is State.READY
    confirm(browser, job, scheduled_at="2031-07-01T10:00")
    with pytest.raises(CommandError, match="--start-at: That is more than ten years away"):
        command("set", str(job.pk), "--start-at", "9999-12-31T23:30-05:00")


def test_a_zone_that_this_machine_does_not_know_does_no_harm(scheduled: tuple[Client, Job]) -> None:
    browser, _ = scheduled
    Job.objects.update(hours_zone="Mars/Olympus")
    assert "Starts at 2031-07-01 10:00 UTC" in words(browser.get(JOBS))


def test_a_job_whose_start_is_taken_away_begins_at_the_next_look(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    assert change(browser, job).status_code == 302
    sweep()
    assert figures(job) == {"state": "COMPLETED", "total": 2, "ok": 2}


WRONG = [
    ({"scheduled_at": "2020-01-01T10:00"}, "That time has passed. Leave it empty to start now."),
    ({"scheduled_at": "tomorrow"}, "This is no moment"),
    ({"scheduled_at": "9999-12-31T20:30", "hours_zone": "America/New_York"}, "more than ten years away"),
    ({"scheduled_at": "2031-03-30T02:30", "hours_zone": "Europe/Berlin"}, "The clocks of Europe/Berlin skip"),
    ({"not_after": "2037-01-01T00:00"}, "That is more than ten years away."),
    ({"scheduled_at": "0001-01-01T00:30", "hours_zone": "Asia/Tokyo"}, "That time has passed."),
    ({"scheduled_at": "2031-07-01T10:00", "not_after": "2031-07-01T09:00"}, "That is before the start."),
    ({"hours": "at night"}, "is no time of day"),
    ({"hours_zone": "Mars/Olympus"}, "There is no time zone"),
]


@pytest.mark.parametrize(("typed", "sentence"), WRONG)
def test_a_wrong_schedule_is_told_at_its_field_and_changes_nothing(
    scheduled: tuple[Client, Job], typed: dict[str, str], sentence: str
) -> None:
    browser, job = scheduled
    answer = change(browser, job, **typed)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert all(value in answer.content.decode() for value in typed.values())
    assert now(job).scheduled_at == datetime.fromisoformat("2031-07-01T10:00+00:00")


def test_the_owner_of_a_job_that_waits_reads_how_it_will_work(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    Job.objects.update(rate_per_s=5.0, ramp_from=1.0, stages=["1", "100%"], stage_wait=60)
    for step in ("", "pause/"):
        if step:
            browser.post(f"{JOBS}{job.pk}/{step}")
        page = words(browser.get(f"{JOBS}{job.pk}/"))
        assert "at most 5 requests per second, beginning with 1." in page
        assert "Goes in stages of 1, 100%, with 1 min between them." in page
        assert "failures would end it after 100 targets at the earliest." in page
        assert "as soon as it is approved" not in page
    assert now(job).standing is State.PAUSED
    Job.objects.update(state="RUNNING")
    assert "Goes in stages of" not in words(browser.get(f"{JOBS}{job.pk}/"))


def test_a_paused_job_is_not_promised_to_start_at_once(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    assert browser.post(f"{JOBS}{job.pk}/pause/").status_code == 302
    assert now(job).standing is State.PAUSED
    answer = words(change(browser, job, scheduled_at="2020-01-01T10:00"))
    assert "That time has passed. Leave it empty to start as soon as it may." in answer


def test_only_its_owner_gives_a_job_another_schedule(
    sign_in: SignIn, devices: list[str], sandbox: Sandbox
) -> None:
    sandbox.tenant("acme").user_roles.setdefault("operator", set()).add("ROLE_INVENTORY_ADMIN")
    browser = sign_in("operator")
    job = ready(browser, devices[:2])
    confirm(browser, job, scheduled_at="2031-07-01T10:00")
    admin = sign_in("admin")
    assert "Only operator may do that." in words(admin.get(f"{JOBS}{job.pk}/"))
    answer = change(admin, job)
    assert answer.status_code == 409
    assert "Only operator may do that." in words(answer)
    assert sign_in("reader").post(f"{JOBS}{job.pk}/schedule/", {}).status_code == 404
    assert now(job).standing is State.SCHEDULED


def test_a_job_that_is_worked_or_over_keeps_its_schedule(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    for state, sentence in (
        ("RUNNING", "The job is running. Pause it first."),
        ("COMPLETED", "is completed"),
    ):
        Job.objects.update(state=state)
        answer = change(browser, job, hours="01:00-02:00")
        assert answer.status_code == 409
        assert sentence in words(answer)
        with pytest.raises(CommandError, match=f"The job is {state.lower()}"):
            command("set", str(job.pk), "--window", "11:00-12:00")
        assert now(job).hours == ""


def test_before_the_confirmation_speed_and_schedule_are_options(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    speed = browser.post(f"{JOBS}{job.pk}/speed/", {"rate_per_s": "-1", "parallel": "x"})
    for answer in (speed, change(browser, job, scheduled_at="soon")):
        assert answer.status_code == 409
        assert "It is chosen among the options, where the job is confirmed." in words(answer)
    command("set", str(job.pk), "--start-at", "2032-01-01T10:00")
    assert now(job).scheduled_at == datetime.fromisoformat("2032-01-01T10:00+00:00")


def test_a_page_that_is_out_of_date_changes_nothing(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    seen = approvals.fingerprint(job.pk)
    assert change(browser, job, scheduled_at="2032-01-01T10:00", seen=seen).status_code == 302
    late = change(browser, job, scheduled_at="2033-01-01T10:00", seen=seen)
    assert late.status_code == 409
    assert "The job was changed since this page was shown." in words(late)
    assert now(job).scheduled_at == datetime.fromisoformat("2032-01-01T10:00+00:00")


def test_a_missed_start_is_made_up_for_by_another_one(scheduled: tuple[Client, Job]) -> None:
    browser, job = scheduled
    Job.objects.update(scheduled_at=clock() - timedelta(hours=3), not_after=clock() - timedelta(hours=1))
    sweep()
    assert now(job).pause_reason == "WINDOW_CLOSED"
    assert "2031" not in browser.get(f"{JOBS}{job.pk}/").content.decode()
    change(browser, job, scheduled_at="2032-01-01T10:00", not_after="2032-01-01T11:00")
    assert now(job).standing is State.SCHEDULED
    assert job.not_after == datetime.fromisoformat("2032-01-01T11:00+00:00")
    assert not job.problem


def test_a_job_outside_its_hours_goes_on_when_it_gets_others(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    confirm(browser, job, hours=hour_from(clock() + timedelta(hours=1)))
    assert now(job).pause_reason == "OUT_OF_HOURS"
    assert change(browser, job).status_code == 302
    assert figures(job) == {"state": "COMPLETED", "total": 2, "ok": 2}


def test_a_job_that_has_begun_keeps_its_start_and_gets_other_hours(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:20])
    confirm(browser, job, stages="10")
    assert now(job).started_at
    page = browser.get(f"{JOBS}{job.pk}/").content.decode()
    assert 'name="hours"' in page
    assert 'name="scheduled_at"' not in page
    change(browser, job, scheduled_at="2032-01-01T10:00", hours="22:00-05:00")
    assert (now(job).scheduled_at, job.hours, job.standing) == (None, "22:00-05:00", State.PAUSED)
    with pytest.raises(CommandError, match="--start-at: the job has begun already"):
        command("set", str(job.pk), "--start-at", "2032-01-01T10:00")


def test_another_schedule_needs_approval_again_at_once(
    two_persons: tuple[Client, Client], devices: list[str]
) -> None:
    browser, second = two_persons
    job = ready(browser, devices[:2])
    confirm(browser, job, scheduled_at="2031-07-01T10:00")
    page, seen = f"{JOBS}{job.pk}/", approvals.fingerprint(job.pk)
    change(browser, job, scheduled_at="2031-07-02T10:00")
    stale = second.post(f"{page}approve/", {"seen": seen})
    assert stale.status_code == 409
    second.post(f"{page}approve/", {"seen": approvals.fingerprint(job.pk)})
    assert now(job).standing is State.SCHEDULED
    assert "It needs approval again." in words(browser.get(page))
    late = words(change(browser, job, scheduled_at="2020-01-01T10:00"))
    assert "Leave it empty to start as soon as it is approved." in late
    change(browser, job, scheduled_at="2031-07-03T10:00")
    assert now(job).standing is State.AWAITING_APPROVAL
    assert not Approval.objects.get(job=job).approver
    assert "It was changed after operator approved it" in words(second.get(page))


def test_the_command_line_changes_what_it_names_and_leaves_the_rest(scheduled: tuple[Client, Job]) -> None:
    _, job = scheduled
    command("set", str(job.pk), "--window", "10:00-5:00", "--window-zone", "Europe/Berlin")
    assert now(job).scheduled_at == datetime.fromisoformat("2031-07-01T10:00+00:00")
    assert (job.hours, job.hours_zone) == ("10:00-05:00", "Europe/Berlin")
    command("set", str(job.pk), "--start-at", "2031-07-01T11:00", "--not-after", "", "--rate", "5")
    assert now(job).scheduled_at == datetime.fromisoformat("2031-07-01T09:00+00:00")
    assert (job.not_after, job.rate_per_s, job.hours) == (None, 5.0, "10:00-05:00")
    with pytest.raises(CommandError, match="Say what to change"):
        command("set", str(job.pk))
    with pytest.raises(CommandError, match="--window: “late” is no time of day"):
        command("set", str(job.pk), "--window", "late")
