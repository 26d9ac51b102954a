"""Devices that are deleted, with what is below them and with their users, or without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import JOBS, Bulk, reasons
from tests.web.words import words

At = Callable[..., Bulk]
Devices = dict[str, dict[str, Any]]


@pytest.fixture
def family(acme: Tenant, devices: Devices) -> tuple[str, str]:
    """A device, and the only one below it."""
    parent, child = list(devices)[:2]
    acme.inventory.link("childDevices", parent, child)
    return parent, child


def test_the_preview_names_what_goes_and_what_stays(
    bulk: At, devices: Devices, acme: Tenant, family: tuple[str, str]
) -> None:
    parent, child = family
    browser = bulk("devices")
    typed = {"device_user": "on", "cascade": "on"}
    shown = words(browser.page(browser.prepare("inventory.delete", [parent], typed=typed)))
    kind, identity = acme.external_ids[parent][0]
    for expected in (
        devices[parent]["name"],
        devices[child]["name"],
        "Delete with all that is below and their users",
        f"{parent} deleted",
        f"{identity} ({kind})",
        devices[parent]["owner"],
        "can be reverted for 30 days. What it deletes then comes back under a new id",
        "Type 1 to confirm",
    ):
        assert expected in shown


def test_without_options_the_device_alone_is_deleted(bulk: At, devices: Devices, acme: Tenant) -> None:
    one = next(iter(devices))
    assert bulk("devices").run("inventory.delete", [one]) == {"state": "COMPLETED", "total": 1, "ok": 1}
    assert one not in acme.inventory.objects
    assert devices[one]["owner"] in acme.users


def test_a_device_with_children_is_not_deleted_without_them(
    bulk: At, devices: Devices, acme: Tenant, family: tuple[str, str]
) -> None:
    parent, child = family
    browser = bulk("devices")
    job = browser.prepare("inventory.delete", [parent])
    assert f"while it has child devices: {devices[child]['name']}." in words(browser.page(job))
    assert browser.confirm(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 1, "failed": 1}
    assert reasons() == {f"Managed object '{parent}' still has child devices."}
    assert parent in acme.inventory.objects


def test_with_both_options_children_and_users_go_too(
    bulk: At, devices: Devices, acme: Tenant, family: tuple[str, str]
) -> None:
    parent, child = family
    assert bulk("devices").run(
        "inventory.delete", [parent], typed={"cascade": "on", "device_user": "on"}
    ) == {"state": "COMPLETED", "total": 1, "ok": 1}
    assert not {parent, child} & acme.inventory.objects.keys()
    assert not {devices[parent]["owner"], devices[child]["owner"]} & acme.users.keys()


def test_a_wrong_count_deletes_nothing(bulk: At, devices: Devices, acme: Tenant) -> None:
    browser = bulk("devices")
    job = browser.prepare("inventory.delete", list(devices)[:3])
    assert browser.browser.post(f"{JOBS}{job.pk}/confirm/", {"count": "30"}).status_code == 422
    assert all(id in acme.inventory.objects for id in devices)


@pytest.mark.fault("F18", "F33")
def test_gone_before_is_skipped_and_gone_by_the_jobs_own_lost_call_is_done(
    bulk: At, devices: Devices, acme: Tenant, sandbox: Sandbox
) -> None:
    browser = bulk("devices")
    gone, *ids = [id for id in devices if not acme.inventory.children["childDevices"].get(id)][:5]
    job = browser.prepare("inventory.delete", [gone, *ids])
    acme.delete_object(gone)
    for id in ids[:2]:
        sandbox.faults.add(f"/inventory/managedObjects/{id}", method="DELETE", cut="after", times=1)
    assert browser.confirm(job) == {"state": "COMPLETED", "total": 5, "ok": 4, "skipped": 1}
    assert reasons() == {"It is gone already."}
    assert not {gone, *ids} & acme.inventory.objects.keys()


def test_who_may_not_delete_is_told_what_is_missing(bulk: At, devices: Devices) -> None:
    shown = words(bulk("devices", user="reader").form("inventory.delete", list(devices)[:1]))
    assert "Needs ROLE_INVENTORY_ADMIN or ROLE_MANAGED_OBJECT_ADMIN" in shown
