"""A job whose targets could not be found, ordered anew: from its page and from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox
from tests.actions.conftest import JOBS, Bulk, bulk
from tests.jobs.reading import figures
from tests.web.words import words

__all__ = ["bulk"]
At = Callable[..., Bulk]
LIST = "/inventory/managedObjects"
BUTTON = "Order it again"
PUMPS = "type=c8y_Pump"


@pytest.fixture
def failed(bulk: At, sandbox: Sandbox) -> Job:
    """A rename of all pumps that the tenant refused to list; by now it would list them."""
    browser = bulk("devices")
    form = {"all": "1", "filter": PUMPS}
    sandbox.faults.add(LIST, status=422, message="Not now", skip=2)  # the page counts twice
    job = browser.prepare("inventory.rename", typed={"pattern": "Pump {id}"}, **form)
    sandbox.faults.clear()
    assert job.state == "FAILED"
    return job


def pumps(sandbox: Sandbox) -> dict[str, Any]:
    objects = sandbox.tenant("acme").inventory.objects
    return {id: found for id, found in objects.items() if found.get("type") == "c8y_Pump"}


def test_the_page_of_the_failed_job_makes_a_new_one_with_the_same_order(
    bulk: At, failed: Job, sandbox: Sandbox
) -> None:
    browser = bulk("devices")
    assert BUTTON in words(browser.page(failed))
    assert "Nothing was sent." in words(browser.page(failed))
    answer = browser.browser.post(f"{JOBS}{failed.pk}/again/")
    assert answer.status_code == 302
    fresh = Job.objects.get(pk=answer["Location"].split("/")[-2])
    assert fresh.pk != failed.pk
    assert "all" in words(browser.page(fresh))
    assert (fresh.state, fresh.summary, fresh.scope) == ("READY", failed.summary, failed.scope)
    n = len(pumps(sandbox))
    assert browser.confirm(fresh) == {"state": "COMPLETED", "total": n, "ok": n}
    assert all(pump["name"] == f"Pump {id}" for id, pump in pumps(sandbox).items())
    failed.refresh_from_db()
    assert failed.state == "FAILED"


def test_a_job_that_found_its_targets_is_not_ordered_again(bulk: At, sandbox: Sandbox) -> None:
    browser = bulk("devices")
    job = browser.prepare("inventory.rename", list(pumps(sandbox))[:1], typed={"pattern": "{name}!"})
    browser.confirm(job)
    assert BUTTON not in words(browser.page(job))
    answer = browser.browser.post(f"{JOBS}{job.pk}/again/")
    assert answer.status_code == 409
    assert "Only a job whose targets could not be found" in words(answer)
    assert Job.objects.count() == 1


def test_who_may_not_do_it_is_told_why(failed: Job, sign_in: Callable[..., Client]) -> None:
    Job.objects.update(owner="reader")
    browser = sign_in("reader")
    answer = browser.post(f"{JOBS}{failed.pk}/again/")
    assert answer.status_code == 409
    assert "which reader does not have" in words(answer)
    assert Job.objects.count() == 1


def test_a_revert_that_failed_leads_back_to_the_first_job(bulk: At, failed: Job) -> None:
    Job.objects.update(action="inventory.rename.revert", target_spec={"revert_of": str(failed.pk)})
    browser = bulk("devices")
    assert "Revert the first job once more" in words(browser.page(failed))
    assert browser.browser.post(f"{JOBS}{failed.pk}/again/").status_code == 409
    assert Job.objects.count() == 1


def test_the_command_line_orders_it_again_and_does_it(
    failed: Job, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = sandbox.credentials["acme"]["admin"]["password"]
    given = {"BASEURL": "http://acme.sandbox", "TENANT": "acme", "USER": "admin", "PASSWORD": password}
    for name, value in given.items():
        monkeypatch.setenv(f"C8Y_{name}", value)
    said = StringIO()
    call_command("job", "again", str(failed.pk), "--wait", "--json", stdout=said)
    done = json.loads(said.getvalue())
    assert (done["state"], done["ok"]) == ("COMPLETED", len(pumps(sandbox)))
    assert figures(Job.objects.get(pk=done["id"]))["state"] == "COMPLETED"
    with pytest.raises(CommandError, match="Only a job whose targets could not be found"):
        call_command("job", "again", done["id"], stdout=said)
