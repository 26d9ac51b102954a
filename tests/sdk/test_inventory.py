"""The inventory: filters that mean what they say, and the verbs of its objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sdk import (
    BulkError,
    Conflict,
    CumulocityClient,
    Device,
    DeviceGroup,
    ExternalId,
    Forbidden,
    Invalid,
    ManagedObject,
    NotFound,
)
from sdk import query_language as ql

Connect = Callable[..., CumulocityClient]
HARD = ["O'Brien", "a & b", "50% + 1", "#7", "x=y;z", "quote ''", "ü 日本", "(open", "and or", '"', "\\"]


def asked(call: str) -> dict[str, str]:
    """The parameters of a recorded call."""
    return {name: values[0] for name, values in parse_qs(urlsplit(call.partition(" ")[2]).query).items()}


def test_simple_filters_stay_parameters(c8y: CumulocityClient, calls: list[str]) -> None:
    c8y.inventory.get_all(type="c8y_Pump", owner="admin", fragment="c8y_Hardware")
    params = asked(calls[0])
    assert (params["type"], params["owner"], params["fragmentType"]) == ("c8y_Pump", "admin", "c8y_Hardware")
    assert "query" not in params
    assert params["withChildren"] == "false"


def test_whatever_needs_a_query_takes_all_filters_with_it(c8y: CumulocityClient, calls: list[str]) -> None:
    c8y.device_inventory.get_all(type="my type", name="a*", query="x eq 1 or y eq 2", order_by="name desc")
    params = asked(calls[0])
    assert params["query"] == (
        "$filter=((type eq 'my type') and (has(c8y_IsDevice)) and (x eq 1 or y eq 2) and (name eq 'a*')) "
        "$orderby=name desc"
    )
    assert not {"type", "fragmentType", "q"} & params.keys()


@pytest.mark.parametrize("name", HARD)
def test_any_name_finds_exactly_its_object(c8y: CumulocityClient, name: str) -> None:
    made = ManagedObject(c8y, name=name, type=name).create()
    ManagedObject(c8y, name="another", type="another").create()
    for found in (
        c8y.inventory.get_all(name=name),
        c8y.inventory.get_all(type=name),
        c8y.inventory.get_all(name=name, type=name),
        c8y.inventory.get_all(query=ql.eq("name", name)),
        c8y.inventory.get_all("query=$filter=" + ql.eq("name", name) + "&withParents=false"),
    ):
        assert [one.id for one in found] == [made.id]


def test_a_wildcard_ignores_case(c8y: CumulocityClient) -> None:
    ManagedObject(c8y, name="Compressor Nord 7").create()
    assert c8y.inventory.get_count(name="compressor nord*") == 1
    assert c8y.inventory.get_count(query=ql.contains("name", "NORD 7")) == 1
    assert c8y.inventory.get_count(query=ql.starts_with("name", "compressor nord")) == 1
    assert c8y.inventory.get_count(name="compressor nord 7") == 0


def test_raw_text_cannot_leave_the_devices(c8y: CumulocityClient) -> None:
    total = c8y.device_inventory.get_count()
    ManagedObject(c8y, name="no device").create()
    assert c8y.device_inventory.get_count(query="has(c8y_IsDevice) or name eq '*'") == total
    for query in ("name eq '*') or (name eq '*'", "name eq 'x", "(name eq 'x'", "$filter=a eq 1) or (b eq 2"):
        with pytest.raises(ValueError, match=r"parenthesis|quote"):
            c8y.device_inventory.where(query=query)


@pytest.mark.parametrize(
    "expression",
    ["q=$filter=name eq 'M*' $orderby=lastUpdated", "query=name eq 'M*'", "?q=$filter=(name eq 'M*')"],
)
def test_raw_expressions_are_understood(c8y: CumulocityClient, calls: list[str], expression: str) -> None:
    found = c8y.inventory.get_all(expression, limit=3)
    assert found
    assert all(str(one.name).startswith("M") for one in found)
    if "q=$" in expression:
        assert "has(c8y_IsDevice)" in asked(calls[0])["query"]


def test_wrong_queries_are_refused_in_the_tenants_words(c8y: CumulocityClient) -> None:
    with pytest.raises(Invalid, match=r"(?i)query") as caught:
        c8y.inventory.where(query="name equals 5").page()
    assert caught.value.status == 422


def test_lists_come_in_the_order_that_was_asked_for(c8y: CumulocityClient) -> None:
    def names(order: Any) -> list[tuple[str, str]]:
        return c8y.device_inventory.get_all(order_by=order, limit=None, as_values=["type", "name"])  # type: ignore[return-value]

    by_name = [name for _, name in names("name")]
    assert [name for _, name in names("name desc")] == by_name[::-1]
    both = names(["type", "name desc"])
    assert both == names("type,name desc")
    assert [kind for kind, _ in both] == sorted(kind for kind, _ in both)
    pumps = [name for kind, name in both if kind == "c8y_Pump"]
    assert pumps == [name for name in by_name[::-1] if name in pumps]


@pytest.mark.parametrize("order", ["name sideways", "name; drop", "a b c", "na'me"])
def test_a_senseless_order_is_refused(c8y: CumulocityClient, order: str) -> None:
    with pytest.raises(ValueError, match=r"sort key|field"):
        c8y.inventory.where(order_by=order)


def test_unknown_filters_are_refused_with_a_hint(c8y: CumulocityClient, calls: list[str]) -> None:
    with pytest.raises(TypeError, match="Did you mean 'fragment'"):
        c8y.inventory.where(fragmnt="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="no filter 'severity'"):
        c8y.inventory.get_all(severity="MAJOR")  # type: ignore[call-arg]
    assert calls == []


def test_the_platforms_own_names_work_too(c8y: CumulocityClient, calls: list[str]) -> None:
    c8y.inventory.get_all(fragmentType="c8y_IsDevice", withParents=True)  # type: ignore[call-arg]
    assert (asked(calls[0])["fragmentType"], asked(calls[0])["withParents"]) == ("c8y_IsDevice", "true")
    with pytest.raises(ValueError, match="given twice"):
        c8y.inventory.where(fragmentType="a", fragment="b")  # type: ignore[call-arg]


def test_groups_filters_and_members(c8y: CumulocityClient, calls: list[str]) -> None:
    root = DeviceGroup(c8y, root=True, name="root").create()
    inner = root.create_child("inner")
    device = Device(c8y, name="member", type="t").create()
    calls.clear()
    c8y.group_inventory.assign_children(str(inner.id), str(device.id))
    assert len(calls) == 1
    assert (root.type, inner.type) == ("c8y_DeviceGroup", "c8y_DeviceSubGroup")
    assert [one.id for one in c8y.device_inventory.where(group=str(inner.id))] == [device.id]
    assert [one.id for one in c8y.device_inventory.where(parent=str(inner.id), type="t")] == [device.id]
    assert [one.id for one in c8y.inventory.child_assets(str(root.id))] == [inner.id]
    roots = {one.id for one in c8y.group_inventory.where(only_roots=True, order_by="name")}
    assert root.id in roots
    assert inner.id not in roots
    assert {root.id, inner.id} <= {one.id for one in c8y.group_inventory.where()}
    read = c8y.device_inventory.get(str(device.id), with_parents=True)
    assert [one.id for one in read.parent_assets] == [inner.id]
    c8y.group_inventory.unassign_children(str(inner.id), device)
    assert c8y.inventory.child_assets(str(inner.id)).count() == 0
    c8y.group_inventory.delete_trees(str(root.id))
    assert c8y.group_inventory.get_count(name="inner") == 0
    assert c8y.device_inventory.get_count(name="member") == 1


@pytest.mark.parametrize("kind", ["device", "asset", "addition"])
def test_children_of_every_kind(c8y: CumulocityClient, kind: Any) -> None:
    parent, child = ManagedObject(c8y, name="p").create(), ManagedObject(c8y, name="c").create()
    getattr(parent, f"assign_child_{kind}")(child)
    listed = getattr(c8y.inventory, f"child_{kind}s")
    assert [one.id for one in listed(parent.id)] == [child.id]
    assert listed(parent.id, query="name eq 'zzz'").count() == 0
    assert listed(parent.id).page(1, 5).total == 1
    got = c8y.inventory.get(str(parent.id), with_children=True)
    assert [one.name for one in getattr(got, f"child_{kind}s")] == ["c"]
    getattr(parent, f"unassign_child_{kind}")(str(child.id))
    assert listed(parent.id).all() == []
    inner = c8y.inventory.create_child(str(parent.id), f"{kind}s", ManagedObject(name="inner"))  # type: ignore[arg-type]
    assert [one.id for one in listed(parent.id)] == [inner.id]


def some_ids(c8y: CumulocityClient, amount: int) -> Iterator[str]:
    return c8y.device_inventory.where().limit(amount).ids()


def test_the_same_json_to_many(c8y: CumulocityClient, later: Callable[[], None]) -> None:
    ids = list(some_ids(c8y, 12))
    c8y.inventory.update({"x_Mark": {"v": 1}}, *ids, workers=4)
    assert c8y.inventory.get_count(fragment="x_Mark") == 12
    c8y.inventory.apply_to(ManagedObject(x_Mark={"v": 2}), *ids)
    assert set(c8y.inventory.get_all(fragment="x_Mark", as_values="x_Mark.v", limit=None)) == {2}
    c8y.inventory.apply_to({"x_Mark": {"v": 3}}, *c8y.inventory.select(fragment="x_Mark", limit=None))
    assert set(c8y.inventory.get_all(fragment="x_Mark", as_values="x_Mark.v", limit=None)) == {3}
    c8y.inventory.update({"x_Mark": None}, *ids)
    later()
    assert c8y.inventory.get_count(fragment="x_Mark") == 0
    with pytest.raises(ValueError, match="nothing to write"):
        c8y.inventory.apply_to({}, *ids)


def test_a_failure_among_many_loses_nothing(c8y: CumulocityClient) -> None:
    good = list(some_ids(c8y, 6))
    with pytest.raises(BulkError) as caught:
        c8y.inventory.update({"x": 1}, *good[:3], "999999", *good[3:])
    assert [item for item, _ in caught.value.done] == good[:3]
    [(item, error)] = caught.value.failed
    assert item == "999999"
    assert isinstance(error, NotFound)
    assert caught.value.not_started == good[3:]
    assert isinstance(caught.value.__cause__, NotFound)
    with pytest.raises(NotFound):
        c8y.inventory.update({"x": 1}, "999999")


def test_ids_that_would_address_something_else_are_refused(c8y: CumulocityClient, calls: list[str]) -> None:
    for wrong in ("", ".", ".."):
        with pytest.raises(ValueError, match="path"):
            c8y.inventory.delete(wrong)
    assert calls == []
    with pytest.raises(NotFound):
        c8y.inventory.get("1/../2?x#y")
    assert calls[-1].startswith("GET /inventory/managedObjects/1%2F..%2F2%3Fx%23y?")


def test_deleting_devices_with_their_users(c8y: CumulocityClient, calls: list[str]) -> None:
    one, other = c8y.device_inventory.create(Device(name="a"), Device(name="b"))
    one.delete(with_device_user=True)
    c8y.device_inventory.delete_trees(str(other.id), with_device_user=False)
    assert calls[-2].endswith(f"/{one.id}?withDeviceUser=true")
    assert asked(calls[-1]) == {"cascade": "true", "withDeviceUser": "false"}


def test_get_by_wants_exactly_one(c8y: CumulocityClient) -> None:
    made = ManagedObject(c8y, name="unique").create()
    assert c8y.inventory.get_by(name="unique").id == made.id
    with pytest.raises(ValueError, match="No object"):
        c8y.inventory.get_by(name="missing")
    made.create()
    with pytest.raises(ValueError, match="More than one"):
        c8y.inventory.get_by(name="unique")


def test_availability_and_what_a_device_measures(c8y: CumulocityClient) -> None:
    device = c8y.device_inventory.get_all(type="c8y_Sensor", limit=1)[0]
    availability = c8y.inventory.get_latest_availability(str(device.id))
    assert availability.device_id == device.id
    assert availability.interval == availability.interval_minutes
    assert availability.last_message_datetime is not None
    assert availability.connection_status in set(availability.ConnectionStatus)
    assert all("." in one for one in device.get_supported_series())
    assert device.get_supported_measurements() == c8y.inventory.get_supported_measurements(str(device.id))
    with pytest.raises(NotFound):
        ManagedObject(c8y, name="x").create().get_latest_availability()


def test_the_user_of_a_device_can_be_locked_out(c8y: CumulocityClient) -> None:
    device = c8y.device_inventory.get_all(type="c8y_Sensor", limit=1)[0]
    user = c8y.inventory.get_device_user(str(device.id))
    assert user.username == device.get_username() == device.get_user().username
    c8y.inventory.set_device_user(str(device.id), enabled=False)
    assert not c8y.inventory.get_device_user(str(device.id)).enabled


def test_text_search_and_ids(c8y: CumulocityClient) -> None:
    made = c8y.inventory.create(ManagedObject(name="zebra one"), ManagedObject(name="zebra two"))
    assert {one.id for one in c8y.inventory.where(text="zebra")} == {one.id for one in made}
    assert [one.id for one in c8y.inventory.where(ids=[str(made[1].id)])] == [made[1].id]
    assert set(c8y.inventory.where(text="zebra").ids()) == {one.id for one in made}
    with pytest.raises(ValueError, match="does not combine"):
        c8y.inventory.where(text="zebra", name="x")


def test_rights_are_the_tenants_to_refuse(connect: Connect) -> None:
    c8y = connect("reader")
    device = c8y.device_inventory.get_all(limit=1)[0]
    device.name = "mine"
    with pytest.raises(Forbidden) as caught:
        device.update()
    assert caught.value.message
    assert device.changes() == {"name": "mine"}


@pytest.mark.parametrize("external_id", ["SN-1", "a/b", "x;y", "100%", "with blank", "ü#?", ".hidden", "a+b"])
def test_external_ids_of_any_form(c8y: CumulocityClient, external_id: str) -> None:
    device = Device(c8y, name="x").create()
    made = ExternalId(c8y, external_id=external_id, external_type="c8y_My", managed_object_id=device.id)
    made.create()
    assert c8y.identity.get_id(external_id, "c8y_My") == device.id
    assert c8y.identity.get(external_id, "c8y_My").get_object().id == device.id
    assert c8y.identity.get_object(external_id, "c8y_My").id == device.id
    [listed] = c8y.identity.get_all(str(device.id))
    assert (listed.external_id, listed.external_type) == (external_id, "c8y_My")
    with pytest.raises(Conflict):
        c8y.identity.create(
            ExternalId(
                external_id=external_id,
                external_type="c8y_My",
                managed_object_id=str(Device(c8y, name="y").create().id),
            )
        )
    listed.delete()
    with pytest.raises(KeyError):
        c8y.identity.get(external_id, "c8y_My")
