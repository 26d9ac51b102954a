"""Operations for many devices, and their end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import slot
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.models import Chunk, Job, TenantLimit
from sdk.sandbox import Sandbox
from sdk.sandbox.store.operations import open_operation
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import JOBS, Bulk, reasons
from tests.jobs.reading import figures
from tests.web.words import rows, words

At = Callable[..., Bulk]
Devices = dict[str, dict[str, Any]]
SEND = "operations.create"
OPERATIONS = "/devicecontrol/operations"


@pytest.fixture
def fleet(devices: Devices, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Twenty devices that can restart."""
    monkeypatch.setattr("c8yadmin.jobs.execution.attempts.SETTLING", 0.01)
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.01)
    ids = list(devices)[:20]
    for id in ids:
        devices[id].update(c8y_SupportedOperations=["c8y_Restart"], com_cumulocity_model_Agent={})
    return ids


def typed(**body: Any) -> dict[str, str]:
    return {"body": json.dumps(body or {"c8y_Restart": {}})}


def sent(acme: Tenant) -> Counter[str]:
    """How many operations of jobs each device has."""
    return Counter(
        found["deviceId"]
        for found in acme.operations.values()
        if "c8y_Restart" in found and "c8yadmin_Job" in found
    )


def test_each_device_gets_its_operation_with_its_own_values(
    bulk: At, fleet: list[str], devices: Devices, acme: Tenant
) -> None:
    browser = bulk("devices")
    body = {
        "description": "Restart {{name}}",
        "c8y_Restart": {"ids": ["{{id}}", 7], "at": "{{c8y_Hardware.model}}"},
    }
    job = browser.prepare(SEND, fleet[:3], typed={"body": json.dumps(body)})
    device = devices[fleet[0]]
    shown = words(browser.page(job))
    assert "Send “Restart {{name}}” (c8y_Restart) : 3 selected devices" in shown
    assert f"description absent Restart {device['name']}" in shown
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 3, "ok": 3}
    made = next(
        found
        for found in acme.operations.values()
        if found["deviceId"] == fleet[0] and "c8yadmin_Job" in found
    )
    assert made["description"] == f"Restart {device['name']}"
    assert made["c8y_Restart"] == {"ids": [fleet[0], 7], "at": device["c8y_Hardware"]["model"]}
    assert made["c8yadmin_Job"] == {"id": str(job.pk)}
    assert sent(acme) == dict.fromkeys(fleet[:3], 1)


def test_what_a_device_lacks_is_said_in_the_preview_and_skips_it(
    bulk: At, fleet: list[str], devices: Devices, acme: Tenant
) -> None:
    dumb, nameless = fleet[:2]
    devices[dumb]["c8y_SupportedOperations"] = ["c8y_Command"]
    devices[nameless].pop("c8y_Hardware", None)
    browser = bulk("devices")
    body = typed(c8y_Restart={"serial": "{{serial}}"})
    job = browser.prepare(SEND, [dumb, nameless], typed=body)
    expected = {"It does not name c8y_Restart as supported.", "It has no serial."}
    assert all(why in words(browser.page(job)) for why in expected)
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 2, "skipped": 2}
    assert reasons() == expected
    assert not sent(acme)
    assert browser.run(SEND, [dumb], typed=typed() | {"unsupported": "on"})["ok"] == 1
    assert sent(acme) == {dumb: 1}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("[]", "is a JSON object"),
        ("{}", "Name what the device shall do"),
        ('{"c8y_Restart": {}', "Line 1"),
        ('{"c8y_Restart": {}, "deviceId": "1"}', "Leave out deviceId"),
        ('{"c8y_Restart": {}, "c8yadmin_Job": 1}', "Leave out c8yadmin_Job"),
        ('{"c8y_Restart": {"x": ["{{nmae}}"]}}', "There is no placeholder {{nmae}}"),
    ],
)
def test_an_operation_that_cannot_be_meant_is_refused(
    bulk: At, fleet: list[str], body: str, why: str
) -> None:
    answer = bulk("devices").send(SEND, fleet[:1], typed={"body": body})
    assert answer.status_code == 422
    assert why in words(answer)
    assert not Job.objects.exists()


@pytest.mark.parametrize("fault", [{"cut": "after"}, {"cut": "before"}, {"status": 502}, {"status": 500}])
def test_no_operation_is_sent_twice_when_answers_are_lost(
    bulk: At, fleet: list[str], acme: Tenant, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    browser = bulk("devices")
    job = browser.prepare(SEND, fleet, typed=typed())
    lost = sandbox.faults.add(OPERATIONS, method="POST", times=4, **fault)
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 20, "ok": 20}
    assert lost.hits == 4
    assert sent(acme) == dict.fromkeys(fleet, 1)


def test_what_cannot_be_looked_up_is_unknown_and_a_retry_finds_it(
    bulk: At, fleet: list[str], acme: Tenant, sandbox: Sandbox
) -> None:
    browser = bulk("devices")
    job = browser.prepare(SEND, fleet, typed=typed())
    sandbox.faults.add(OPERATIONS, method="POST", cut="after", times=3)
    sandbox.faults.add(OPERATIONS, method="GET", status=403, message="Not for you")
    assert browser.confirm(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 20, "ok": 17, "unknown": 3}
    assert reasons() == {"Nobody can tell whether this was sent: Not for you"}
    assert "Unknown" in rows(browser.browser.get(f"{JOBS}{job.pk}/results/"))[0]
    sandbox.faults.clear()
    browser.browser.post(f"{JOBS}{job.pk}/retry/")
    assert browser.confirm(Job.objects.get(parent=job)) == {"state": "COMPLETED", "total": 3, "ok": 3}
    assert sent(acme) == dict.fromkeys(fleet, 1)


def test_a_call_that_never_gets_an_answer_is_unknown_and_never_repeated_blindly(
    bulk: At, fleet: list[str], acme: Tenant, sandbox: Sandbox
) -> None:
    browser = bulk("devices")
    job = browser.prepare(SEND, fleet[:1], typed=typed())
    sandbox.faults.add(OPERATIONS, method="POST", cut="after", times=1)
    sandbox.faults.add(OPERATIONS, method="GET", status=500, message="Out of order")
    assert browser.confirm(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 1, "unknown": 1}
    assert reasons() == {"Nobody can tell whether this was done: Out of order"}
    assert sent(acme) == {fleet[0]: 1}


@pytest.mark.parametrize(("when", "ended"), [("after", "ok"), ("before", "unknown")])
def test_a_call_without_an_answer_in_time_is_found_or_unknown(
    bulk: At,
    fleet: list[str],
    acme: Tenant,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    ended: str,
) -> None:
    monkeypatch.setitem(slot.CALLS, "timeout", (5, 0.2))
    browser = bulk("devices")
    job = browser.prepare(SEND, fleet[:1], typed=typed())
    sandbox.faults.add(OPERATIONS, method="POST", delay=0.5, when=when, times=1)
    assert browser.confirm(job)[ended] == 1
    assert sum(sent(acme).values()) == (1 if ended == "ok" else 0)  # it may come later


def test_patience_that_the_tenant_asks_for_keeps_the_doubt(
    bulk: At, fleet: list[str], acme: Tenant, sandbox: Sandbox
) -> None:
    browser = bulk("devices")
    job = browser.prepare(SEND, fleet, typed=typed())
    sandbox.faults.add(OPERATIONS, method="POST", cut="after", skip=5, times=2)
    sandbox.faults.add(OPERATIONS, method="GET", status=429, times=1)
    browser.confirm(job)
    TenantLimit.objects.update(circuit_until=timezone.now() - timedelta(seconds=1))
    sweep()
    assert figures(job) == {"state": "COMPLETED", "total": 20, "ok": 20}
    assert sent(acme) == dict.fromkeys(fleet, 1)


def test_a_worker_killed_before_it_wrote_down_what_it_sent_causes_no_second_operation(
    bulk: At, fleet: list[str], acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    browser = bulk("devices")
    job = browser.prepare(SEND, fleet, typed=typed())
    with monkeypatch.context() as patch:
        patch.setattr("c8yadmin.jobs.execution.claims.commit", die)
        with pytest.raises(Killed):
            browser.confirm(job)
    assert sent(acme)
    Chunk.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    while engine.work(job.pk, "follower"):
        pass
    assert figures(job) == {"state": "COMPLETED", "total": 20, "ok": 20}
    assert sent(acme) == dict.fromkeys(fleet, 1)


def test_a_refusal_of_the_tenant_fails_with_its_words(bulk: At, fleet: list[str], sandbox: Sandbox) -> None:
    browser = bulk("devices")
    job = browser.prepare(SEND, fleet[:2], typed=typed())
    sandbox.faults.add(OPERATIONS, method="POST", status=422, message="No agent here", times=2)
    assert browser.confirm(job)["failed"] == 2
    assert reasons() == {"No agent here"}


@pytest.fixture
def waiting(acme: Tenant, fleet: list[str]) -> list[str]:
    """Operations that no device has begun."""
    for id in fleet[:5]:
        open_operation(acme, id, {"description": "Restart", "c8y_Restart": {}})
    return [id for id, found in acme.operations.items() if found["status"] == "PENDING"]


def test_all_pending_operations_of_the_list_are_cancelled(bulk: At, acme: Tenant, waiting: list[str]) -> None:
    others = Counter(found["status"] for found in acme.operations.values())
    browser = bulk("operations")
    scope = {"all": "1", "filter": "status=PENDING"}
    job = browser.prepare("operations.cancel", typed={"reason": "Moved to next week"}, **scope)
    shown = words(browser.page(job))
    assert "failureReason absent Moved to next week" in shown
    assert "status PENDING FAILED" in shown
    n = len(waiting)
    assert browser.confirm(job) == {"state": "COMPLETED", "total": n, "ok": n}
    assert all(acme.operations[id]["failureReason"] == "Moved to next week" for id in waiting)
    now = Counter(found["status"] for found in acme.operations.values())
    assert now == others - Counter(PENDING=n) + Counter(FAILED=n)


def test_operations_that_have_gone_on_are_skipped_in_words(
    bulk: At, acme: Tenant, waiting: list[str]
) -> None:
    done = next(id for id, found in acme.operations.items() if found["status"] == "SUCCESSFUL")
    first, second, *_ = waiting
    browser = bulk("operations")
    job = browser.prepare("operations.cancel", [done, first, second])
    assert "This operation is successful by now" in words(browser.page(job))
    acme.operations[first]["status"] = "EXECUTING"
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 3, "ok": 1, "skipped": 2}
    assert acme.operations[second]["failureReason"] == "Cancelled by an administrator"
    assert acme.operations[first]["status"] == "EXECUTING"


def test_a_cancellation_whose_answer_was_lost_counts_as_done(
    bulk: At, waiting: list[str], sandbox: Sandbox
) -> None:
    browser = bulk("operations")
    job = browser.prepare("operations.cancel", waiting[:4])
    sandbox.faults.add(f"{OPERATIONS}/*", method="PUT", cut="after", times=2)
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 4, "ok": 4}


def test_the_lists_offer_the_actions_and_tell_a_reader_what_is_missing(bulk: At, fleet: list[str]) -> None:
    page = words(bulk("operations", user="reader").browser.get("/t/acme/operations/"))
    assert "Cancel pending , not available: Needs ROLE_DEVICE_CONTROL_ADMIN" in page
    page = words(bulk("devices", user="reader").form(SEND, fleet[:1]))
    assert "Needs ROLE_DEVICE_CONTROL_ADMIN" in page
