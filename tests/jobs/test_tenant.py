"""Jobs on a tenant that misbehaves: what it answers decides, and every target is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.accounts.credentials import Credential, Secret
from c8yadmin.core.tenants import find
from c8yadmin.jobs import engine
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Chunk, ItemResult, Job, TenantLimit
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.orders.submission import Order, submit
from c8yadmin.jobs.registry import find_action
from c8yadmin.jobs.states import PauseReason, State
from sdk.sandbox import Sandbox
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db
Notes = Callable[..., Job]
OBJECTS = "/inventory/managedObjects/*"


@pytest.fixture
def devices(sandbox: Sandbox) -> dict[str, Any]:
    """The devices of `acme` by id, as the tenant holds them."""
    objects = sandbox.tenant("acme").inventory.objects
    return {id: found for id, found in objects.items() if "c8y_IsDevice" in found}


@pytest.fixture
def note(sandbox: Sandbox, devices: dict[str, Any], settings: Any) -> Notes:
    """Runs a job that sets c8y_Note = 1 on all devices, or on some: `note(user="reader", ids=[…])`."""
    settings.JOBS_COMMIT_SECONDS = 0.1

    def run(user: str = "admin", ids: list[str] | None = None, autostart: bool = True, **more: Any) -> Job:
        tenant, action = find("acme"), find_action("inventory.set")
        assert tenant is not None
        assert action is not None
        password = sandbox.credentials["acme"][user]["password"]
        credential = Credential("basic", "acme", user, Secret(password))
        spec = {"ids": ids} if ids else {"filter": ""}
        params = {"fragments": {"c8y_Note": 1}}
        return submit(
            Order(tenant, credential, user, action, params, spec, autostart=autostart, settings=more)
        )

    return run


def noted(devices: dict[str, Any]) -> int:
    return sum(found.get("c8y_Note") == 1 for found in devices.values())


def patience_is_over() -> None:
    TenantLimit.objects.update(circuit_until=timezone.now() - timedelta(seconds=1))


def test_all_that_matches_is_changed(note: Notes, devices: dict[str, Any]) -> None:
    assert figures(note()) == {"state": "COMPLETED", "total": 60, "ok": 60}
    assert noted(devices) == 60


@pytest.mark.fault("F17")
def test_passing_trouble_is_tried_again(note: Notes, devices: dict[str, Any], sandbox: Sandbox) -> None:
    job = note(autostart=False)
    sandbox.faults.add(OBJECTS, status=500, times=2)
    sandbox.faults.add(OBJECTS, status=502, html=True, times=1)
    sandbox.faults.add(OBJECTS, method="GET", cut="middle", times=2)
    control.confirm(job, "admin", typed=None)
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 60}
    assert noted(devices) == 60


@pytest.mark.fault("F18")
def test_an_effect_whose_answer_was_lost_counts_as_done(
    note: Notes, devices: dict[str, Any], sandbox: Sandbox
) -> None:
    job = note(autostart=False)
    lost = sandbox.faults.add(OBJECTS, method="PUT", cut="after", times=5)
    control.confirm(job, "admin", typed=None)
    assert lost.hits == 5
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 60}


def test_what_was_so_before_the_job_is_skipped_even_after_a_lost_answer(
    note: Notes, devices: dict[str, Any], sandbox: Sandbox
) -> None:
    before = (timezone.now() - timedelta(days=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for device in list(devices.values())[:7]:
        device.update(c8y_Note=1, lastUpdated=before)
    job = note(autostart=False)
    for call in range(0, 60, 5):  # spread evenly: too many at once would look like a tenant in trouble
        sandbox.faults.add(OBJECTS, method="GET", cut="after", skip=call, times=1)
    control.confirm(job, "admin", typed=None)
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 53, "skipped": 7}


def test_a_target_that_always_fails_ends_with_the_tenants_words(
    note: Notes, devices: dict[str, Any], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.001)
    job = note(autostart=False)
    fault = sandbox.faults.add(
        f"/inventory/managedObjects/{next(iter(devices))}", status=500, message="Out of order"
    )
    control.confirm(job, "admin", typed=None)
    assert figures(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 60, "ok": 59, "failed": 1}
    result = ItemResult.objects.get()
    assert (result.message, result.http_status) == ("Out of order", 500)
    assert fault.hits == 5


@pytest.mark.fault("F16")
@pytest.mark.parametrize(
    ("answer", "doubtful"), [({"status": 429}, 0), ({"status": 503, "retry_after": 30}, 1)]
)
def test_a_tenant_that_wants_patience_is_left_alone_by_all_its_jobs(
    note: Notes, sandbox: Sandbox, devices: dict[str, Any], answer: dict[str, Any], doubtful: int
) -> None:
    job, other = note(autostart=False), note(autostart=False)
    sandbox.faults.add(OBJECTS, method="PUT", skip=20, times=1, **answer)
    asked = sandbox.faults.add(OBJECTS)
    control.confirm(job, "admin", typed=None)
    assert figures(job)["state"] == "RUNNING"
    calls = asked.hits
    assert calls <= 2 * (20 + 2 * 8)
    control.confirm(other, "admin", typed=None)
    sweep()
    assert asked.hits == calls
    patience_is_over()
    sweep()
    ends = [figures(job), figures(other)]  # they take turns: which of them is first at a target is open
    assert [(end["state"], end["total"]) for end in ends] == [("COMPLETED", 60)] * 2
    done, skipped = (sum(end.get(how, 0) for end in ends) for how in ("ok", "skipped"))
    assert done + skipped == 120
    assert 60 <= done <= 60 + doubtful  # what a 503 left open may be taken for the work of both
    assert noted(devices) == 60


def test_a_refused_sign_in_is_tried_once_and_the_job_waits_for_its_owner(
    note: Notes, sandbox: Sandbox, devices: dict[str, Any]
) -> None:
    job = note(autostart=False)
    refused = sandbox.faults.add(OBJECTS, status=401, message="Bad credentials")
    control.confirm(job, "admin", typed=None)
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.NEEDS_AUTH)
    assert "Bad credentials" in job.problem
    assert refused.hits == 1
    sandbox.faults.clear()
    password = sandbox.credentials["acme"]["admin"]["password"]
    control.resume(job, "admin", Credential("basic", "acme", "admin", Secret(password)))
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 60}


@pytest.mark.fault("F20")
def test_where_nothing_is_permitted_the_job_stops_asking(
    note: Notes, sandbox: Sandbox, devices: dict[str, Any]
) -> None:
    job = note("reader")
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.FORBIDDEN)
    found = figures(job)
    assert 20 <= found["failed"] <= 28  # what its other seven threads have sent by then, and one
    assert noted(devices) == 0


@pytest.mark.fault("F16")
@pytest.mark.parametrize("status", [500, 503])
def test_a_sick_tenant_is_given_pauses_and_after_ten_minutes_up(
    note: Notes, sandbox: Sandbox, devices: dict[str, Any], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.001)
    job = note(autostart=False)
    sandbox.faults.add(OBJECTS, status=status, rate=0.9)
    control.confirm(job, "admin", typed=None)
    limit = TenantLimit.objects.get()
    assert limit.circuit_since is not None
    assert limit.circuit_until is not None
    assert limit.circuit_until > timezone.now() + timedelta(seconds=20)
    TenantLimit.objects.update(circuit_since=timezone.now() - timedelta(minutes=11))
    sweep()
    job.refresh_from_db()
    assert (job.state, job.pause_reason) == (State.PAUSED, PauseReason.TENANT_DOWN)
    sandbox.faults.clear()
    control.resume(job, "admin")
    found = figures(job)
    assert found["state"] in ("COMPLETED", "COMPLETED_WITH_ERRORS")
    assert found.get("failed", 0) <= 20


@pytest.mark.fault("F33")
def test_a_device_deleted_after_the_count_is_skipped_and_an_unknown_id_fails(
    note: Notes, sandbox: Sandbox, devices: dict[str, Any]
) -> None:
    job = note(autostart=False)
    gone = next(iter(devices))
    del sandbox.tenant("acme").inventory.objects[gone]
    control.confirm(job, "admin", typed=None)
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 59, "skipped": 1}
    assert ItemResult.objects.get().item_id == gone
    assert figures(note(ids=["123456789"])) == {"state": "COMPLETED_WITH_ERRORS", "total": 1, "failed": 1}


def test_a_worker_killed_between_effect_and_commit_is_followed_by_exact_counts(
    note: Notes, sandbox: Sandbox, devices: dict[str, Any], no_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    job = note()
    engine.work(job.pk, "preparer")
    with monkeypatch.context() as patch:
        patch.setattr("c8yadmin.jobs.execution.claims.commit", die)
        with pytest.raises(Killed):
            engine.work(job.pk, "dying")
    assert noted(devices) > 0
    Chunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    engine.work(job.pk, "follower")
    assert figures(job) == {"state": "COMPLETED", "total": 60, "ok": 60}


def test_the_rate_of_a_job_is_kept(note: Notes, devices: dict[str, Any], sandbox: Sandbox) -> None:
    job = note(ids=list(devices)[:6], rate_per_s=20.0, autostart=False)
    TenantLimit.objects.update(max_leases=1)
    began = timezone.now()
    control.confirm(job, "admin", typed=None)
    seconds = (timezone.now() - began).total_seconds()
    assert figures(job)["ok"] == 6
    assert seconds >= (6 * 2 - 2) / 20 * 0.9
