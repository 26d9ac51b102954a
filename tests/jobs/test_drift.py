"""What came or went between the preview of a job and its confirmation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import drift
from c8yadmin.jobs.states import State
from sdk.sandbox import Sandbox
from tests.jobs.forms import fields
from tests.jobs.lending import JOBS, confirm, standing, work
from tests.jobs.reading import figures, steps
from tests.web.words import words

pytestmark = pytest.mark.django_db


Pumps = tuple[Client, Job, list[dict[str, Any]]]


def retype(sandbox: Sandbox, pumps: list[dict[str, Any]], type: str) -> None:
    for pump in pumps:
        sandbox.tenant("acme").inventory.update(pump["id"], {"type": type})


@pytest.fixture
def filtered(sign_in: Callable[..., Client], sandbox: Sandbox, no_workers: None) -> Pumps:
    """A browser, its prepared job on all 20 pumps, and these pumps as the tenant has them."""
    inventory = sandbox.tenant("acme").inventory
    pumps = [found for found in inventory.objects.values() if "c8y_IsDevice" in found][:40]
    retype(sandbox, pumps[:20], "test_pump")
    retype(sandbox, pumps[20:], "test_valve")
    browser = sign_in()
    query = {"action": "inventory.set", "target": "devices", "all": "1", "filter": "type=test_pump"}
    hidden = fields(browser.get(f"{JOBS}new/", query))
    browser.post(f"{JOBS}new/", hidden | {"fragment": "c8y_Note", "value": "1"})
    job = Job.objects.get()
    work(job)
    job.refresh_from_db()
    assert (job.standing, job.total) == (State.READY, 20)
    sandbox.tenant("acme").totals.forget()  # it is looked at for longer than the tenant tells a total again
    return browser, job, pumps


@pytest.mark.parametrize(
    ("before", "now", "large"),
    [(100, 110, False), (100, 111, True), (100, 90, False), (100, 89, True), (9, 10, True), (10, 11, False)],
)
def test_more_than_ten_percent_is_much(before: int, now: int, large: bool) -> None:
    assert drift.is_large(before, now) is large


def test_little_that_came_is_told_and_not_touched(filtered: Pumps, sandbox: Sandbox) -> None:
    browser, job, pumps = filtered
    retype(sandbox, pumps[20:22], "test_pump")
    done = browser.post(f"{JOBS}{job.pk}/confirm/", follow=True)
    assert "20 matched for the preview, 22 do now; those of the preview are worked on." in words(done)
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 20, "ok": 20}
    assert "c8y_Note" not in pumps[20]
    assert "22 do now" in words(browser.get(f"{JOBS}{job.pk}/log/"))


def test_much_that_came_needs_a_new_confirmation_of_the_new_number(filtered: Pumps, sandbox: Sandbox) -> None:
    browser, job, pumps = filtered
    retype(sandbox, pumps[20:25], "test_pump")
    confirm(browser, job)
    assert standing(job) is State.PREPARING
    assert not any("c8y_Note" in pump for pump in pumps)
    work(job)
    page = browser.get(f"{JOBS}{job.pk}/")
    assert "20 matched when this was confirmed before, 25 do now" in words(page)
    assert "Type 25 to confirm." in words(page)
    assert confirm(browser, job).status_code == 422
    assert confirm(browser, job, count="20").status_code == 422
    assert confirm(browser, job, count="25").status_code == 302
    work(job)
    assert figures(job) == {"state": "COMPLETED", "total": 25, "ok": 25}
    assert steps(job).count("PREPARING") == 2


def test_much_that_went_is_told_too(filtered: Pumps, sandbox: Sandbox) -> None:
    browser, job, pumps = filtered
    retype(sandbox, pumps[:15], "test_valve")
    confirm(browser, job)
    work(job)
    assert "20 matched when this was confirmed before, 5 do now" in words(browser.get(f"{JOBS}{job.pk}/"))


def test_selected_rows_do_not_drift(prepared: Any, sandbox: Sandbox) -> None:
    browser, job = prepared()
    asked = sandbox.faults.add("/inventory/managedObjects")
    assert confirm(browser, job).status_code == 302
    assert asked.hits == 0
    assert standing(job) is State.QUEUED


def test_a_tenant_that_cannot_count_loses_nothing(filtered: Pumps, sandbox: Sandbox) -> None:
    browser, job, _ = filtered
    sandbox.faults.add("/inventory/managedObjects", status=500)
    assert confirm(browser, job).status_code == 502
    assert standing(job) is State.READY


def test_a_page_of_what_the_job_was_before_confirms_nothing(prepared: Any) -> None:
    browser, job = prepared()
    page = browser.get(f"{JOBS}{job.pk}/").content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    Job.objects.update(rate_per_s=1000)
    answer = confirm(browser, job, seen=seen)
    assert answer.status_code == 409
    assert "changed since this page was shown" in words(answer)
    assert standing(job) is State.READY


def test_a_job_prepared_anew_stops_at_its_preview_whoever_submitted_it(
    filtered: Pumps, sandbox: Sandbox
) -> None:
    browser, job, pumps = filtered
    Job.objects.update(autostart=True)
    retype(sandbox, pumps[20:], "test_pump")
    confirm(browser, job)
    work(job)
    assert standing(job) is State.READY
