"""A tenant that breaks its word, wants patience, or does not know its user any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.test import Client
from django.utils import timezone

from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.core.tenants import find
from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims, slot, tallies
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import ItemResult, Job, TenantLimit
from c8yadmin.jobs.orders import control, submission
from sdk import RetryPolicy
from sdk.sandbox import Sandbox
from tests.faults.recipes import make_device
from tests.jobs.reading import figures
from tests.jobs.test_tenant import devices, note, noted, patience_is_over
from tests.sdk.server import Answer, Server, answer
from tests.web.words import words

__all__ = ["devices", "note"]
pytestmark = pytest.mark.django_db
Notes = Callable[..., Job]
OBJECTS = "/inventory/managedObjects/*"
OBJECT = b'{"id": "1", "name": "a"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
PAGE = answer(b"<html><form>Sign in</form></html>", "200 OK", "Content-Type: text/html")
DRIPS: list[bytes | float | None] = [b"x", 0.2] * 20
BAD_ANSWERS: dict[str, list[Answer]] = {
    "never": [[3.0]],
    "drips": [[HEAD % 100, *DRIPS]],
    "breaks off": [[HEAD % 100 + b'{"id"', None]],
    "is longer than it says": [[HEAD % 5 + OBJECT, None]],
    "is half a document": [answer(OBJECT[:-4])],
    "is a page": [PAGE],
    "is a page once the change is sent": [answer(OBJECT, "200 OK", "Content-Type: application/json"), PAGE],
}


@pytest.mark.fault("F17")
@pytest.mark.parametrize("how", BAD_ANSWERS)
def test_no_bad_answer_takes_long_or_counts_as_done(
    note: Notes, devices: dict[str, Any], settings: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.001)
    limits: dict[str, Any] = {"timeout": (1, 0.4), "deadline": 0.8, "retry": RetryPolicy.none()}
    monkeypatch.setattr(slot, "CALLS", limits)
    job = note(ids=[next(iter(devices))], autostart=False)
    Job.objects.filter(pk=job.pk).update(state="QUEUED")
    job.events.create(at=timezone.now(), actor="admin", before="READY", after="QUEUED")
    settings.TENANT_CONNECTOR = "c8yadmin.accounts.clients.connector"
    with Server(*BAD_ANSWERS[how]) as bad:
        settings.TENANTS = [settings.TENANTS[0] | {"base_url": bad.url}]
        began = time.monotonic()
        engine.work(job.pk, "worker")
        assert time.monotonic() - began < 5 * limits["deadline"] + 5
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 1, "failed": 1}


@pytest.mark.fault("F16")
@pytest.mark.parametrize(
    ("status", "asked", "least", "most"),
    [
        (429, "", 1, 60),
        (429, "2", 0, 2),
        (429, "date+3", 0, 3),
        (429, "1000000000", 200, 300),
        (429, "-1", 0, 60),
        (429, "soon", 1, 60),
        (503, "2", 0, 2),
        (503, "date+3", 0, 3),
        (503, "1000000000", 200, 300),
    ],
)
def test_any_wish_for_patience_is_granted_within_reason(
    note: Notes, devices: dict[str, Any], sandbox: Sandbox, status: int, asked: str, least: int, most: int
) -> None:
    job = note(autostart=False)
    sandbox.faults.add(OBJECTS, method="PUT", skip=5, times=1, status=status, retry_after=asked)
    control.confirm(job, "admin", typed=None)
    until = TenantLimit.objects.get().circuit_until
    held = 0.0 if until is None else (until - timezone.now()).total_seconds()
    assert least - 1 < max(held, 0.0) <= most
    patience_is_over()
    sweep()
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 60}


def forget_password(sandbox: Sandbox) -> None:
    sandbox.tenant("acme").passwords["admin"] = "another"


def disable(sandbox: Sandbox) -> None:
    sandbox.tenant("acme").users["admin"]["enabled"] = False


def lose(sandbox: Sandbox, loss: Callable[[Sandbox], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something be lost when the first target is done."""
    commit = claims.commit

    def lost(lease: claims.Lease, done: tallies.Done, *args: Any, **kwargs: Any) -> Any:
        if done:
            monkeypatch.setattr(claims, "commit", commit)
            loss(sandbox)
        return commit(lease, done, *args, **kwargs)

    monkeypatch.setattr(claims, "commit", lost)


@pytest.mark.fault("F19")
@pytest.mark.parametrize("loss", [forget_password, disable])
def test_a_user_who_is_not_known_any_more_stops_the_job_and_resumes_it(
    note: Notes,
    devices: dict[str, Any],
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    loss: Callable[[Sandbox], None],
) -> None:
    job = note(autostart=False, parallel=4)
    lose(sandbox, loss, monkeypatch)
    control.confirm(job, "admin", typed=None)
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == ("PAUSED", "NEEDS_AUTH")
    done = noted(devices)
    assert 0 < done < 60
    asked = sandbox.faults.add(OBJECTS)
    for _ in range(3):
        sweep()
        engine.work(job.pk, "worker")
    assert asked.hits == 0

    tenant = sandbox.tenant("acme")
    tenant.users["admin"]["enabled"] = True
    control.resume(job, "admin", Credential("basic", "acme", "admin", Secret(tenant.passwords["admin"])))
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 60}


def revoke(sandbox: Sandbox) -> None:
    """Take all rights from the administrator."""
    tenant = sandbox.tenant("acme")
    tenant.user_roles.pop("admin", None)
    for group in tenant.groups.values():
        group["users"] = [name for name in group["users"] if name != "admin"]


@pytest.mark.fault("F20")
@pytest.mark.parametrize(("percent", "end"), [(101, "COMPLETED_WITH_ERRORS"), (50, "ABORTED")])
def test_rights_that_are_taken_away_fail_the_rest_until_the_threshold_is_met(
    note: Notes, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, percent: int, end: str
) -> None:
    job = note(autostart=False, parallel=4, abort_percent=percent, abort_minimum=20)
    lose(sandbox, revoke, monkeypatch)
    control.confirm(job, "admin", typed=None)
    found = figures(job)
    assert (found["state"], found["ok"]) == (end, 1)
    assert found["failed"] == 59 if percent > 100 else 20 <= found["failed"] < 59
    assert sum(found.get(how, 0) for how in ("ok", "failed", "canceled")) == 60
    refused = ItemResult.objects.filter(chunk__job=job).values_list("http_status", "message").distinct()
    [(status, message)] = refused
    assert (status, "denied" in message.lower()) == (403, True)


@pytest.mark.fault("F33")
def test_what_comes_to_match_after_the_count_is_left_alone_as_the_page_says(
    note: Notes, sandbox: Sandbox, devices: dict[str, Any], sign_in: Callable[..., Client]
) -> None:
    job = note(autostart=False)
    late = make_device(sandbox, "late")
    told = words(cast(Any, sign_in().get(f"/t/acme/jobs/{job.pk}/")))
    assert "what comes to match later is not touched, what is deleted meanwhile is skipped" in told
    control.confirm(job, "admin", typed=None)
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 60}
    assert "c8y_Note" not in sandbox.tenant("acme").inventory.objects[late]


@pytest.mark.fault("F31")
def test_what_has_vanished_before_its_retry_is_told_in_the_retry_alone(
    note: Notes, sandbox: Sandbox, devices: dict[str, Any]
) -> None:
    lost, other, *_ = devices
    refusals = [
        sandbox.faults.add(f"/inventory/managedObjects/{id}", method="PUT", status=422)
        for id in (lost, other)
    ]
    job = note()
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 60, "ok": 58, "failed": 2}
    sandbox.faults.clear()
    assert [refusal.hits for refusal in refusals] == [1, 1]
    sandbox.tenant("acme").delete_object(lost)
    job.refresh_from_db()
    tenant = find("acme")
    assert tenant is not None
    password = Secret(sandbox.credentials["acme"]["admin"]["password"])
    credential = Credential("basic", "acme", "admin", password)
    again = submission.retry(job, tenant, credential, "admin", autostart=True)
    assert figures(again) == {"state": "COMPLETED", "total": 2, "ok": 1, "skipped": 1}
    assert (again.parent, ItemResult.objects.get(chunk__job=again).item_id) == (job, lost)
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 60, "ok": 58, "failed": 2}


@pytest.mark.fault("F19")
def test_a_resumed_job_whose_sign_in_is_still_refused_asks_once(
    note: Notes, devices: dict[str, Any], sandbox: Sandbox, credential: Credential
) -> None:
    job = note(autostart=False)
    refused = sandbox.faults.add(OBJECTS, status=401)
    control.confirm(job, "admin", typed=None)
    for times in range(1, 4):
        assert refused.hits == times
        control.resume(Job.objects.get(pk=job.pk), "admin", credential)
