"""How a job shall work, asked for on its page, changed while it runs, and told in words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.database import clock
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Job, TenantLimit
from c8yadmin.jobs.orders import control
from sdk.sandbox import Sandbox
from tests.jobs.forms import fields
from tests.jobs.reading import figures
from tests.web.words import words

SignIn = Callable[..., Client]
JOBS = "/t/acme/jobs/"
NEW = f"{JOBS}new/"


@pytest.fixture
def devices(sandbox: Sandbox) -> list[str]:
    """The ids of the devices of the tenant `acme`."""
    objects = sandbox.tenant("acme").inventory.objects
    return [id for id, found in objects.items() if "c8y_IsDevice" in found]


def order(browser: Client, ids: list[str], **typed: Any) -> HttpResponse:
    """Fill in and send the form of a new `inventory.set` job."""
    hidden = fields(browser.get(NEW, {"action": "inventory.set", "target": "devices", "id": ids}))
    return browser.post(NEW, hidden | {"fragment": "c8y_Note", "value": "1"} | typed)


def ready(browser: Client, ids: list[str]) -> Job:
    assert order(browser, ids).status_code == 302
    return Job.objects.latest("created_at")


def options(page: HttpResponse) -> dict[str, str]:
    """What the options on the page of a prepared job would send as they are."""
    html = page.content.decode().split('class="job-options"')[1].split("</details>")[0]
    found = re.findall(r"<input[^>]*>", html)
    names = [re.search(r'name="([^"]+)"', tag) for tag in found]
    values = [re.search(r'value="([^"]*)"', tag) for tag in found]
    return {
        name[1]: unescape(value[1]) if value else ""
        for name, value in zip(names, values, strict=True)
        if name is not None
    }


def hour_from(start: datetime) -> str:
    """The hour of the day that begins at `start`."""
    return f"{start:%H:%M}-{start + timedelta(hours=1):%H:%M}"


def confirm(browser: Client, job: Job, **chosen: str) -> HttpResponse:
    """Confirm with these options, the others as the page has them."""
    sent = options(browser.get(f"{JOBS}{job.pk}/"))
    assert {f"work-{name}" for name in chosen} <= set(sent)
    return browser.post(
        f"{JOBS}{job.pk}/confirm/", sent | {f"work-{name}": value for name, value in chosen.items()}
    )


def test_the_options_as_they_are_let_a_job_simply_run(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:3])
    assert "job-options" in browser.get(f"{JOBS}{job.pk}/").content.decode()
    assert '<details class="job-options">' in browser.get(f"{JOBS}{job.pk}/").content.decode()
    assert confirm(browser, job).status_code == 302
    assert figures(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    job.refresh_from_db()
    assert (job.rate_per_s, job.parallel, job.stages, job.hours, job.ramp_seconds) == (None, 8, [], "", 60)


def test_stages_are_told_in_words_and_go_on_at_a_click(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:40])
    confirm(browser, job, stages="10, 50%, 100%", stage_wait="2 h")
    page = browser.get(f"{JOBS}{job.pk}/")
    at = clock() + timedelta(hours=2)
    assert f"The first 10 done; goes on at {at:%Y-%m-%d %H}" in words(page)
    assert ", or now." in words(page)
    assert "Go on now" in words(page)
    assert f"The first 10 done; goes on at {at:%Y-%m-%d %H}" in words(browser.get(JOBS))
    assert figures(job) == {"state": "PAUSED", "total": 40, "ok": 10, "pending": 30}
    browser.post(f"{JOBS}{job.pk}/resume/")
    assert "Targets 11 to 20 done; goes on" in words(browser.get(f"{JOBS}{job.pk}/"))
    browser.post(f"{JOBS}{job.pk}/resume/")
    assert figures(job) == {"state": "COMPLETED", "total": 40, "ok": 40}


WRONG = [
    ("rate_per_s", "fast", "Enter a number."),
    ("rate_per_s", "-1", "Less than 0.01, one request in 100 seconds, would hardly ever end."),
    ("rate_per_s", "0.001", "would hardly ever end"),
    ("parallel", "33", "This can be 32 at most."),
    ("parallel", "0", "This must be 1 at least."),
    ("ramp_from", "5", "A ramp needs a rate to grow to"),
    ("ramp_factor", "1", "This must be 1.1 at least."),
    ("ramp_seconds", "soon", "is no length of time"),
    ("abort_percent", "101", "This can be 100 at most."),
    ("abort_percent", "0", "This must be 0.1 at least."),
    ("abort_minimum", "0", "This must be 1 at least."),
    ("stages", "first ten", "is no stage"),
    ("stages", "20, 10", "would do nothing"),
    ("stage_wait", "31 d", "longer than 30 days"),
    ("scheduled_at", "2020-01-01T10:00", "Leave it empty to start as soon as it is confirmed."),
    ("scheduled_at", "tomorrow", "This is no moment"),
    ("not_after", "2020-01-01T10:00", "That time has passed."),
    ("hours", "at night", "is no time of day"),
    ("hours", "22:00-22:00", "Begin and end are the same"),
    ("hours_zone", "Mars/Olympus", "There is no time zone"),
    ("hours_zone", "", "Fill this in."),
]


def test_a_wrong_option_is_told_at_its_field_and_nothing_is_lost(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    for field, typed, sentence in WRONG:
        answer = confirm(browser, job, **{"abort_minimum": "7", field: typed})
        assert answer.status_code == 422, field
        html = answer.content.decode()
        errors = re.search(rf'id="id_work-{field}_errors">(.*?)</div>', html, re.DOTALL)
        assert errors is not None, field
        assert sentence in unescape(re.sub(r"<[^>]*>", "", errors[1]))
        assert '<details class="job-options" open>' in html
        kept = options(answer)
        assert kept[f"work-{field}"] == typed
        assert field == "abort_minimum" or kept["work-abort_minimum"] == "7"
    assert figures(job)["state"] == "READY"


def test_without_a_percentage_no_failures_end_a_job(
    sign_in: SignIn, devices: list[str], sandbox: Sandbox
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:4])
    assert options(browser.get(f"{JOBS}{job.pk}/"))["work-abort_percent"] == "20"
    for id in devices[:3]:
        del sandbox.tenant("acme").inventory.objects[id]
    assert confirm(browser, job, abort_percent="", abort_minimum="1").status_code == 302
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 4, "ok": 1, "failed": 3}


def test_a_job_that_never_ends_itself_says_so_where_it_is_confirmed(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    Job.objects.update(abort_percent=101)  # as every version has kept it
    page = browser.get(f"{JOBS}{job.pk}/")
    assert options(page)["work-abort_percent"] == ""
    assert '<details class="job-options" open>' in page.content.decode()


def test_the_settings_may_say_that_failures_end_no_job(
    sign_in: SignIn, devices: list[str], settings: Any
) -> None:
    settings.JOBS_ABORT_PERCENT = 101.0
    browser = sign_in()
    job = ready(browser, devices[:2])
    page = browser.get(f"{JOBS}{job.pk}/")
    assert options(page)["work-abort_percent"] == ""
    assert '<details class="job-options">' in page.content.decode()


def test_a_start_is_in_the_zone_that_stands_beside_it(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    chosen = {"scheduled_at": "2031-07-01T10:00", "not_after": "2031-07-01T12:00"}
    assert confirm(browser, job, **chosen, hours_zone="Europe/Berlin").status_code == 302
    page = browser.get(f"{JOBS}{job.pk}/")
    assert "Starts at 2031-07-01 10:00 (Europe/Berlin)" in words(page)
    assert "At the latest it begins at 2031-07-01 12:00 (Europe/Berlin)" in words(page)
    assert all(f'datetime="2031-07-01T{hour}:00:00Z"' in page.content.decode() for hour in ("08", "10"))
    late = confirm(
        browser, ready(browser, devices[:2]), scheduled_at="2031-07-01T10:00", not_after="2031-07-01T09:00"
    )
    assert "That is before the start." in words(late)


def test_a_paused_job_whose_time_has_not_come_waits_for_it_when_it_is_resumed(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    confirm(browser, job, scheduled_at="2031-07-01T10:00")
    browser.post(f"{JOBS}{job.pk}/pause/")
    browser.post(f"{JOBS}{job.pk}/resume/")
    assert figures(job) == {"state": "SCHEDULED", "total": 2, "pending": 2}


def test_a_missed_start_is_told_in_words_and_may_be_made_up_for(
    sign_in: SignIn, devices: list[str], sandbox: Sandbox
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    confirm(browser, job, scheduled_at="2031-07-01T10:00", not_after="2031-07-01T12:00")
    Job.objects.update(scheduled_at=clock() - timedelta(hours=3), not_after=clock() - timedelta(hours=1))
    sweep()
    page = words(browser.get(f"{JOBS}{job.pk}/"))
    assert "Nobody could start it in time, and nothing was done" in page
    assert "Start all the same" in page
    assert not any("c8y_Note" in sandbox.tenant("acme").inventory.objects[id] for id in devices[:2])
    browser.post(f"{JOBS}{job.pk}/resume/")
    assert figures(job) == {"state": "COMPLETED", "total": 2, "ok": 2}


def test_outside_its_hours_a_job_says_when_it_goes_on_and_cannot_be_pushed(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    soon = clock() + timedelta(hours=1)
    hours = hour_from(soon)
    confirm(browser, job, hours=hours)
    page = words(browser.get(f"{JOBS}{job.pk}/"))
    assert f"Works only {hours.replace('-', '–')} (UTC); goes on at {soon:%Y-%m-%d %H:%M} UTC" in page
    refused = browser.post(f"{JOBS}{job.pk}/resume/")
    assert refused.status_code == 409
    assert "it goes on by itself when they begin" in words(refused)


def test_the_forecast_follows_the_options(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:60])
    htmx = {"HX-Request": "true", "HX-Target": "forecast"}
    sent = options(browser.get(f"{JOBS}{job.pk}/"))

    def foreseen(**chosen: str) -> str:
        query = sent | {f"work-{name}": value for name, value in chosen.items()}
        return words(browser.get(f"{JOBS}{job.pk}/forecast/", query, headers=htmx)).strip()

    assert foreseen() == "It takes less than a second."
    assert foreseen(rate_per_s="1") == "It takes about 2 min."
    assert foreseen(rate_per_s="2", ramp_from="1", ramp_seconds="30 s") == "It takes about 75 s."
    assert foreseen(stages="10", stage_wait="1 h").startswith("It takes about 60 min")
    assert foreseen(rate_per_s="none") == ""
    assert browser.get(f"{JOBS}{job.pk}/forecast/", sent).status_code == 302
    assert sign_in("reader").get(f"{JOBS}{job.pk}/forecast/", sent, headers=htmx).status_code == 404


def test_the_speed_of_a_job_under_way_is_changed_and_written_down(
    sign_in: SignIn, devices: list[str]
) -> None:
    browser = sign_in()
    job = ready(browser, devices[:20])
    confirm(browser, job, stages="10")
    answer = browser.post(f"{JOBS}{job.pk}/speed/", {"rate_per_s": "50", "parallel": "3"}, follow=True)
    assert answer.status_code == 200
    job.refresh_from_db()
    assert (job.rate_per_s, job.parallel) == (50.0, 3)
    told = browser.get(f"{JOBS}{job.pk}/log/")
    assert "At most 50 requests per second, 3 at the same time in each slot." in words(told)
    wrong = browser.post(f"{JOBS}{job.pk}/speed/", {"rate_per_s": "50", "parallel": "99"})
    assert wrong.status_code == 422
    assert "This can be 32 at most." in words(wrong)
    browser.post(f"{JOBS}{job.pk}/resume/")
    assert figures(job)["state"] == "COMPLETED"
    over = browser.post(f"{JOBS}{job.pk}/speed/", {"rate_per_s": "", "parallel": "3"})
    assert over.status_code == 409
    assert "The job is completed." in words(over)


def test_limits_of_a_tenant_are_for_its_administrators(sign_in: SignIn, devices: list[str]) -> None:
    assert sign_in("operator").get(f"{JOBS}limits/").status_code == 403
    browser = sign_in()
    assert "Limits for all jobs" in words(browser.get(f"{JOBS}limits/"))
    form = {"rate": "20", "burst": "5", "max_leases": "2", "hours": "", "hours_zone": ""}
    assert browser.post(f"{JOBS}limits/", form | {"max_leases": "0"}).status_code == 422
    assert browser.post(f"{JOBS}limits/", form | {"hours": "1-2"}).status_code == 422
    assert not TenantLimit.objects.filter(rate=20).exists()
    assert browser.post(f"{JOBS}limits/", form).status_code == 302
    limit = TenantLimit.objects.get(tenant="acme")
    assert (limit.rate, limit.burst, limit.max_leases) == (20, 5, 2)
    assert '"20.0"' in browser.get(f"{JOBS}limits/").content.decode()


def test_hours_that_never_meet_those_of_the_tenant_are_refused(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, devices[:2])
    TenantLimit.objects.update_or_create(
        tenant="acme", defaults={"hours": "08:00-09:00", "hours_zone": "UTC"}
    )
    answer = confirm(browser, job, hours="20:00-21:00")
    assert answer.status_code == 422
    assert "work only 08:00–09:00 (UTC): the two never meet" in words(answer)


def test_a_retry_keeps_the_speed_of_the_first_job(sign_in: SignIn, devices: list[str]) -> None:
    browser = sign_in()
    job = ready(browser, [*devices[:2], "99999999"])
    confirm(browser, job, rate_per_s="500", parallel="2", stages="1", stage_wait="0 s")
    assert figures(job)["state"] == "COMPLETED_WITH_ERRORS"
    browser.post(f"{JOBS}{job.pk}/retry/")
    again = Job.objects.get(parent=job)
    assert (again.rate_per_s, again.parallel, again.stages) == (500.0, 2, [])


def test_one_job_too_many_is_refused_in_words_and_the_form_is_kept(
    sign_in: SignIn, devices: list[str], settings: Any
) -> None:
    settings.JOBS_PER_USER = 2
    browser = sign_in()
    first, second = ready(browser, devices[:1]), ready(browser, devices[:1])
    refused = order(browser, devices[:1], value='"kept"')
    assert refused.status_code == 429
    assert "You have 2 jobs that are not over, 2 of them waiting for a confirmation" in words(refused)
    assert "kept" in refused.content.decode()
    assert order(sign_in("operator"), devices[:1]).status_code == 302
    confirm(browser, first)
    assert order(browser, devices[:1]).status_code == 302
    browser.post(f"{JOBS}{second.pk}/cancel/")
    assert browser.post(f"{JOBS}{first.pk}/retry/").status_code == 409


def test_a_form_sent_again_finds_its_job_whatever_the_quota(
    sign_in: SignIn, devices: list[str], settings: Any
) -> None:
    settings.JOBS_PER_USER = 1
    browser = sign_in()
    hidden = fields(browser.get(NEW, {"action": "inventory.set", "target": "devices", "id": devices[:1]}))
    form = hidden | {"fragment": "c8y_Note", "value": "1"}
    first, again = browser.post(NEW, form), browser.post(NEW, form)
    assert first["Location"] == again["Location"]
    assert browser.post(NEW, form | {"idem_key": uuid.uuid4().hex}).status_code == 429


def test_a_job_of_too_many_targets_ends_before_it_begins(
    sign_in: SignIn, devices: list[str], settings: Any
) -> None:
    settings.JOB_TARGETS = 5
    browser = sign_in()
    job = ready(browser, devices[:6])
    page = browser.get(f"{JOBS}{job.pk}/")
    assert "There are more than 5 targets, which is as many as a job may have." in words(page)
    assert figures(job)["state"] == "FAILED"
    assert figures(ready(browser, devices[:5]))["state"] == "READY"


def test_a_changed_speed_reaches_a_turn_that_is_under_way(
    make_job: Callable[..., Job],
    ledger: Any,
    no_workers: None,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.JOBS_SLOT_SECONDS = 2.0
    job = make_job(400, autostart=True, settings={"rate_per_s": 200.0, "parallel": 2})
    engine.work(job.pk, "w")
    commit, done_by_then = claims.commit, []

    def after_the_change(*args: Any, **more: Any) -> claims.Verdict:
        if sum(ledger.done.values()) >= 40 and not done_by_then:
            done_by_then.append(sum(ledger.done.values()))
            control.set_speed(job, "admin", rate=1.0, parallel=1)
        return commit(*args, **more)

    monkeypatch.setattr(claims, "commit", after_the_change)
    engine.work(job.pk, "w")
    assert 40 <= done_by_then[0] < 300
    assert sum(ledger.done.values()) <= done_by_then[0] + 6
    assert job.events.filter(actor="admin", before="RUNNING", after="RUNNING").count() == 1
