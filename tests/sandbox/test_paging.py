"""Pages of collections."""

from __future__ import annotations

import time
from functools import partial

import pytest
import time_machine

from sdk.sandbox import Sandbox
from sdk.sandbox.store.tenant import Tenant
from tests.sandbox.doors import Door

OBJECTS = "/inventory/managedObjects"


@pytest.mark.fact("paging.default")
def test_a_page_has_five_entries_unless_asked(admin: Door) -> None:
    page = admin.get(OBJECTS).json()
    assert len(page["managedObjects"]) == 5
    assert page["statistics"] == {"pageSize": 5, "currentPage": 1}
    assert "prev" not in page


def test_the_links_lead_through_everything_and_back(admin: Door) -> None:
    first = admin.get(f"{OBJECTS}?fragmentType=c8y_IsDevice&pageSize=25").json()
    second = admin.session.get(first["next"]).json()
    assert second["statistics"]["currentPage"] == 2
    assert admin.session.get(second["prev"]).json()["managedObjects"] == first["managedObjects"]
    found = [
        thing["id"]
        for thing in admin.everything(f"{OBJECTS}?fragmentType=c8y_IsDevice&pageSize=25", "managedObjects")
    ]
    assert len(found) == len(set(found)) == 60


@pytest.mark.fact("paging.beyond")
def test_a_full_last_page_still_has_a_next_one_that_is_empty(admin: Door) -> None:
    last = admin.get(f"{OBJECTS}?fragmentType=c8y_IsDevice&pageSize=20&currentPage=3").json()
    assert len(last["managedObjects"]) == 20
    beyond = admin.session.get(last["next"]).json()
    assert beyond["managedObjects"] == []
    assert "next" not in beyond


@pytest.mark.fact("paging.totals")
def test_totals_come_only_on_request(admin: Door) -> None:
    path = f"{OBJECTS}?fragmentType=c8y_IsDevice&pageSize=25"
    assert admin.get(f"{path}&withTotalPages=true").json()["statistics"]["totalPages"] == 3
    both = admin.get(f"{path}&withTotalPages=true&withTotalElements=true").json()["statistics"]
    assert (both["totalPages"], both["totalElements"]) == (3, 60)


@pytest.mark.fact("paging.totals")
def test_a_collection_gives_only_the_totals_it_knows(admin: Door) -> None:
    asked = "withTotalPages=true&withTotalElements=true"
    assert "totalPages" not in admin.get(f"/user/inventoryroles?{asked}").json()["statistics"]
    assert "totalElements" not in admin.get(f"/tenant/options?{asked}").json()["statistics"]
    assert set(admin.get(f"/user/acme/groups/1/roles?{asked}").json()["statistics"]) == {
        "pageSize",
        "currentPage",
    }


@pytest.mark.fact("paging.trim")
def test_a_page_is_trimmed_to_2000() -> None:
    admin = Door(Sandbox(devices=2100, seed=1), "admin")
    page = admin.get(f"{OBJECTS}?pageSize=5000").json()
    assert len(page["managedObjects"]) == page["statistics"]["pageSize"] == 2000
    assert "next" in page


@pytest.mark.parametrize(
    "query", ["pageSize=0", "pageSize=-1", "pageSize=x", "currentPage=0", "withTotalPages=maybe"]
)
def test_wrong_paging_is_refused(admin: Door, query: str) -> None:
    assert admin.get(f"{OBJECTS}?{query}").status_code == 422


def test_the_links_keep_the_other_parameters(admin: Door) -> None:
    query = {"query": "$filter=name eq '*a & b+c%*'", "pageSize": "1"}
    page = admin.get(OBJECTS, params=query)
    assert "%26+b%2Bc%25" in page.json()["self"]
    assert admin.session.get(page.json()["self"]).json() == page.json()


@pytest.mark.fact("address.links")
def test_links_carry_the_host_that_was_asked(sandbox: Sandbox) -> None:
    page = Door(sandbox, "admin", "globex").get(OBJECTS).json()
    assert page["next"].startswith("http://globex.sandbox/inventory/")


def counted(door: Door, path: str, **more: int) -> dict[str, int]:
    asked = {"withTotalElements": "true", "withTotalPages": "true", **more}
    statistics: dict[str, int] = door.get(path, params=asked).json()["statistics"]
    return statistics


@pytest.mark.fact("paging.stale")
def test_a_total_is_counted_anew_after_ten_seconds_only(admin: Door, acme: Tenant) -> None:
    path = "/inventory/managedObjects?type=counted"
    create = partial(admin.post, "/inventory/managedObjects", "managedobject", {"type": "counted"})
    create()
    assert counted(admin, path)["totalElements"] == 1
    create()
    assert len(admin.get(path).json()["managedObjects"]) == 2
    stale = counted(admin, path, pageSize=1, currentPage=2)
    assert (stale["totalElements"], stale["totalPages"]) == (1, 1)
    assert counted(admin, f"{path}&owner=admin")["totalElements"] == 2
    assert admin.get("/inventory/managedObjects/count?type=counted").text == "2"
    with time_machine.travel(time.time() + 11):
        assert counted(admin, path)["totalElements"] == 2
    assert counted(admin, path)["totalElements"] == 2
    create()
    assert counted(admin, path)["totalElements"] == 2
    acme.totals.forget()
    assert counted(admin, path)["totalElements"] == 3
