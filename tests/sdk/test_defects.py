"""Defects of other SDKs that no other test shows to be absent here; ``gaps`` lists all of them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from sdk import (
    BulkOperationGeneralStatus,
    Connector,
    CumulocityClient,
    Device,
    DeviceGroup,
    ManagedObject,
    NotFound,
    ResourceClient,
    UserGroup,
)
from tests.sdk.gaps import DEFECTS, GAPS, THREADS, TRAPS
from tests.sdk.server import Server, Serving, answer, client, lines

TESTS = Path(__file__).parents[1]


def written_tests() -> set[str]:
    files = [*(TESTS / "sdk").glob("test_*.py"), *(TESTS / "properties").glob("test_*.py")]
    files += [TESTS / "contract" / "test_sdk.py", TESTS / "bench" / "test_bench.py"]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text())))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "table", [GAPS, DEFECTS, TRAPS, THREADS], ids=["gaps", "defects", "traps", "threads"]
)
def test_what_others_get_wrong_has_a_test(table: dict[str, str]) -> None:
    named = {name for names in table.values() for name in names.split()}
    assert named - written_tests() == set()


def test_the_parents_of_a_child_are_asked_for_by_its_real_name(
    c8y: CumulocityClient, calls: list[str]
) -> None:
    parent = ManagedObject(c8y, name="parent").create()
    child = c8y.inventory.create_child(str(parent.id), "additions", ManagedObject(name="child"))
    assert [one.id for one in c8y.inventory.get_all(child_addition=str(child.id))] == [parent.id]
    assert f"childAdditionId={child.id}" in calls[-1]


def test_text_search_beside_a_query_is_refused_instead_of_spoken(
    c8y: CumulocityClient, calls: list[str]
) -> None:
    with pytest.raises(ValueError, match="does not combine text"):
        c8y.inventory.get_all(text="pump", query="has(c8y_Hardware)")
    assert calls == []


def test_unsubscribing_later_is_no_error(serving: Serving) -> None:
    _, c8y = serving({"result": "SCHEDULED"})
    assert c8y.tokens.unsubscribe("a.b.c") == "SCHEDULED"


def test_bulk_operations_are_counted_by_what_their_list_knows(serving: Serving) -> None:
    server, c8y = serving({"bulkOperations": [], "statistics": {"totalElements": 12}})
    assert c8y.bulk_operations.get_count() == 12
    assert "withTotalElements=true" in lines(server)[0]
    assert BulkOperationGeneralStatus.SCHEDULED == "SCHEDULED"


def test_the_page_size_of_groups_counts(c8y: CumulocityClient, calls: list[str]) -> None:
    c8y.user_groups.create(*(UserGroup(name=f"g{at}") for at in range(5)))
    calls.clear()
    found = c8y.user_groups.get_all(limit=None, page_size=3, workers=1)
    assert len({one.id for one in found}) == len(found) > 5
    assert all("pageSize=3" in call for call in calls)
    assert len(calls) > 1


def test_the_newest_is_asked_for_as_a_list(connector: Connector) -> None:
    with Server(answer(b'{"events": []}')) as server:
        assert client(server, connector).events.get_last(source="1") is None
    assert b"vnd.com.nsn.cumulocity.eventcollection+json" in server.requests[0]


def test_a_renamed_device_keeps_its_user(c8y: CumulocityClient) -> None:
    device = next(one for one in c8y.device_inventory.where() if str(one.owner).startswith("device_"))
    before = device.get_username()
    device.name = "renamed"
    device.update()
    assert device.reload().get_username() == before == device.get_user().username


def test_a_group_within_a_group_takes_one_request(c8y: CumulocityClient, calls: list[str]) -> None:
    group = DeviceGroup(c8y, root=True, name="top").create()
    calls.clear()
    child = group.create_child("below")
    assert calls == [f"POST /inventory/managedObjects/{group.id}/childAssets"]
    assert [one.id for one in c8y.inventory.child_assets(str(group.id))] == [child.id]


def test_a_bulk_operation_is_named_once_in_a_filter(c8y: CumulocityClient, calls: list[str]) -> None:
    c8y.operations.get_all(bulk_id=77)
    assert calls[-1].count("77") == 1
    assert "bulkOperationId=77" in calls[-1]


def test_names_of_groups_are_looked_up_each_time(c8y: CumulocityClient) -> None:
    group = UserGroup(c8y, "one").create()
    assert c8y.user_groups.resolve_group_ids("one") == [int(str(group.id))]
    group.name = "two"
    group.update()
    assert c8y.user_groups.resolve_group_ids("two") == [int(str(group.id))]
    with pytest.raises(NotFound):
        c8y.user_groups.resolve_group_ids("one")


def test_parameters_of_the_caller_stay_as_they_are(connector: Connector) -> None:
    params: dict[str, Any] = {"x": 1, "pageSize": 5}
    with Server(answer(b'{"things": []}')) as server:
        things = ResourceClient("service/a", "{kind}", c8y=client(server, connector))
        things.get_all(params=params, kind="things")
        things.list(params=params, kind="things")
    assert params == {"x": 1, "pageSize": 5}


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content", "206 Partial"])
@pytest.mark.parametrize("verb", ["get", "post", "put", "delete"])
def test_every_success_is_one_with_or_without_a_body(connector: Connector, status: str, verb: str) -> None:
    body = b"" if status.startswith("204") else b'{"a": 1}'
    with Server(answer(body, status), [f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()]) as server:
        c8y = client(server, connector)
        assert getattr(c8y, verb)("/x") == ({"a": 1} if body else {})
        assert getattr(c8y, verb)("/x") == {}


def test_a_transient_object_has_no_id(connector: Connector) -> None:
    with Server(answer(b"", "201 Created")) as server:
        made = Device(client(server, connector, processing_mode="TRANSIENT"), name="x").create()
    assert (made.id, made.name) == (None, "x")
