"""Lists: pages for a screen, streams for everything, and tenants that make it hard."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from sdk import BadAnswer, CumulocityClient, Device, ManagedObject, Page
from sdk.model import inventory_query
from sdk.sandbox import Sandbox

Connect = Callable[..., CumulocityClient]


class Scripted(BaseAdapter):
    """A tenant whose pages a function makes: asked parameters in, JSON out."""

    def __init__(self, page: Callable[[dict[str, str]], Any]) -> None:
        super().__init__()
        self.page = page
        self.asked: list[dict[str, str]] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        params = {name: values[0] for name, values in parse_qs(urlsplit(str(request.url)).query).items()}
        self.asked.append(params)
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, str(request.url)
        response._content = json.dumps(self.page(params)).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""


def scripted(page: Callable[[dict[str, str]], Any]) -> tuple[CumulocityClient, list[dict[str, str]]]:
    tenant = Scripted(page)
    return CumulocityClient("http://tenant", "t1", None, connector_factory=lambda: tenant), tenant.asked


def rows(*ids: int) -> list[dict[str, str]]:
    return [{"id": str(one), "name": f"n{one}"} for one in ids]


def numbered(total: int, size_limit: int = 2000) -> Callable[[dict[str, str]], Any]:
    """A well-behaved tenant with objects 1 to ``total``; like the real one it trims pages silently."""

    def page(params: dict[str, str]) -> Any:
        size, number = min(int(params["pageSize"]), size_limit), int(params["currentPage"])
        start = (number - 1) * size
        found = list(range(start + 1, min(start + size, total) + 1))
        answer: dict[str, Any] = {"managedObjects": rows(*found), "statistics": {"currentPage": number}}
        if "withTotalElements" in params:
            answer["statistics"]["totalElements"] = total
        if len(found) == size:
            answer["next"] = f"https://elsewhere.evil/x?currentPage={number + 1}&pageSize={size}&foo=a%20b"
        return answer

    return page


def test_a_page_is_one_call_with_its_total(c8y: CumulocityClient, calls: list[str]) -> None:
    page = c8y.device_inventory.where(order_by="name").page(2, 25)
    assert len(calls) == 1
    assert (page.number, page.size, page.total, page.pages) == (2, 25, 60, 3)
    assert (page.has_next, page.has_previous, len(page.items)) == (True, True, 25)
    assert all(isinstance(one, Device) for one in page.items)


def test_the_last_page_has_none_after_it_even_when_it_is_full(c8y: CumulocityClient) -> None:
    page = c8y.device_inventory.where().page(3, 20)
    assert (len(page.items), page.has_next, page.pages) == (20, False, 3)
    beyond = c8y.device_inventory.where().page(9, 20)
    assert (beyond.items, beyond.has_next, beyond.total) == ([], False, 60)


def test_a_page_without_total(c8y: CumulocityClient, calls: list[str]) -> None:
    page = c8y.device_inventory.where().page(1, 20, total=False)
    assert (page.total, page.pages, page.has_next) == (None, None, True)
    assert "withTotal" not in calls[0]


@pytest.mark.parametrize(("number", "size"), [(0, 10), (-1, 10), (1, 0), (1, 2001)])
def test_pages_out_of_range_are_refused(c8y: CumulocityClient, number: int, size: int) -> None:
    with pytest.raises(ValueError, match="Pages count"):
        c8y.inventory.where().page(number, size)


def test_an_empty_list_has_one_empty_page() -> None:
    assert Page([], 1, 50, 0, False).pages == 1


@pytest.mark.parametrize("total", [0, 1, 6, 7, 8, 14, 15, 700])
@pytest.mark.parametrize("workers", [1, 4])
def test_everything_comes_once_and_in_order(total: int, workers: int) -> None:
    c8y, asked = scripted(numbered(total))
    found = c8y.inventory.get_all(limit=None, page_size=7, workers=workers)
    assert [one.id for one in found] == [str(one) for one in range(1, total + 1)]
    # A full last page looks as if another followed.
    assert len(asked) == total // 7 + 1


@pytest.mark.parametrize(("limit", "pages"), [(1, 1), (5, 1), (7, 1), (8, 2), (21, 3), (100, 3)])
def test_a_limit_asks_for_no_more_than_it_needs(limit: int, pages: int) -> None:
    c8y, asked = scripted(numbered(20))
    query = c8y.inventory.where().limit(limit)
    assert len(c8y.inventory.get_all(limit=limit, page_size=7)) == min(limit, 20)
    assert len(asked) == pages
    assert len(query.all()) == min(limit, 20)


def test_get_all_stops_at_five_unless_told(c8y: CumulocityClient) -> None:
    assert len(c8y.inventory.get_all()) == 5
    assert len(list(c8y.inventory.select())) == 5
    assert len(c8y.inventory.get_all(limit=None)) == c8y.inventory.get_count() > 60


def test_a_numbered_page_is_read_alone(calls: list[str], c8y: CumulocityClient) -> None:
    every = c8y.device_inventory.where().all()
    calls.clear()
    found = c8y.device_inventory.get_all(page_number=3, page_size=10)
    assert [one.id for one in found] == [one.id for one in every[20:30]]
    assert len(calls) == 1
    assert [one.id for one in c8y.device_inventory.get_all(page_number=2)] == [one.id for one in every[5:10]]
    three = c8y.device_inventory.get_all(page_number=2, limit=3)
    assert [one.id for one in three] == [one.id for one in every[3:6]]


def test_links_are_followed_by_their_parameters_alone() -> None:
    c8y, asked = scripted(numbered(20))
    c8y.inventory.get_all(limit=None, page_size=7, workers=1)
    assert asked[1]["foo"] == "a b"
    assert asked[1]["withChildren"] == "false"


def test_links_keep_names_that_come_more_than_once() -> None:
    first = {"bulkOperations": rows(1), "next": "x?currentPage=2&generalStatus=A&generalStatus=B"}
    c8y, asked = scripted(lambda params: {"bulkOperations": []} if params["currentPage"] == "2" else first)
    sent: list[str] = []
    c8y._channel.on_request = lambda request: sent.append(request.path_url)
    assert len(c8y.bulk_operations.where("generalStatus=A&generalStatus=B").all()) == 1
    assert len(asked) == 2
    assert all("generalStatus=A&generalStatus=B" in one for one in sent)


def test_short_and_empty_pages_are_no_end() -> None:
    pages: dict[str, Any] = {
        "1": {"managedObjects": [], "next": "x?currentPage=2", "statistics": {"totalPages": None}},
        "2": {"managedObjects": rows(1), "next": "x?currentPage=50"},
        "50": {"managedObjects": [], "next": "x?currentPage=51"},
        "51": {"managedObjects": rows(2, 3)},
    }
    c8y, _ = scripted(lambda params: pages[params["currentPage"]])
    assert [one.id for one in c8y.inventory.where()] == ["1", "2", "3"]
    assert [one.id for one in c8y.inventory.where().limit(2)] == ["1", "2"]
    first = c8y.inventory.where().first()
    assert first is not None
    assert first.id == "1"


def test_a_user_with_few_rights_still_sees_all_there_is(sandbox: Sandbox, connect: Connect) -> None:
    c8y = connect("restricted")
    visible = {one.id for one in c8y.device_inventory.where()}
    assert visible
    assert set(c8y.device_inventory.where().ids()) == visible
    assert {one.id for one in c8y.device_inventory.get_all(limit=None, page_size=5)} == visible
    assert c8y.device_inventory.get_count() == len(visible)
    page = c8y.device_inventory.where().page(1, 5)
    assert page.total is None
    assert len(visible) < 60


@pytest.mark.parametrize("workers", [1, 4])
def test_pages_in_a_circle_end_with_an_error(workers: int) -> None:
    c8y, asked = scripted(lambda _: {"managedObjects": rows(1), "next": "x?currentPage=2"})
    with pytest.raises(BadAnswer, match="circle"):
        c8y.inventory.get_all(limit=None, workers=workers)
    assert len(asked) < 5


def test_an_older_count_loses_no_rows() -> None:
    full = numbered(50)

    def stale(params: dict[str, str]) -> Any:
        page = full(params)
        if "totalElements" in page["statistics"]:
            page["statistics"]["totalElements"] = 21
        return page

    c8y, _ = scripted(stale)
    assert len(c8y.inventory.get_all(limit=None, page_size=7)) == 50


def test_pages_are_fetched_ahead_but_never_more_than_asked() -> None:
    now = peak = 0
    lock, full = threading.Lock(), numbered(200)

    def page(params: dict[str, str]) -> Any:
        nonlocal now, peak
        with lock:
            now += 1
            peak = max(peak, now)
        try:
            return full(params)
        finally:
            with lock:
                now -= 1

    c8y, asked = scripted(page)
    stream = iter(c8y.inventory.select(limit=None, page_size=5, workers=3))
    assert [one.id for one in itertools.islice(stream, 12)] == [str(one) for one in range(1, 13)]
    assert len(asked) <= 3 + 5
    stream.close()  # type: ignore[attr-defined]
    assert peak <= 4


def test_an_error_on_a_later_page_comes_after_the_rows_before_it(
    sandbox: Sandbox, c8y: CumulocityClient
) -> None:
    stream = c8y.device_inventory.select(limit=None, page_size=10, workers=1)
    sandbox.faults.add("/inventory/managedObjects", status=500, skip=2)
    assert len(list(itertools.islice(stream, 20))) == 20
    with pytest.raises(ValueError, match="500"):
        next(stream)


def test_rows_that_slide_to_the_next_page_come_once() -> None:
    def page(params: dict[str, str]) -> Any:
        number = int(params["currentPage"])
        # One new alarm arrives between any two pages.
        start = 100 - (number - 1) * 5 + (number - 1)
        found: dict[str, Any] = {"alarms": rows(*range(start, start - 5, -1))}
        return found | ({"next": f"x?currentPage={number + 1}"} if number < 4 else {})

    c8y, _ = scripted(page)
    assert [one.id for one in c8y.alarms.where()] == [str(one) for one in range(100, 83, -1)]
    assert [key for (key,) in c8y.alarms.where().values("id")] == [str(one) for one in range(100, 83, -1)]
    assert list(c8y.alarms.where().ids())[:2] == ["100", "99"]


def test_ids_come_once_and_in_order_while_the_inventory_moves(
    c8y: CumulocityClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory_query, "LARGEST", 7)
    made = c8y.inventory.create(*(ManagedObject(type="t", name=str(i)) for i in range(30)))
    found: list[str] = []
    for key in c8y.inventory.where(type="t", order_by="name desc").ids():
        found.append(key)
        if len(found) == 10:
            c8y.inventory.delete(*(str(one.id) for one in made[:5]))
            c8y.inventory.create(ManagedObject(type="t", name="late"))
    assert found == sorted(set(found), key=int)
    assert len(found) == 31
    assert {str(one.id) for one in made} <= set(found)


def test_values_are_tuples_of_what_is_on_the_paths(c8y: CumulocityClient) -> None:
    device = c8y.device_inventory.create(
        Device(name="v", type="only", c8y_Hardware={"model": "M"}, n={"a.b": 1, "deep": {"x": None}})
    )[0]
    query = c8y.device_inventory.where(type="only")
    assert list(query.values("id", "c8y_Hardware.model", "n.a.b", "n.deep.x", ("n.deep.y", "-"), "zzz")) == [
        (device.id, "M", 1, None, "-", None)
    ]


@pytest.mark.parametrize("odd", ["text", 5, [1], None, True])
def test_a_device_that_writes_something_else_spoils_no_values(c8y: CumulocityClient, odd: object) -> None:
    c8y.inventory.create(
        ManagedObject(type="odd", name="1", c8y_Hardware=odd),
        ManagedObject(type="odd", name="2", c8y_Hardware={"model": "M"}),
    )
    found = c8y.inventory.get_all(type="odd", as_values=["name", ("c8y_Hardware.model", "-")])
    assert sorted(found) == [("1", "-"), ("2", "M")]


def test_as_values_of_one_path_are_plain_and_of_several_tuples(c8y: CumulocityClient) -> None:
    plain = c8y.device_inventory.get_all(as_values="id", limit=3)
    pairs = list(c8y.device_inventory.select(as_values=("id", "name"), limit=3))
    assert [pair[0] for pair in pairs] == plain
    assert all(isinstance(one, str) for one in plain)
    assert c8y.device_inventory.get_all(as_values=[("zzz", "x")], limit=1) == [("x",)]


@pytest.mark.parametrize("total", [0, 1, 4, 5, 6])
def test_counts_are_exact_also_where_only_pages_are_counted(total: int) -> None:
    def page(params: dict[str, str]) -> Any:
        assert params["pageSize"] == "1"
        found = rows(1) if total else []
        return {"managedObjects": found, "statistics": {"totalPages": max(1, total)}}

    c8y, asked = scripted(page if total else numbered(0))
    assert c8y.inventory.get_count() == total
    assert len(asked) == 1


def test_a_list_that_is_none_is_a_bad_answer() -> None:
    for body in ({}, {"managedObjects": None}, [], "x", {"managedObjects": {}}):
        c8y, _ = scripted(lambda _, body=body: body)  # type: ignore[misc]
        with pytest.raises(BadAnswer):
            c8y.inventory.get_all()


def test_a_query_can_be_used_again_and_does_not_change(c8y: CumulocityClient) -> None:
    query = c8y.device_inventory.where(type="c8y_Pump")
    assert [one.id for one in query] == [one.id for one in query]
    assert query.limit(1).maximum == 1
    assert query.maximum is None
    with pytest.raises(AttributeError):
        query.maximum = 5  # type: ignore[misc]
    for wrong in ({"limit": -1}, {"page_size": 0}, {"page_number": 0}):
        with pytest.raises(ValueError, match=r"limit|page|count"):
            c8y.inventory.get_all(**wrong)


def test_pages_of_everything(c8y: CumulocityClient) -> None:
    pages = list(c8y.device_inventory.where().pages(size=25))
    assert [(page.number, len(page.items), page.has_next) for page in pages] == [
        (1, 25, True),
        (2, 25, True),
        (3, 10, False),
    ]
