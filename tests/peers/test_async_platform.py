"""pyc8y and the platform: applications, and notifications over a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from pyc8y.auth import BasicAuth
from pyc8y.client import CumulocityClient
from pyc8y.model import Alarm, Application, Device, Event, Subscription
from pyc8y.notification2.listener import Listener, Message, QueueListener
from pyc8y.rest import AccessDeniedError

from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from tests.peers.running import Running, archive, asynchronous

MOST_SECONDS = 10


@asynchronous
async def test_an_application_is_created_changed_uploaded_and_deleted(
    c8y: CumulocityClient, label: str
) -> None:
    made = await Application(
        c8y, name=label, key=f"{label}-key", type="MICROSERVICE", context_path=label
    ).create()
    assert made.owner == "acme"
    made["description"] = "Counts"
    await made.update()
    assert (await c8y.applications.get(made.id))["description"] == "Counts"
    assert [found.id for found in await c8y.applications.get_all(name=label)] == [made.id]
    await c8y.applications.upload_attachment(made.id, archive())
    await made.delete()
    with pytest.raises(KeyError):
        await c8y.applications.get(made.id)


@asynchronous
async def test_a_microservice_learns_who_it_is_and_who_subscribed_to_it(
    c8y: CumulocityClient, server: Running, label: str
) -> None:
    made = await Application(
        c8y,
        name=label,
        key=f"{label}-key",
        type="MICROSERVICE",
        context_path=label,
        required_roles=["ROLE_INVENTORY_READ"],
    ).create()
    reference = {"application": {"self": made.json["self"]}}
    await c8y.post("/tenant/tenants/acme/applications", json=reference)
    user = await c8y.get(f"/application/applications/{made.id}/bootstrapUser")
    own = BasicAuth(f"{user['tenant']}/{user['name']}", user["password"])
    async with CumulocityClient(server.base_url, user["tenant"], own) as bootstrap:
        assert (await bootstrap.applications.get_current()).id == made.id
        (subscription,) = await bootstrap.applications.get_current_subscriptions()
    service = BasicAuth(f"{subscription.tenant_id}/{subscription.username}", subscription.password)
    async with CumulocityClient(server.base_url, subscription.tenant_id, service) as serving:
        assert await serving.device_inventory.get_count() >= 60
        with pytest.raises(AccessDeniedError):
            await Device(serving, name=label).create()


def listener(c8y: CumulocityClient, name: str) -> QueueListener:
    return QueueListener(c8y, subscription_name=name, subscriber_name=name, auto_unsubscribe=False)


async def heard(queue: QueueListener) -> str:
    """The text of the next notification."""
    message = await asyncio.wait_for(queue.queue.get(), MOST_SECONDS)
    return str(message.json["text"])


async def ended(queue: QueueListener) -> None:
    queue.stop()
    await queue.wait(MOST_SECONDS)


@asynchronous
async def test_a_consumer_that_was_away_hears_what_it_missed(c8y: CumulocityClient, label: str) -> None:
    name = label.replace("_", "")
    device = await Device(c8y, name=label).create()
    other = await Device(c8y, name=label).create()
    subscription = Subscription(
        c8y, name=name, context="mo", source_id=device.id, api_filter=["events", "alarms"]
    )
    await subscription.create()
    assert [found.name for found in await c8y.subscriptions.get_all(source=device.id)] == [name]
    first = listener(c8y, name)
    first.start()
    await asyncio.wait_for(first.listener._is_connected.wait(), MOST_SECONDS)
    for source, text in ((other.id, "elsewhere"), (device.id, "one"), (device.id, "two")):
        await Event(c8y, type=label, text=text, source=source, time="now").create()
    assert [await heard(first) for _ in range(2)] == ["one", "two"]
    await ended(first)
    await Alarm(c8y, type=label, text="three", severity="MAJOR", source=device.id, time="now").create()
    second = listener(c8y, name)
    second.start()
    while (text := await heard(second)) != "three":
        assert text in ("one", "two")  # who stops at once may not have acknowledged them
    await ended(second)
    await second.listener.unsubscribe()
    await c8y.subscriptions.delete_by(context="mo", source=device.id)
    assert await c8y.subscriptions.get_all(source=device.id) == []


@pytest.fixture
def own(sandbox: Sandbox) -> Iterator[CumulocityClient]:
    """A client of a server whose connections the test can cut."""
    with Server(sandbox).start() as server:
        auth = BasicAuth("acme/admin", sandbox.tenant("acme").passwords["admin"])
        yield CumulocityClient(server.base_url, "acme", auth)


@asynchronous
async def test_a_consumer_that_is_cut_off_hears_again_what_it_did_not_acknowledge(
    own: CumulocityClient, sandbox: Sandbox
) -> None:
    topics = sandbox.tenant("acme").topics
    device = await Device(own, name="Pump").create()
    await Subscription(own, name="cut", context="mo", source_id=device.id, api_filter=["events"]).create()
    listening = Listener(own, "cut", auto_ack=False, auto_unsubscribe=False)
    heard: asyncio.Queue[Message] = asyncio.Queue()
    listening.start(heard.put)
    await asyncio.wait_for(listening._is_connected.wait(), MOST_SECONDS)
    for text in ("one", "two"):
        await Event(own, type="t", text=text, source=device.id, time="now").create()
    first, second = [await asyncio.wait_for(heard.get(), MOST_SECONDS) for _ in range(2)]
    await first.ack()
    await acknowledged(topics.kept, 1)
    topics.cut()
    await Event(own, type="t", text="three", source=device.id, time="now").create()
    again = [await asyncio.wait_for(heard.get(), MOST_SECONDS) for _ in range(2)]
    assert [message.json["text"] for message in again] == ["two", "three"]
    assert again[0].id != second.id
    for message in again:
        await message.ack()
    await acknowledged(topics.kept, 0)
    listening.stop()
    await listening.wait(MOST_SECONDS)
    await listening.unsubscribe()


async def acknowledged(kept: Callable[[], int], left: int) -> None:
    """Wait until so many notifications are left to be acknowledged."""
    async with asyncio.timeout(MOST_SECONDS):
        while kept() != left:
            await asyncio.sleep(0.01)
