"""What the user `restricted` sees of every collection, beside what the administrator sees of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk.sandbox import Sandbox
from sdk.sandbox.api import DOMAINS
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

TIME = "2026-01-01T00:00:00Z"
Rows = list[dict[str, Any]]


def _itself(row: dict[str, Any]) -> str:
    return str(row["id"])


def _source(row: dict[str, Any]) -> str:
    return str(row["source"]["id"])


def _device(row: dict[str, Any]) -> str:
    return str(row["deviceId"])


# Path, key of the rows, and the object that decides who may see a row.
BY_OBJECT: list[tuple[str, str, Callable[[dict[str, Any]], str]]] = [
    ("/inventory/managedObjects", "managedObjects", _itself),
    ("/inventory/binaries", "managedObjects", _itself),
    ("/alarm/alarms", "alarms", _source),
    ("/event/events", "events", _source),
    ("/measurement/measurements", "measurements", _source),
    ("/devicecontrol/operations", "operations", _device),
    ("/audit/auditRecords", "auditRecords", _source),
]


@pytest.fixture
def restricted(sandbox: Sandbox) -> Door:
    return Door(sandbox, "restricted")


def visible(acme: Tenant) -> set[str]:
    """What the restricted user may see: a group and everything below it."""
    return set(acme.inventory.hierarchy(acme.assignments["restricted"][1]["managedObject"]))


@pytest.fixture(autouse=True)
def _records_on_both_sides(admin: Door, acme: Tenant) -> None:
    """Something of each kind for a device that the user may see, and for one that he may not."""
    own = visible(acme)
    devices = [key for key, found in acme.inventory.objects.items() if "com_cumulocity_model_Agent" in found]
    for source in (
        next(key for key in devices if key in own),
        next(key for key in devices if key not in own),
    ):
        about = {"source": {"id": source}, "type": "t", "text": "x", "time": TIME}
        made = [
            admin.post("/alarm/alarms", "alarm", about | {"severity": "MINOR"}),
            admin.post("/event/events", "event", about),
            admin.post("/measurement/measurements", "measurement", about | {"t_X": {"T": {"value": 1}}}),
            admin.post("/devicecontrol/operations", "operation", {"deviceId": source, "c8y_Restart": {}}),
            admin.post("/audit/auditRecords", "auditrecord", about | {"type": "Inventory", "activity": "a"}),
            admin.call(
                "POST", "/inventory/binaries", files={"object": (None, "{}"), "file": ("a.txt", b"a")}
            ),
        ]
        assert {answer.status_code for answer in made} == {201}
        file = made[-1].json()["id"]
        below = f"/inventory/managedObjects/{source}/childAdditions"
        assert admin.post(below, "managedobjectreference", {"managedObject": {"id": file}}).status_code == 201


def test_no_collection_is_forgotten_here() -> None:
    routes = [route for domain in DOMAINS for route in domain.routes if route.method == "GET"]
    lists = {
        it.template for it in routes if it.scope and "collection" in it.produces and "{" not in it.template
    }
    assert lists == {path for path, _, _ in BY_OBJECT}


@pytest.mark.parametrize("kind", ["childAssets", "childDevices", "childAdditions"])
def test_children_are_told_of_permitted_objects_only(
    admin: Door, restricted: Door, acme: Tenant, kind: str
) -> None:
    own = visible(acme)
    first, second, *_ = sorted(key for key in own if "c8y_IsDevice" in acme.inventory.objects[key])
    acme.inventory.link(kind, first, second)
    outside = next(key for key in acme.inventory.objects if key not in own)
    assert restricted.get(f"/inventory/managedObjects/{outside}/{kind}").status_code == 403
    parents = [key for key in acme.inventory.children[kind] if acme.inventory.children[kind][key]]
    assert {key in own for key in parents} == {True, False}
    for parent in parents:
        path = f"/inventory/managedObjects/{parent}/{kind}?pageSize=2000"
        told = restricted.get(path)
        assert told.status_code == (200 if parent in own else 403)
        if parent in own:
            assert told.json()["references"] == admin.get(path).json()["references"]


@pytest.mark.parametrize(("path", "key", "decides"), BY_OBJECT)
@pytest.mark.parametrize("size", [1, 7, 2000])
def test_followed_to_the_end_the_pages_hold_what_is_permitted(
    admin: Door, restricted: Door, acme: Tenant, path: str, key: str, decides: Callable[..., str], size: int
) -> None:
    everything = admin.everything(f"{path}?pageSize=2000", key)
    own = visible(acme)
    permitted = [row for row in everything if decides(row) in own]
    assert 0 < len(permitted) < len(everything)
    found: Rows = []
    url = f"{restricted.base}{path}?pageSize={size}&withTotalPages=true&withTotalElements=true"
    while url:
        page = restricted.session.get(url).json()
        assert set(page["statistics"]) == {"pageSize", "currentPage"}
        assert len(page[key]) <= size
        found, url = found + page[key], page.get("next", "")
    assert [row["id"] for row in found] == [row["id"] for row in permitted]


def test_external_ids_are_told_of_permitted_objects_only(admin: Door, restricted: Door, acme: Tenant) -> None:
    own = visible(acme)
    for source in list(acme.external_ids):
        path = f"/identity/globalIds/{source}/externalIds"
        told = restricted.get(path)
        assert told.status_code == (200 if source in own else 403)
        assert told.status_code == 403 or told.json() == admin.get(path).json()


def test_counts_hold_what_is_permitted(admin: Door, restricted: Door) -> None:
    for path in ("/alarm/alarms", "/inventory/managedObjects"):
        rows = restricted.everything(f"{path}?pageSize=2000", path.rsplit("/", 1)[1])
        assert int(restricted.get(f"{path}/count").text) == len(rows) < int(admin.get(f"{path}/count").text)


def _closed_to_restricted() -> list[str]:
    """Every list that asks for a role of the whole tenant, which the user does not have."""
    routes = [route for domain in DOMAINS for route in domain.routes if route.method == "GET"]
    return sorted(
        {it.template for it in routes if it.roles and not it.scope and not it.template.endswith("}")}
    )


@pytest.mark.parametrize("template", _closed_to_restricted())
def test_what_asks_for_a_role_of_the_tenant_is_forbidden(
    restricted: Door, acme: Tenant, template: str
) -> None:
    held = acme.access.roles_of("restricted")
    asked = {
        it.roles
        for domain in DOMAINS
        for it in domain.routes
        if (it.template, it.method) == (template, "GET")
    }
    path = template.replace("{tenantId}", "acme").replace("{userId}", "admin").replace("{groupId}", "1")
    assert (restricted.get(path).status_code == 403) == (not any(held & set(roles) for roles in asked))
