"""Deleted devices that come back: as they were, where they were, under new ids, and once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from c8yadmin.jobs.execution.audit import audit
from c8yadmin.jobs.models import Chunk, Job
from c8yadmin.jobs.undoing import images
from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.actions.conftest import JOBS, Bulk
from tests.actions.test_undo import done, reverted, told
from tests.jobs.reading import figures
from tests.web.words import words

At = Callable[..., Bulk]
Devices = dict[str, dict[str, Any]]
SERVERS_OWN = ("id", "self", "creationTime", "lastUpdated", "c8y_Availability", "c8y_Connection")


@pytest.fixture
def lonely(devices: Devices, acme: Tenant) -> list[str]:
    """Devices with nothing below them."""
    return [id for id in devices if not any(kind.get(id) for kind in acme.inventory.children.values())][:6]


@pytest.fixture
def page(bulk: At, monkeypatch: pytest.MonkeyPatch) -> Bulk:
    monkeypatch.setattr("c8yadmin.jobs.execution.attempts.SETTLING", 0.01)
    monkeypatch.setattr("c8yadmin.jobs.execution.answers.BACKOFF_BASE", 0.01)
    return bulk("devices")


def own(document: dict[str, Any]) -> dict[str, Any]:
    """What is not the server's own."""
    hidden = {*SERVERS_OWN, "c8y_ActiveAlarmsStatus", "c8yadmin_Restored"}
    return {name: value for name, value in document.items() if name not in hidden}


def heirs(acme: Tenant) -> dict[str, list[str]]:
    """The restored objects by the id of the one that each stands for."""
    found: dict[str, list[str]] = {}
    for id, document in acme.inventory.objects.items():
        if "c8yadmin_Restored" in document:
            found.setdefault(document["c8yadmin_Restored"]["of"].split("/")[1], []).append(id)
    return found


def test_a_deleted_device_comes_back_as_it_was(
    page: Bulk, lonely: list[str], devices: Devices, acme: Tenant
) -> None:
    inventory, ids = acme.inventory, lonely[:3]
    group = next(id for id, found in inventory.objects.items() if found.get("type") == "c8y_DeviceGroup")
    inventory.link("childAssets", group, ids[0])
    known = {id: list(acme.external_ids.get(id, ())) for id in ids}
    assert all(known.values())
    job = done(page, "inventory.delete", ids)
    assert not devices.keys() - set(ids) & set(ids)
    assert not set(ids) & inventory.objects.keys()

    back = page.revert(job)
    assert f"id {ids[0]} a new one" in words(page.page(back))
    page.confirm(back)

    assert figures(back) == {"state": "COMPLETED", "total": 3, "ok": 3}
    new = {old: one for old, (one,) in heirs(acme).items()}
    assert new.keys() == set(ids)
    for old in ids:
        assert own(inventory.objects[new[old]]) == own(devices[old])
        assert list(acme.external_ids[new[old]]) == known[old]
    assert new[ids[0]] in inventory.children["childAssets"][group]
    assert not list(audit())
    shown = words(page.browser.get(f"{JOBS}{back.pk}/targets/"))
    assert "Restored as" in shown
    assert all(" ".join(f"{old} {devices[old]['name']} {one}".split()) in shown for old, one in new.items())


def test_a_whole_family_comes_back_with_its_relations(
    page: Bulk, lonely: list[str], devices: Devices, acme: Tenant
) -> None:
    inventory, (parent, child, grandchild, other) = acme.inventory, lonely[:4]
    inventory.link("childDevices", parent, child)
    inventory.link("childAssets", child, grandchild)
    inventory.link("childDevices", other, parent)
    job = done(page, "inventory.delete", [parent], cascade="on", device_user="on")
    assert not {parent, child, grandchild} & inventory.objects.keys()
    assert figures(reverted(page, job))["ok"] == 1
    new = {old: one for old, (one,) in heirs(acme).items()}
    assert new.keys() == {parent, child, grandchild}
    assert new[child] in inventory.children["childDevices"][new[parent]]
    assert new[grandchild] in inventory.children["childAssets"][new[child]]
    assert new[parent] in inventory.children["childDevices"][other]
    assert own(inventory.objects[new[grandchild]])["name"] == devices[grandchild]["name"]


def with_parts(acme: Tenant, parent: str, count: int) -> list[str]:
    """So many child assets of `parent`, named `Part 0` and so on."""
    ids = [
        acme.inventory.create({"id": str(acme.next_id()), "name": f"Part {n}"})["id"] for n in range(count)
    ]
    for id in ids:
        acme.inventory.link("childAssets", parent, id)
    return ids


def samples(page: Bulk, job: Job) -> str:
    """What the job's page shows of what would change."""
    return words(page.page(job)).partition("What would change")[2].partition("Confirm")[0]


def between(shown: str, before: str, after: str) -> set[str]:
    """The names that stand between two words."""
    return set(shown.partition(f" {before} ")[2].partition(f" {after} ")[0].split(", "))


def test_the_preview_of_a_restoration_names_all_that_comes_back(
    page: Bulk, lonely: list[str], devices: Devices, acme: Tenant
) -> None:
    inventory, (one, stays, above) = acme.inventory, lonely[:3]
    groups = [id for id, found in inventory.objects.items() if found.get("type") == "c8y_DeviceGroup"][:3]
    for group in groups[:2]:
        inventory.link("childAssets", group, one)
    inventory.link("childDevices", above, one)
    inventory.link("childAssets", one, stays)
    inventory.link("childAssets", groups[2], one)
    joined = [id for id, members in inventory.children["childAssets"].items() if one in members]
    names = {inventory.objects[group]["name"] for group in joined if group != groups[2]}
    job = done(page, "inventory.delete", [one])
    inventory.remove(groups[2])
    back = page.revert(job)
    shown = samples(page, back)
    assert f"{devices[one]['name']} {one} created" in shown
    assert between(shown, "groups absent", "id") == names
    assert f"parent devices absent {devices[above]['name']}" in shown
    assert f"child assets absent {devices[stays]['name']}" in shown
    page.confirm(back)
    (new,) = heirs(acme)[one]
    assert all(new in inventory.children["childAssets"][group] for group in groups[:2])
    again = samples(page, page.revert(back))
    assert "deleted" in again
    assert between(again, "groups", "removed") == names
    assert f"id {new} removed" in again
    assert f"name {devices[one]['name']} removed" in again


@pytest.mark.parametrize(
    ("count", "gone", "more"), [(10, 2, ""), (15, 2, ", and 3 more"), (230, 5, ", and up to 215 more")]
)
def test_the_preview_reads_no_more_of_many_children_than_it_names(
    page: Bulk, lonely: list[str], acme: Tenant, sandbox: Sandbox, count: int, gone: int, more: str
) -> None:
    one = lonely[0]
    ids = with_parts(acme, one, count)
    job = done(page, "inventory.delete", [one])
    for id in ids[:gone]:
        acme.inventory.remove(id)
    listed = sandbox.faults.add("/inventory/managedObjects", method="GET")
    shown = samples(page, page.revert(job))
    assert listed.hits == 3  # whether it was restored before, its groups and its children
    names = ", ".join(f"Part {n}" for n in range(gone, min(gone + 10, count)))
    assert f"child assets absent {names}{more} " in shown


def test_children_that_come_back_as_well_are_counted_once(
    page: Bulk, lonely: list[str], acme: Tenant
) -> None:
    one = lonely[0]
    with_parts(acme, one, 110)
    job = done(page, "inventory.delete", [one], cascade="on")
    shown = samples(page, page.revert(job))
    assert "objects below absent 110 " in shown
    assert "child assets" not in shown


def test_children_that_stayed_are_linked_again_and_not_made_twice(
    page: Bulk, lonely: list[str], acme: Tenant
) -> None:
    inventory, (parent, child) = acme.inventory, lonely[:2]
    inventory.link("childAssets", parent, child)
    reverted(page, done(page, "inventory.delete", [parent]))
    (new,) = heirs(acme)[parent]
    assert child in inventory.children["childAssets"][new]
    assert child not in heirs(acme)


def test_a_device_that_came_back_alone_is_not_doubled(page: Bulk, lonely: list[str], acme: Tenant) -> None:
    one = lonely[0]
    kind, name = acme.external_ids[one][0]
    job = done(page, "inventory.delete", [one])
    other = acme.inventory.create({"id": str(acme.next_id()), "name": "itself"})["id"]
    acme.bind(kind, name, other)
    back = reverted(page, job)
    assert told(back) == {one: f"Its external id {name} ({kind}) belongs to {other} by now."}
    assert not heirs(acme)


def test_a_restoration_asks_for_no_more_than_the_forecast_says(
    page: Bulk, lonely: list[str], acme: Tenant, sandbox: Sandbox
) -> None:
    one = lonely[0]
    assert len(acme.external_ids[one]) == 1
    assert sum(one in members for members in acme.inventory.children["childAssets"].values()) == 1
    back = page.revert(done(page, "inventory.delete", [one]))
    asked = sandbox.faults.add()
    looks = sandbox.faults.add("/inventory/managedObjects", method="GET")
    assert page.confirm(back)["ok"] == 1
    assert (asked.hits, looks.hits) == (back.preview["calls"], 1) == (7, 1)


def test_a_lost_answer_makes_no_second_object(
    page: Bulk, lonely: list[str], acme: Tenant, sandbox: Sandbox
) -> None:
    job = done(page, "inventory.delete", lonely)
    sandbox.faults.add("/inventory/managedObjects", method="POST", cut="after", times=3)
    back = reverted(page, job)
    assert figures(back) == {"state": "COMPLETED", "total": 6, "ok": 6}
    assert {old: len(new) for old, new in heirs(acme).items()} == dict.fromkeys(lonely, 1)
    assert figures(reverted(page, job))["skipped"] == 6


def test_to_delete_again_takes_the_new_object_unless_others_changed_it(
    page: Bulk, lonely: list[str], acme: Tenant
) -> None:
    ids = lonely[:3]
    back = reverted(page, done(page, "inventory.delete", ids))
    new = {old: one for old, (one,) in heirs(acme).items()}
    acme.inventory.objects[new[ids[0]]]["c8y_Note"] = "theirs"
    redo = page.revert(back)
    assert "can be reverted itself" in words(page.page(redo))
    page.confirm(redo)
    assert told(redo) == {ids[0]: "Changed since: c8y_Note."}
    assert heirs(acme).keys() == {ids[0]}
    assert figures(reverted(page, redo)) == {"state": "COMPLETED", "total": 2, "ok": 2}
    assert heirs(acme).keys() == {ids[0], new[ids[1]], new[ids[2]]}


def test_a_snapshot_of_a_deleted_device_takes_little_room(
    page: Bulk, lonely: list[str], acme: Tenant
) -> None:
    job = done(page, "inventory.delete", lonely)
    chunk = Chunk.objects.get(job=job)
    snapshots = images.of_chunk(chunk.pk)
    assert snapshots.keys() == set(lonely)
    assert all(image.before["external_ids"] for image in snapshots.values())
    assert sum(len(row.data) for row in chunk.images.all()) < 700 * len(lonely)


def test_the_confirmation_lists_what_hangs_on_a_device(
    page: Bulk, lonely: list[str], acme: Tenant, devices: Devices
) -> None:
    one = lonely[0]
    alarm = next(iter(acme.alarms.values()))
    acme.alarms.put({**alarm, "id": "77", "source": {"id": one}, "status": "ACTIVE"})
    operation = next(iter(acme.operations.values()))
    acme.operations.put({**operation, "id": "78", "deviceId": one, "status": "PENDING"})
    alarms = sum(
        found["source"]["id"] == one and found["status"] != "CLEARED" for found in acme.alarms.values()
    )
    under_way = {"PENDING", "EXECUTING"}
    operations = sum(
        found["deviceId"] == one and found["status"] in under_way for found in acme.operations.values()
    )
    shown = words(page.page(page.prepare("inventory.delete", [one])))
    assert f"open alarms {alarms} removed open operations {operations} removed" in shown


def test_what_the_tenant_refused_to_delete_is_no_target_of_the_revert(
    page: Bulk, lonely: list[str], acme: Tenant
) -> None:
    gone, *parents, child = lonely[:5]
    for parent in parents:
        acme.inventory.link("childDevices", parent, child)
    job = page.prepare("inventory.delete", [*parents[:1], gone, *parents[1:]])
    assert page.confirm(job) == {"state": "COMPLETED_WITH_ERRORS", "total": 4, "ok": 1, "failed": 3}
    back = page.revert(job)
    shown = words(page.page(back))
    assert "1 device that the reverted job changed" in shown
    assert f"id {gone} a new one" in shown
    assert "It was not deleted." not in shown
    assert page.confirm(back) == {"state": "COMPLETED", "total": 1, "ok": 1}


def test_the_results_of_a_revert_lead_to_what_came_back(
    page: Bulk, lonely: list[str], devices: Devices, acme: Tenant
) -> None:
    one, name = lonely[0], devices[lonely[0]]["name"]
    back = reverted(page, done(page, "inventory.delete", [one]))
    (new,) = heirs(acme)[one]
    answer = page.browser.get(f"{JOBS}{back.pk}/results/?outcome=OK")
    assert f"{name} Done {one} came back as {new}" in " ".join(words(answer).split())
    assert answer.content.decode().count(f'href="/t/acme/devices/{new}/"') == 2
    assert f'href="/t/acme/devices/{one}/"' not in answer.content.decode()
