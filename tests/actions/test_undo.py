"""Jobs of every kind, reverted: the tenant holds again what it held before."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from c8yadmin.jobs.execution.audit import audit
from c8yadmin.jobs.models import ItemResult, Job
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import JOBS, Bulk
from tests.jobs.reading import figures
from tests.web.words import words

At = Callable[..., Bulk]
Devices = dict[str, dict[str, Any]]
KEPT_BY_SERVER = ("lastUpdated", "c8y_Availability")


def done(bulk: Bulk, action: str, ids: list[str], **typed: Any) -> Job:
    """The job of the filled form, confirmed and ended."""
    job = bulk.prepare(action, ids, typed=typed)
    bulk.confirm(job)
    return job


def reverted(bulk: Bulk, job: Job) -> Job:
    """The job that has reverted `job`."""
    back = bulk.revert(job)
    bulk.confirm(back)
    return back


def told(job: Job) -> dict[str, str]:
    """The exceptions of the job, in words."""
    return dict(ItemResult.objects.filter(chunk__job=job).values_list("item_id", "message"))


def content(objects: Devices) -> Devices:
    """What the tenant holds, but for when it was changed."""
    return {
        id: {k: v for k, v in found.items() if k not in KEPT_BY_SERVER}
        for id, found in deepcopy(objects).items()
    }


CHANGES: list[tuple[str, dict[str, str]]] = [
    ("inventory.set", {"fragment": "c8y_Hardware", "value": '{"model": "X"}'}),
    ("inventory.set", {"fragment": "c8y_Note", "value": '"new"'}),
    ("inventory.merge", {"fragment": "c8y_Hardware", "value": '{"model": "X", "serialNumber": null}'}),
    ("inventory.merge", {"fragment": "c8y_Note", "value": '{"text": "new"}'}),
    ("inventory.remove", {"fragment": "c8y_Hardware"}),
    ("inventory.rename", {"pattern": "{name} new"}),
]


@pytest.mark.parametrize(("action", "typed"), CHANGES)
def test_changes_of_fragments_are_taken_back_and_made_again(
    bulk: At, devices: Devices, action: str, typed: dict[str, str]
) -> None:
    page, ids = bulk("devices"), list(devices)[:12]
    before = content(devices)
    job = done(page, action, ids, **typed)
    after = content(devices)
    assert after != before
    back = reverted(page, job)
    assert figures(back)["ok"] == figures(job)["ok"]
    assert content(devices) == before
    redo = reverted(page, back)
    assert redo.action == f"{action}.redo"
    assert content(devices) == after
    assert not list(audit())


def test_what_others_changed_since_stays_and_is_named(bulk: At, devices: Devices) -> None:
    page, (one, other, gone) = bulk("devices"), list(devices)[:3]
    job = done(page, "inventory.set", [one, other, gone], fragment="c8y_Note", value='"ours"')
    devices[other]["c8y_Note"] = "theirs"
    back = page.revert(job)
    assert "Changed since: c8y_Note." in words(page.page(back))
    page.confirm(back)
    assert figures(back) == {"state": "COMPLETED", "total": 3, "ok": 2, "skipped": 1}
    assert told(back) == {other: "Changed since: c8y_Note."}
    assert ("c8y_Note" in devices[one], devices[other]["c8y_Note"]) == (False, "theirs")


def test_other_keys_of_a_merged_fragment_are_not_touched(bulk: At, devices: Devices) -> None:
    page, (one, other) = bulk("devices"), list(devices)[:2]
    devices[other]["c8y_Note"] = {"text": "old"}
    job = done(page, "inventory.merge", [one, other], fragment="c8y_Note", value='{"text": "new"}')
    devices[one]["c8y_Note"]["by"] = devices[other]["c8y_Note"]["by"] = "them"
    assert figures(reverted(page, job))["ok"] == 2
    assert devices[one]["c8y_Note"] == {"by": "them"}
    assert devices[other]["c8y_Note"] == {"by": "them", "text": "old"}


def test_an_object_in_place_of_which_others_put_a_text_stays_so(bulk: At, devices: Devices) -> None:
    page, one = bulk("devices"), next(iter(devices))
    job = done(page, "inventory.merge", [one], fragment="c8y_Note", value='{"text": "new"}')
    devices[one]["c8y_Note"] = "a text"
    assert told(reverted(page, job)) == {one: "Changed since: c8y_Note."}


@pytest.mark.parametrize("action", ["inventory.group.add", "inventory.group.remove"])
def test_membership_is_as_before(bulk: At, devices: Devices, acme: Tenant, action: str) -> None:
    page, ids, inventory = bulk("devices"), list(devices)[:6], acme.inventory
    group = next(id for id, found in inventory.objects.items() if found.get("type") == "c8y_DeviceGroup")
    for id in ids[:3]:
        inventory.link("childAssets", group, id)
    for id in ids[3:]:
        inventory.unlink("childAssets", group, id)
    before = set(inventory.children["childAssets"][group])
    job = done(page, action, ids, group=group)
    assert figures(job) == {"state": "COMPLETED", "total": 6, "ok": 3, "skipped": 3}
    assert figures(reverted(page, job)) == {"state": "COMPLETED", "total": 3, "ok": 3}
    assert set(inventory.children["childAssets"][group]) == before


def test_alarms_get_their_status_back(bulk: At, acme: Tenant) -> None:
    page, ids = bulk("alarms"), [str(id) for id in acme.alarms][:8]
    for id, status in zip(ids, ["ACTIVE", "ACKNOWLEDGED", "CLEARED", "ACTIVE"] * 2, strict=True):
        acme.alarms[id]["status"] = status
    before = {id: acme.alarms[id]["status"] for id in ids}
    job = done(page, "alarms.status", ids, status="CLEARED")
    assert figures(reverted(page, job)) == {"state": "COMPLETED", "total": 6, "ok": 6}
    assert {id: acme.alarms[id]["status"] for id in ids} == before


def test_users_are_enabled_and_disabled_as_before(bulk: At, acme: Tenant) -> None:
    page, ids = bulk("users"), ["reader", "operator", "restricted"]
    acme.users["reader"]["enabled"] = False
    job = done(page, "users.disable", ids)
    assert figures(reverted(page, job)) == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert [acme.users[id]["enabled"] for id in ids] == [False, True, True]


def test_global_roles_are_as_before(bulk: At, acme: Tenant) -> None:
    page, ids = bulk("users"), ["reader", "operator", "restricted"]
    group = next(group for group in acme.groups.values() if group["name"] == "operators")
    before = set(group["users"])
    added = done(page, "users.role.add", ids, role="operators")
    assert set(group["users"]) > before
    back = reverted(page, added)
    assert set(group["users"]) == before
    reverted(page, back)
    assert set(group["users"]) == before | set(ids)


def test_nothing_is_taken_from_the_user_that_the_revert_works_as(bulk: At, acme: Tenant) -> None:
    page = bulk("users")
    group = next(group for group in acme.groups.values() if group["name"] == "operators")
    job = done(page, "users.role.add", ["admin", "reader"], role="operators")
    back = page.revert(job)
    assert "another administrator has to take a global role from it" in words(page.page(back))
    page.confirm(back)
    assert figures(back) == {"state": "COMPLETED", "total": 2, "ok": 1, "skipped": 1}
    assert "admin" in group["users"]


def test_operations_that_no_device_has_begun_are_cancelled(bulk: At, devices: Devices, acme: Tenant) -> None:
    page, ids = bulk("devices"), list(devices)[:4]
    for id in ids:
        devices[id]["com_cumulocity_model_Agent"] = {}
    typed = {"body": '{"c8y_Restart": {}}', "unsupported": "on"}
    job = page.prepare("operations.create", ids, typed=typed)
    assert (
        "can be reverted for 30 days. That only cancels operations which are still pending; "
        "what a device has begun or done stays."
    ) in words(page.page(job))
    page.confirm(job)
    mine = {one["deviceId"]: one for one in acme.operations.values() if "c8yadmin_Job" in one}
    mine[ids[0]]["status"] = "EXECUTING"
    back = reverted(page, job)
    assert figures(back) == {"state": "COMPLETED", "total": 4, "ok": 3, "skipped": 1}
    assert told(back) == {ids[0]: "This operation is executing by now; only a pending one can be cancelled."}
    assert [mine[id]["status"] for id in ids] == ["EXECUTING", "FAILED", "FAILED", "FAILED"]
    assert {mine[id]["failureReason"] for id in ids[1:]} == {"Taken back by an administrator"}
    shown = words(page.page(back))
    assert "An operation that was cancelled cannot become pending again." in shown
    assert page.browser.post(f"{JOBS}{back.pk}/revert/").status_code == 409
    again = page.revert(job)
    assert words(page.page(again)).count("It is taken back already.") == 3
    page.confirm(again)
    assert [told(again)[id] for id in ids[1:]] == ["It is taken back already."] * 3


def test_cancelled_operations_cannot_be_brought_back(bulk: At, acme: Tenant) -> None:
    ids = [str(one["id"]) for one in acme.operations.values() if one["status"] == "PENDING"][:2]
    page = bulk("operations")
    job = done(page, "operations.cancel", ids, reason="no")
    refused = page.browser.post(f"{JOBS}{job.pk}/revert/")
    assert refused.status_code == 409
    assert "An operation that was cancelled cannot become pending again." in words(refused)


def test_who_lacks_the_rights_of_the_action_cannot_revert_it(
    bulk: At, devices: Devices, acme: Tenant
) -> None:
    job = done(bulk("devices"), "inventory.set", list(devices)[:1], fragment="c8y_Note", value="1")
    Job.objects.filter(pk=job.pk).update(owner="reader")
    refused = bulk("devices", user="reader").browser.post(f"{JOBS}{job.pk}/revert/")
    assert refused.status_code == 409
    assert "Needs ROLE_INVENTORY_ADMIN" in words(refused)
    stranger = bulk("devices", user="operator").browser.post(f"{JOBS}{job.pk}/revert/")
    assert stranger.status_code == 404


def test_both_jobs_tell_of_each_other(bulk: At, devices: Devices) -> None:
    page = bulk("devices")
    job = done(page, "inventory.set", list(devices)[:2], fragment="c8y_Note", value="1")
    assert "can be reverted for 30 days" in words(
        page.page(
            page.prepare("inventory.set", list(devices)[:2], typed={"fragment": "c8y_Note", "value": "2"})
        )
    )
    back = page.revert(job)
    assert "It can be reverted itself for 30 days." in words(page.page(back))
    assert f"Job {back.pk} is about to revert it already." in words(page.page(job))
    page.confirm(back)
    assert "Reverts Set c8y_Note = 1" in words(page.page(back))
    assert "Reverted by Revert: Set c8y_Note = 1" in words(page.page(job))


def test_the_list_of_jobs_finds_reverts_with_what_they_revert(bulk: At, devices: Devices) -> None:
    page = bulk("devices")
    page.revert(done(page, "inventory.set", list(devices)[:1], fragment="c8y_Note", value="1"))
    shown = words(page.browser.get(JOBS, {"action": "inventory.set"}))
    assert "Revert: Set c8y_Note = 1" in shown
    assert "Revert" not in words(page.browser.get(JOBS, {"action": "inventory.merge"}))


def test_a_connection_that_only_reads_reverts_nothing(bulk: At, devices: Devices, settings: Any) -> None:
    page = bulk("devices")
    job = done(page, "inventory.set", list(devices)[:1], fragment="c8y_Note", value="1")
    settings.TENANTS = [{**tenant, "access": "read-only"} for tenant in settings.TENANTS]
    refused = page.browser.post(f"{JOBS}{job.pk}/revert/")
    assert refused.status_code == 403
    assert "read-only" in words(refused)
    assert Job.objects.count() == 1


def test_what_the_tenant_refused_to_change_is_no_target_of_the_revert(
    bulk: At, devices: Devices, sandbox: Sandbox
) -> None:
    page, ids = bulk("devices"), list(devices)[:3]
    before = content(devices)
    job = page.prepare("inventory.rename", ids, typed={"pattern": "{name} new"})
    refused = f"/inventory/managedObjects/{ids[1]}"
    sandbox.faults.add(refused, method="PUT", status=422, message="No such name")
    page.confirm(job)
    sandbox.faults.clear()
    back = page.revert(job)
    assert page.confirm(back) == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert content(devices) == before


def test_what_may_have_been_changed_although_the_answer_was_an_error_is_reverted(
    bulk: At, devices: Devices, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.001)
    page, ids = bulk("devices"), list(devices)[:2]
    before = content(devices)
    job = page.prepare("inventory.rename", ids, typed={"pattern": "{name} new"})
    path = f"/inventory/managedObjects/{ids[1]}"
    sandbox.faults.add(path, method="PUT", status=500, when="after", times=1)
    sandbox.faults.add(path, method="GET", status=403, skip=1)
    assert page.confirm(job)["failed"] == 1
    sandbox.faults.clear()
    back = page.revert(job)
    assert page.confirm(back) == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert content(devices) == before
