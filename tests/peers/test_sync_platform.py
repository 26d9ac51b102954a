"""c8y_api and the platform: applications, and notifications over a WebSocket."""

from __future__ import annotations

from io import BytesIO
from queue import Queue

import pytest
from c8y_api import CumulocityApi
from c8y_api.model import Application, Device, Event, Subscription
from c8y_tk.notification2 import Listener

from tests.peers.running import archive
from tests.processes import eventually


def test_an_application_is_created_changed_found_and_deleted(sync_c8y: CumulocityApi, label: str) -> None:
    made = Application(sync_c8y, name=label, key=f"{label}-key", type=Application.EXTERNAL_TYPE).create()
    assert made.owner == "acme"
    made.availability = "MARKET"
    assert made.update().availability == "MARKET"
    assert [found.id for found in sync_c8y.applications.get_all(name=label)] == [made.id]
    sync_c8y.applications.delete(made.id)
    with pytest.raises(KeyError):
        sync_c8y.applications.get(made.id)


def test_a_microservice_takes_its_archive(sync_c8y: CumulocityApi, label: str) -> None:
    service = {"name": label, "key": f"{label}-key", "type": "MICROSERVICE", "contextPath": label}
    made = sync_c8y.post("/application/applications", service)
    sync_c8y.applications.upload_attachment(made["id"], archive())
    with pytest.raises(ValueError, match=r"Status: 4\d\d"):
        sync_c8y.applications.upload_attachment(made["id"], BytesIO(b"no archive"))


def test_a_listener_hears_acknowledges_and_leaves(sync_c8y: CumulocityApi, label: str) -> None:
    name = label.replace("_", "")
    device = Device(sync_c8y, name=label).create()
    Subscription(
        sync_c8y, name=name, context="mo", source_id=device.id, api_filter=[Subscription.ApiFilter.EVENTS]
    ).create()
    heard: Queue[str] = Queue()
    listener = Listener(sync_c8y, subscription_name=name, subscriber_name=name)
    listener.start(lambda message: heard.put(message.json["text"]))
    eventually(lambda: connected(listener))
    for text in ("one", "two"):
        Event(sync_c8y, type=label, text=text, source=device.id, time="now").create()
    assert [heard.get(timeout=10) for _ in range(2)] == ["one", "two"]
    listener.stop()
    listener.wait(10)
    sync_c8y.notification2_subscriptions.delete_by(context="mo", source=device.id)
    assert sync_c8y.notification2_subscriptions.get_all(source=device.id) == []


def connected(listener: Listener) -> bool:
    return listener._listener._is_connected.is_set()
