"""The query language of the inventory."""

from __future__ import annotations

import re

import pytest

from sdk.sandbox import Sandbox
from tests.sandbox.doors import Door

THINGS = [
    {
        "name": "Pump O'Neill",
        "type": "t_one",
        "size": 5,
        "temp": 16.5,
        "tags": ["red", "blue"],
        "part": {"no": "7"},
    },
    {
        "name": "pump two",
        "type": "t_one",
        "size": 10,
        "temp": 20.25,
        "customers": [{"id": "123"}, {"id": "456"}],
    },
    {
        "name": "Valve",
        "type": "t_two",
        "size": 15,
        "on": True,
        "part": {"no": "8"},
        "my_Day": "2026-03-01T10:00:00+02:00",
    },
    {"name": "100% (a) & b", "type": "t_two", "text": "16.5"},
]


@pytest.fixture
def names(admin: Door):  # type: ignore[no-untyped-def]
    """Runs a query over the four things and gives the names it finds."""
    for thing in THINGS:
        assert (
            admin.post("/inventory/managedObjects", "managedobject", thing | {"my_Thing": {}}).status_code
            == 201
        )

    def run(query: str) -> list[str]:
        return [found["name"] for found in admin.objects(query)]

    return run


@pytest.mark.fact("query.grammar")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("type eq 't_one'", [0, 1]),
        ("name eq 'Pump O''Neill'", [0]),
        ("name eq 'pump o''neill'", []),
        ("name eq '*PUMP*'", [0, 1]),
        ("name eq 'pump*'", [0, 1]),
        ("name eq pump*", [0, 1]),
        ("type eq t_one and size eq 5", [0]),
        (r"name eq '100% \(a\) & b'", [3]),
        ("name eq '*VALVE'", [2]),
        ("name eq 'p*t*o'", [1]),
        ("name eq '100% (a) & b'", [3]),
        ("size eq 10", [1]),
        ("size gt 5", [1, 2]),
        ("size ge 5 and size le 10", [0, 1]),
        ("size lt 10", [0]),
        ("temp gt 16.5d", [1]),
        ("temp ge 16.5f", [0, 1]),
        ("temp eq 16.5", []),
        ("text eq 16.5", [3]),
        ("tags eq 'red'", [0]),
        ("customers.id eq '456'", [1]),
        ("part.no eq '7'", [0]),
        ("on eq true", [2]),
        ("part eq null", [1, 3]),
        ("has(part)", [0, 2]),
        ("has(part.no)", [0, 2]),
        ("not has(part)", [1, 3]),
        ("hasany(tags,customers)", [0, 1]),
        ("my_Day.date gt '2026-03-01T07:59:00Z'", [2]),
        ("my_Day.date gt '2026-03-01T08:00:00Z'", []),
        ("size eq 5 or size eq 15 and type eq 't_one'", [0]),
        ("(size eq 5 or size eq 15) and type eq 't_two'", [2]),
        ("not (size eq 5 or size eq 15)", [1, 3]),
        ("not type eq 't_one'", [2, 3]),
    ],
)
def test_a_condition_finds_what_it_says(names, condition: str, found: list[int]) -> None:  # type: ignore[no-untyped-def]
    expected = [str(THINGS[index]["name"]) for index in found]
    assert names(f"$filter=has(my_Thing) and ({condition})") == expected
    assert names(f"has(my_Thing) and ({condition})") == expected


@pytest.mark.fact("query.order")
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("size desc", [2, 1, 0, 3]),
        ("size", [3, 0, 1, 2]),
        ("type desc,size asc", [3, 2, 0, 1]),
        ("name asc", [3, 0, 2, 1]),
        ("_id desc", [3, 2, 1, 0]),
        ("part.no desc, _id desc", [2, 0, 3, 1]),
    ],
)
def test_results_come_in_the_wanted_order(names, order: str, expected: list[int]) -> None:  # type: ignore[no-untyped-def]
    assert names(f"$filter=has(my_Thing) $orderby={order}") == [THINGS[index]["name"] for index in expected]


def test_a_plus_before_the_order_is_read_as_a_blank(names) -> None:  # type: ignore[no-untyped-def]
    assert names("$filter=(type eq 't_one')+$orderby=size desc") == ["pump two", "Pump O'Neill"]


def test_an_order_without_a_filter_sorts_everything(admin: Door) -> None:
    found = [thing["id"] for thing in admin.objects("$orderby=_id desc")]
    assert found == sorted(found, key=int, reverse=True)
    assert len(found) > 60


@pytest.mark.fact("query.wrong")
@pytest.mark.parametrize(
    "query",
    [
        "name eq 'O'Brien'",
        "name ne 'x'",
        "name eq",
        "name eq pump two",
        "name eq )",
        "name eq or type eq 'x'",
        "eq 'x'",
        "(name eq 'x'",
        "name eq 'x')",
        "name eq 'x' or",
        "has()",
        "has(a,b)",
        "has(name)",
        "hasany(type)",
        "name eq 'x",
        "a.date gt 'yesterday'",
        "$filter=name eq 'x' $filter=name eq 'y'",
        "$orderby=name upwards",
        "$orderby=name,",
        "in(name)",
    ],
)
def test_a_wrong_query_is_refused_in_words(admin: Door, query: str) -> None:
    answer = admin.get("/inventory/managedObjects", params={"query": query})
    assert answer.status_code == 422
    assert answer.json()["error"] == "inventory/invalidData"
    assert "Invalid query" in answer.json()["message"]


@pytest.mark.fact("query.groups")
def test_groups_and_hierarchies_are_conditions(admin: Door) -> None:
    root = admin.objects("type eq 'c8y_DeviceGroup' and name eq 'Site Aarhus'")[0]["id"]
    halls = [found["id"] for found in admin.objects(f"bygroupid({root})")]
    assert len(halls) == 3
    members = {found["id"] for found in admin.objects(f"bygroupid({halls[1]},{halls[2]})")}
    assert members == {found["id"] for hall in halls[1:] for found in admin.objects(f"bygroupid({hall})")}
    below = {found["id"] for found in admin.objects(f"isinhierarchyof({root})")}
    assert below > members | {root, *halls}
    assert [found["id"] for found in admin.objects("isinhierarchyof(1)")] == []


@pytest.mark.fact("inventory.smart")
def test_a_smart_group_holds_what_its_query_finds(admin: Door) -> None:
    group = admin.objects("name eq 'All pumps'")[0]["id"]
    pumps = admin.objects(f"bygroupid({group})")
    assert pumps
    assert {pump["type"] for pump in pumps} == {"c8y_Pump"}


@pytest.mark.fact("paging.key-set")
def test_key_set_paging_by_id_reads_everything_once(admin: Door) -> None:
    everything, last = [], "0"
    while page := admin.objects(
        f"$filter=(_id gt '{last}' and (has(c8y_IsDevice))) $orderby=_id asc", size=7
    ):
        everything += [found["id"] for found in page]
        last = page[-1]["id"]
    assert everything == [found["id"] for found in admin.objects("has(c8y_IsDevice)")]


@pytest.mark.fact("query.devices")
def test_q_looks_among_devices_only(admin: Door) -> None:
    found = admin.get("/inventory/managedObjects", params={"q": "name eq '*a*'", "pageSize": 2000}).json()
    assert all("c8y_IsDevice" in thing for thing in found["managedObjects"])


@pytest.mark.fact("query.alone")
def test_beside_a_query_the_simple_filters_are_ignored(admin: Door) -> None:
    plain = admin.get("/inventory/managedObjects", params={"query": "has(c8y_IsDevice)"}).json()
    typed = admin.get(
        "/inventory/managedObjects", params={"query": "has(c8y_IsDevice)", "type": "nothing"}
    ).json()
    assert plain["managedObjects"] == typed["managedObjects"]


@pytest.fixture(scope="module")
def crowd() -> Door:
    """So many objects that names are not looked at one by one."""
    sandbox = Sandbox(devices=0)
    door = Door(sandbox, "admin")
    inventory = sandbox.tenant("acme").inventory
    for number in range(6000):
        name = ("Alpha\nPump", "beta", "", "Größe 5*", "PUMP")[number % 5]
        inventory.create({"id": str(100_000 + number), "name": f"{name}{number // 5}"})
    return door


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("beta7", ["100036"]),
        ("BETA7", []),
        ("BETA7*", ["100036", *(str(100_001 + 5 * n) for n in (*range(70, 80), *range(700, 800)))]),
        ("*pump7", ["100035", "100039"]),
        ("*a\npump7", ["100035"]),
        (
            "a*p*99",
            [str(100_000 + 5 * n) for n in (99, 199, 299, 399, 499, 599, 699, 799, 899, 999, 1099, 1199)],
        ),
        ("größe*3", None),
        ("*", None),
        ("nobody*", []),
    ],
)
def test_among_many_objects_names_are_found_as_among_few(
    crowd: Door, pattern: str, found: list[str] | None
) -> None:
    rows = [
        (row["id"], row["name"])
        for row in crowd.everything("/inventory/managedObjects?pageSize=2000", "managedObjects")
    ]
    if found is None:
        parts = [re.escape(part) for part in pattern.casefold().split("*")]
        fits = re.compile(".*".join(parts), re.DOTALL)
        found = [key for key, name in rows if fits.fullmatch(name.casefold())]
    assert [row["id"] for row in crowd.objects(f"name eq '{pattern}'", 2000)] == found[:2000]
    after = f"_id gt '100100' and name eq '{pattern}'"
    assert [row["id"] for row in crowd.objects(after, 2000)] == [i for i in found if int(i) > 100_100][:2000]


def test_a_new_name_is_found_at_once_and_the_old_one_no_more(crowd: Door) -> None:
    path = "/inventory/managedObjects/100001"
    before = crowd.get(path).json()["name"]
    assert crowd.put(path, "managedobject", {"name": "gamma"}).status_code == 200
    for pattern in ("gamma", "GAM*", "*amm*"):
        assert [row["id"] for row in crowd.objects(f"name eq '{pattern}'")] == ["100001"]
    assert "100001" not in [row["id"] for row in crowd.objects("name eq 'beta0*'")]
    crowd.put(path, "managedobject", {"name": before})
    assert crowd.objects("name eq '*amm*'") == []
