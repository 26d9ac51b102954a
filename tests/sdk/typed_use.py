"""How the SDK looks to those who use it with a type checker; read by mypy and pyright, and never run.

What is right has the type it says. What is wrong is marked, and both checkers complain about a mark that is
not needed: so a mistake that one of them lets through is found.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_type

from sdk import (
    Alarm,
    AlarmSeverity,
    CumulocityClient,
    Device,
    DeviceRegistryClient,
    Event,
    ManagedObject,
    MultiTenantCumulocityApp,
    Operation,
    OperationStatusChange,
    Page,
    Query,
    QueueListener,
    Series,
    SimpleCumulocityApp,
    Tenant,
    User,
    UserGroup,
    bulk,
    get_client,
)


def lists(c8y: CumulocityClient) -> None:
    assert_type(c8y.alarms.where(source="1"), Query[Alarm])
    assert_type(c8y.alarms.get_all("severity=MAJOR", limit=None, workers=4), list[Alarm])
    assert_type(c8y.alarms.select(max_age="1d"), Iterator[Alarm])
    assert_type(c8y.alarms.get_count(source="1"), int)
    assert_type(c8y.operations.get_last(device_id="1"), Operation | None)
    assert_type(c8y.users.where().page(1, 50), Page[User])
    assert_type(list(c8y.device_inventory.where(name="x", order_by="name")), list[Device])
    assert_type(c8y.device_inventory.where(name="x").values("id", ("name", "-")), Iterator[tuple[Any, ...]])
    assert_type(c8y.inventory.get_children("1", "assets", limit=None), list[ManagedObject])
    c8y.events.to_dataframe(["id", ("model", "c8y_Hardware.model")], source="1")


def objects(c8y: CumulocityClient) -> None:
    assert_type(c8y.inventory.get("1", with_parents=True).name, str | None)
    assert_type(c8y.alarms.get("1").severity, AlarmSeverity | str | None)
    assert_type(c8y.alarms.get("1").creation_datetime, datetime | None)
    assert_type(c8y.device_inventory.create(Device(name="x")), list[Device])
    assert_type(Device(c8y, name="x").create(), Device)
    assert_type(Event(c8y).update(copy=True), Event)
    assert_type(c8y.operations.get("1").get_status_changes(), list[OperationStatusChange])
    assert_type(c8y.measurements.get_series(source="1", series="c8y_T.T"), Series)
    assert_type(c8y.users.get("jdoe").retrieve_global_roles(), list[UserGroup])
    assert_type([done.result for done in bulk(c8y.inventory.get, ["1"])], list[ManagedObject | None])
    c8y.alarms.apply_by({"status": "CLEARED"}, source="1")


def clients() -> None:
    assert_type(get_client(interactive=False, timeout=(1, 2), deadline=None), CumulocityClient)
    SimpleCumulocityApp(cache_size=3, stock_adapter=True)
    MultiTenantCumulocityApp(retry=None).get_subscribers()
    DeviceRegistryClient.default(deadline=5)


def misspelt_filters(c8y: CumulocityClient) -> None:
    c8y.alarms.where(sevrity="MAJOR")  # type: ignore[call-arg]
    c8y.alarms.get_all(sevrity="MAJOR")  # type: ignore[call-arg]
    c8y.alarms.select(sevrity="MAJOR")  # type: ignore[call-arg]
    c8y.alarms.get_count(limit=5)  # type: ignore[call-arg]
    c8y.alarms.get_last(sevrity="MAJOR")  # type: ignore[call-arg]
    c8y.alarms.apply_by({"status": "CLEARED"}, type="x")  # type: ignore[call-arg]
    c8y.alarms.delete_by(text="x")  # type: ignore[call-arg]
    c8y.events.delete_by(updated_after="now")  # type: ignore[call-arg]
    c8y.measurements.get_series(source="1", aggregate="x")  # type: ignore[call-arg]
    c8y.measurements.export("x.csv", frgment="x")  # type: ignore[call-arg]
    c8y.inventory.get("1", severity="x")  # type: ignore[call-arg]
    c8y.device_inventory.to_dataframe(["id"], nmae="x")  # type: ignore[call-arg]
    c8y.audit_records.get_all_for("1", usr="x")  # type: ignore[call-arg]


def misspelt_options(c8y: CumulocityClient) -> None:
    CumulocityClient("https://x", "t1", None, tiemout=(1, 2))  # type: ignore[call-arg]
    get_client(interactive=False, tiemout=(1, 2))  # type: ignore[call-arg]
    SimpleCumulocityApp(tiemout=(1, 2))  # type: ignore[call-arg]
    MultiTenantCumulocityApp(conector_factory=None)  # type: ignore[call-arg]
    DeviceRegistryClient.default(dedline=5)  # type: ignore[call-arg]
    QueueListener(c8y, "s", "me", expire=5)  # type: ignore[call-arg]


def wrong_values(c8y: CumulocityClient) -> None:
    c8y.alarms.get_all(limit="x")  # type: ignore[arg-type]
    c8y.device_inventory.create(Alarm())  # type: ignore[arg-type]
    Alarm().severity = 5  # type: ignore[assignment]
    c8y.tenants.set_tfa("MAIL")  # type: ignore[arg-type]
    get_client(timeout=5)  # type: ignore[arg-type]
    c8y.in_units("british")  # type: ignore[arg-type]
    assert_type(Tenant().company, int)  # type: ignore[assert-type]
