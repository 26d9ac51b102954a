"""Devices into groups and out of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.jobs.models import Job
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import Bulk, reasons
from tests.web.words import words

At = Callable[..., Bulk]
Devices = dict[str, dict[str, Any]]


def group(acme: Tenant, name: str) -> str:
    return next(id for id, found in acme.inventory.objects.items() if found.get("name") == name)


def members(acme: Tenant, group: str) -> set[str]:
    return set(acme.inventory.children["childAssets"].get(group, ()))


@pytest.fixture
def spares(acme: Tenant) -> str:
    """A group without members."""
    return group(acme, "Empty <i>group</i> & 'spares'")


@pytest.mark.parametrize("written", ["{name}", "{id}", "{name} #{id}"])
def test_devices_are_assigned_to_a_group_named_in_any_way(
    bulk: At, devices: Devices, acme: Tenant, spares: str, written: str
) -> None:
    ids = list(devices)[:4]
    acme.inventory.link("childAssets", spares, ids[0])
    text = written.format(name=acme.inventory.objects[spares]["name"], id=spares)
    browser = bulk("devices")
    job = browser.prepare("inventory.group.add", ids, typed={"group": text})
    shown = words(browser.page(job))
    assert "Assign to the group “Empty <i>group</i> & 'spares'” : 4 selected devices" in shown
    assert "group “Empty <i>group</i> & 'spares'” absent member" in shown
    assert "Nothing changes" in shown
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 4, "ok": 3, "skipped": 1}
    assert members(acme, spares) == set(ids)
    assert reasons() == {"It is in this group already."}


def test_devices_leave_a_group_and_stay(bulk: At, devices: Devices, acme: Tenant, spares: str) -> None:
    ids = list(devices)[:4]
    for id in ids[:3]:
        acme.inventory.link("childAssets", spares, id)
    assert bulk("devices").run("inventory.group.remove", ids, typed={"group": spares}) == {
        "state": "COMPLETED",
        "total": 4,
        "ok": 3,
        "skipped": 1,
    }
    assert not members(acme, spares)
    assert all(id in acme.inventory.objects for id in ids)
    assert reasons() == {"It is not in this group."}


def test_what_is_no_group_to_assign_to_is_refused_beside_the_field(
    bulk: At, devices: Devices, acme: Tenant
) -> None:
    browser, ids = bulk("devices"), list(devices)[:1]
    twin = dict(acme.inventory.objects[group(acme, "Offline devices")], id="990001", name="Site Twin")
    twin.pop("c8y_IsDynamicGroup")
    acme.inventory.create(twin)
    acme.inventory.create(twin | {"id": "990002"})
    for text, why in {
        "": "Fill this in.",
        "no such group": "No group is called “no such group”.",
        "987654321": "There is no group 987654321",
        ids[0]: "is not a group",
        "Offline devices": "A smart group finds its devices by itself",
        "Site Twin": "2 groups are called “Site Twin”",
    }.items():
        answer = browser.send("inventory.group.add", ids, typed={"group": text})
        assert answer.status_code == 422
        assert why in words(answer)
    assert not Job.objects.exists()


def test_a_group_that_is_gone_by_then_fails_its_devices(
    bulk: At, devices: Devices, acme: Tenant, spares: str
) -> None:
    browser = bulk("devices")
    job = browser.prepare("inventory.group.add", list(devices)[:2], typed={"group": spares})
    acme.delete_object(spares)
    assert browser.confirm(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 2, "failed": 2}
    assert all(reason.startswith("The group is gone") for reason in reasons())


def test_an_assignment_whose_answer_was_lost_counts_as_done(
    bulk: At, devices: Devices, acme: Tenant, spares: str, sandbox: Sandbox
) -> None:
    browser = bulk("devices")
    job = browser.prepare("inventory.group.add", list(devices)[:5], typed={"group": spares})
    sandbox.faults.add(f"/inventory/managedObjects/{spares}/childAssets", method="POST", cut="after", times=2)
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 5, "ok": 5}
    assert len(members(acme, spares)) == 5


def test_groups_are_suggested_while_one_types(bulk: At, devices: Devices) -> None:
    page = bulk("devices").form("inventory.group.add", list(devices)[:1]).content.decode()
    assert '<datalist id="group_names" hx-get="/t/acme/devices/groups/"' in page
    assert 'list="group_names"' in page
