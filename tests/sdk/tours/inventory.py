"""The REST layer, the inventory, external ids and files."""

from __future__ import annotations

import io

import pytest

import sdk
from sdk.rest.media_types import vendor
from tests.sdk.tours.guide import Guide
from tests.sdk.tours.people import joining


def rest(guide: Guide) -> None:
    password = guide.sandbox.credentials["acme"]["admin"]["password"]
    door = {"connector_factory": guide.sandbox.adapter}
    auth, _ = sdk.CumulocityRestClient.authenticate("http://acme.sandbox", "acme", "admin", password, **door)
    assert auth.username == "admin"
    basic = sdk.BasicAuth("admin", password)
    assert sdk.BasicAuth.parse(basic.build_auth_header()).get_username() == "admin"
    assert sdk.BearerAuth.parse("Bearer a.b.c").token == sdk.BearerAuth("a.b.c").token
    client = sdk.CumulocityRestClient("http://acme.sandbox", "acme", basic, **door)
    place = "/inventory/managedObjects"
    kind = {"content_type": vendor("managedobject")}
    made = client.post(place, json={"name": "x"}, **kind)
    own = f"{place}/{made['id']}"
    assert client.put(own, json={"name": "y"}, **kind)["name"] == "y"
    assert client.get(own)["name"] == client.request("GET", own)["name"] == "y"
    client.delete(own)
    file = client.post_file("/inventory/binaries", io.BytesIO(b"one"), form_data={"object": {"name": "f"}})
    binary = f"/inventory/binaries/{file['id']}"
    client.put_file(binary, io.BytesIO(b"two"))
    assert client.get_file(binary) == b"two"
    with client.stream_file(binary, start=1) as download:
        assert b"".join(download) == b"wo"
    protocol(client, own)
    assert sdk.CumulocityRestClient.get_login_options("http://acme.sandbox", **door)
    client.close()


def protocol(client: sdk.CumulocityRestClient, own: str) -> None:
    assert "Content-Type" in client.head("/platform")
    for verb in (client.options, client.patch):
        with pytest.raises(sdk.Invalid):
            verb(own)  # the platform knows neither
    assert client.expand(client.get_root()["alarm"]["alarmsForSource"], source="1").endswith("source=1")
    client.processing("TRANSIENT").in_units("metric").send("GET", "/platform")
    assert client.read("/platform").startswith(b"{")
    for api in ("alarm", "application", "audit", "devicecontrol", "event", "identity", "inventory"):
        assert client.get_root(api)
    for api in ("measurement", "notification2", "tenant", "user"):
        assert client.get_root(api)


def inventory(guide: Guide) -> None:
    devices(guide)
    joining(guide)
    groups(guide)
    objects(guide)
    things(guide)


def things(guide: Guide) -> None:
    every = guide.c8y.inventory
    one, two = every.create(sdk.ManagedObject(name="one"), sdk.ManagedObject(name="two"))
    a, b = str(one.id), str(two.id)
    every.update({"x": 1}, a, b)
    every.apply_to({"y": 2}, a)
    assert every.get(a).to_json().items() >= {"name": "one", "x": 1, "y": 2}.items()
    assert every.get_by(name="two").id == b
    assert (
        [found.id for found in every.select(ids=[a])] == [found.id for found in every.get_all(ids=[a])] == [a]
    )
    assert every.get_count(name="one") == 1
    for kind in ("assets", "devices", "additions"):
        getattr(every, f"assign_child_{kind}")(a, b)
        assert [found.id for found in getattr(every, f"child_{kind}")(a)] == [b]
        getattr(every, f"unassign_child_{kind}")(a, b)
    bundle = every.create_bulk(sdk.ManagedObject(name="x"), sdk.ManagedObject(name="y"))
    bundle[0].name = "z"
    every.update_bulk(*bundle)
    for kind in ("assets", "devices", "additions"):
        getattr(every, f"assign_child_{kind}")(a, *bundle)
        assert every.get_child(a, kind, str(bundle[0].id)).name == "z"
        if kind != "assets":
            getattr(every, f"unassign_child_{kind}")(a, *bundle)
    assert every.to_dataframe(["name"], ids=[a])["name"].tolist() == ["one"]
    assert len(every.get_children(a, "assets")) == len(list(every.select_children(a, "assets"))) == 2
    assert every.create_child(a, "additions", sdk.ManagedObject(name="three")).name == "three"
    every.unassign_child_assets(a, *bundle)
    every.delete(one, b, workers=2)
    looked_after(guide)


def looked_after(guide: Guide) -> None:
    every = guide.c8y.inventory
    known = next(iter(guide.c8y.device_inventory.where(fragment="c8y_RequiredAvailability")))
    assert every.get_latest_availability(str(known.id)).device_id == known.id
    assert every.get_supported_measurements(str(known.id)) is not None
    assert every.get_supported_series(str(known.id)) is not None
    every.set_device_user(str(known.id), enabled=True)
    assert every.get_device_user(str(known.id)).enabled


def devices(guide: Guide) -> None:
    all_devices = guide.c8y.device_inventory
    one, two, three, four = all_devices.create(*(sdk.Device(name=f"d{at}") for at in range(4)))
    one["x"] = 1
    all_devices.update(one)
    assert all_devices.get(str(one.id))["x"] == 1
    found = all_devices.get_all(name="d0")
    assert [each.id for each in found] == [each.id for each in all_devices.select(name="d0")] == [one.id]
    assert all_devices.get_count(name="d*") >= 4
    all_devices.delete(one, with_device_user=True)
    all_devices.delete_trees(str(two.id))
    three.delete(with_device_user=False)
    four.delete_tree()
    known = next(each for each in all_devices.where() if str(each.owner).startswith("device_"))
    assert known.get_user().username == known.get_username() == known.owner


def groups(guide: Guide) -> None:
    every = guide.c8y.group_inventory
    [root] = every.create(sdk.DeviceGroup(guide.c8y, root=True, name="root"))
    child = root.create_child("child")
    other = sdk.DeviceGroup(guide.c8y, name="other").create()
    root.assign_child_group(other)
    root.unassign_child_group(other)
    device = str(guide.device().id)
    every.assign_children(str(child.id), device)
    assert [one.id for one in guide.c8y.inventory.child_assets(str(child.id))] == [device]
    every.unassign_children(str(child.id), device)
    root.name = "renamed"
    root.update()
    assert every.get(str(root.id)).name == "renamed"
    assert [one.id for one in every.get_all(only_roots=True, name="renamed")] == [root.id]
    assert [one.id for one in every.select(name="renamed")] == [root.id]
    assert every.get_count(name="renamed") == 1
    other.delete()
    every.delete(child)
    root.delete_tree()
    [last] = every.create(sdk.DeviceGroup(root=True, name="last"))
    every.delete_trees(last)


def objects(guide: Guide) -> None:
    c8y = guide.c8y
    parent = sdk.ManagedObject(c8y, type="t", name="parent", a={"b": 1}).create()
    child = sdk.ManagedObject(c8y, name="child").create()
    documents(parent)
    for kind in ("addition", "asset", "device"):
        getattr(parent, f"assign_child_{kind}")(child)
        getattr(parent, f"unassign_child_{kind}")(child)
        getattr(parent, f"add_child_{kind}")(str(child.id))
    assert parent.apply({"h": 7})["h"] == 7
    assert parent.apply_to(str(child.id))["h"] == 7
    known = next(iter(c8y.device_inventory.where(fragment="c8y_RequiredAvailability")))
    thing = c8y.inventory.get(str(known.id))
    assert thing.get_latest_availability().connection_status in {*sdk.Availability.ConnectionStatus}
    assert len(thing.get_supported_series()) >= len(thing.get_supported_measurements())
    child.delete()
    parent.delete_tree()


def documents(parent: sdk.ManagedObject) -> None:
    parent["a"]["b"] = 2
    parent["a.c"] = 3
    parent.set("d.e", 4)
    parent += {"f": 5, "g": 6}
    del parent["g"]
    parent.update()
    read = sdk.ManagedObject.from_json(parent.reload().to_json())
    assert (read["a.b"], read["a"]["c"], read.get("d.e"), read.get("x.y", 0), read["f"]) == (2, 3, 4, 0, 5)
    assert read.has("a.b")
    assert "g" not in read
    assert set(read) == set(read.keys()) == dict(read.items()).keys()
    assert len(read) == len(read.keys())
    assert read.as_tuple("name", ("x", 1)) == ("parent", 1)
    assert read.as_record(b="a.b", x=("x", 1)) == {"b": 2, "x": 1}


def identity(guide: Guide) -> None:
    device = str(guide.device().id)
    ids = guide.c8y.identity
    known = {"external_type": "c8y_Serial", "managed_object_id": device}
    ids.create(sdk.ExternalId(external_id="a/b", **known))
    other = sdk.ExternalId(guide.c8y, external_id="c", **known).create()
    assert ids.get("a/b").managed_object_id == ids.get_id("c") == device
    assert ids.get_object("c").id == other.get_object().id == device
    assert len(ids.get_all(device)) == len(ids.search(("a/b", "c8y_Serial"), ("c", "c8y_Serial"))) == 2
    other.delete()
    ids.delete(ids.get("a/b"))
    assert ids.get_all(device) == []


def binaries(guide: Guide) -> None:
    every = guide.c8y.binaries
    [one] = every.create(sdk.Binary(name="one", type="text/plain", file=io.BytesIO(b"1")))
    two = sdk.Binary(guide.c8y, name="two", type="text/plain", file=io.BytesIO(b"22")).create()
    three = every.upload(io.BytesIO(b"333"), "three", "text/plain")
    assert every.get_count(type="text/plain") == len(every.get_all(type="text/plain")) == 3
    assert {found.id for found in every.select(type="text/plain")} == {one.id, two.id, three.id}
    every.update(str(one.id), io.BytesIO(b"new"))
    two.file = io.BytesIO(b"newer")
    two.update()
    assert (one.reload().read_file(), every.read_file(str(two.id))) == (b"new", b"newer")
    assert sdk.Binary.from_json(every.get(str(one.id)).to_json()).name == "one"
    kept = io.BytesIO()
    assert every.download(str(two.id), kept) == 5
    with every.stream(str(two.id)) as download:
        assert b"".join(download) == kept.getvalue()
    one.delete()
    every.delete(two, str(three.id))
    assert every.get_count(type="text/plain") == 0
