"""What is around the objects: microservices, plain sessions, any resource, conditions, and who listens."""

from __future__ import annotations

import os
import threading
from unittest import mock

import sdk
from sdk import matchers
from sdk.sandbox.server import Server
from tests.sdk.tours.guide import Guide


def apps(guide: Guide) -> None:
    with mock.patch.dict(os.environ):
        _environment(guide, guide.c8y.applications.get_by_name("weather")[0])
        credentials = sdk.BasicAuth("acme/admin", guide.sandbox.credentials["acme"]["admin"]["password"])
        headers = {"Authorization": credentials.build_auth_header()}
        with sdk.SimpleCumulocityApp(connector_factory=guide.sandbox.adapter) as single:
            assert single.get_user_instance(headers).username == "admin"
            single.clear_user_cache("admin")
        with sdk.MultiTenantCumulocityApp(connector_factory=guide.sandbox.adapter) as many:
            assert set(many.get_subscribers()) == {"acme", "globex"}
            assert many.get_user_instance(headers).username == "admin"
            assert many.get_tenant_instance("globex").tenant_id == "globex"
            many.clear_user_cache()
            many.clear_tenant_cache("globex")
            _listened(many.create_subscription_listener(startup_delay=0, polling_interval=0.01))


def _environment(guide: Guide, weather: sdk.Application) -> None:
    starter = guide.c8y.applications.get_bootstrap_user(weather)
    known = {"BASEURL": "http://acme.sandbox", "TENANT": "acme", "USER": "admin", "BOOTSTRAP_TENANT": "acme"}
    known["PASSWORD"] = guide.sandbox.credentials["acme"]["admin"]["password"]
    known |= {"BOOTSTRAP_USER": str(starter.username), "BOOTSTRAP_PASSWORD": str(starter.password)}
    os.environ.update({f"C8Y_{name}": value for name, value in known.items()})
    os.environ.pop("C8Y_TOKEN", None)


def _listened(listener: sdk.SubscriptionListener) -> None:
    added: list[str] = []
    changed = threading.Event()
    listener.on_add(added.append)
    listener.on_remove(added.remove)
    listener.on_change(lambda _: changed.set())
    listener.add_callback(lambda _: None)
    assert listener.poll() == {"acme", "globex"}
    listener.start()
    assert changed.wait(5)
    listener.stop()
    assert sorted(added) == ["acme", "globex"]


def generic(guide: Guide) -> None:
    things = sdk.ResourceClient("inventory", "managedObjects", c8y=guide.c8y)
    made = things.create(data={"name": "one"}).json()["id"]
    assert things.update(made, data={"name": "two"}).json()["name"] == "two"
    assert things.read(made).json()["name"] == "two"
    assert things.list(params={"ids": made}).json()["managedObjects"][0]["id"] == made
    assert len(things.get_all(params={"pageSize": 100})) == guide.c8y.inventory.get_count()
    # The platform knows neither of them, and says so.
    assert things.partial_update(made, data={"name": "three"}).status_code == 405
    assert things.head(pk=made).status_code in {200, 405}
    assert things.delete(made).status_code == 204


def matching(guide: Guide) -> None:
    alarm = {"text": "hot", "description": "d", "c8y_Command": {"text": "t"}}
    for one in (
        sdk.AllMatcher(),
        sdk.AnyMatcher(sdk.FragmentMatcher("text")),
        sdk.CommandMatcher("t"),
        sdk.DescriptionMatcher("d"),
        sdk.FieldMatcher("text", "h*"),
        sdk.FragmentMatcher("text"),
        sdk.JmesPathMatcher("text"),
        sdk.JsonPathMatcher("$.text"),
        sdk.NotMatcher(sdk.FragmentMatcher("x")),
        sdk.PydfMatcher("text == hot"),
        sdk.TextMatcher("hot"),
    ):
        assert one.matches(alarm)
        assert one.safe_matches(alarm)
    short = [matchers.text("hot"), matchers.pydf("text == hot"), matchers.jsonpath("$.text")]
    assert matchers.match_all(*short).safe_matches(alarm)


def tokens(guide: Guide) -> None:
    password = guide.sandbox.credentials["acme"]["admin"]["password"]
    auth, _ = sdk.CumulocityClient.authenticate(
        "http://acme.sandbox", "acme", "admin", password, connector_factory=guide.sandbox.adapter
    )
    token = sdk.JWT(auth.token)
    assert (token.username, token.tenant_id, token.get_claim("sub")) == ("admin", "acme", "admin")
    assert token.is_valid(60)
    assert token.get_valid_seconds() > 60
    known = ("http://acme.sandbox", "acme", "admin", password)
    plain = sdk.CumulocityRestClient.get_token(*known, connector_factory=guide.sandbox.adapter)
    assert guide.connect(auth=plain).users.get_current().username == "admin"
    c8y = guide.connect(auth=auth)
    c8y.users.logout()
    guide.c8y.users.logout_all()


def listening(guide: Guide) -> None:
    polled(guide)
    notified(guide)


def polled(guide: Guide) -> None:
    changes = threading.Event()
    with sdk.Realtime(guide.c8y, "/managedobjects/*") as realtime:
        realtime.start(lambda _: changes.set())
        while not changes.wait(0.05):
            guide.device()
        realtime.stop()


def notified(guide: Guide) -> None:
    sdk.Subscription(guide.c8y, name="tour", context="tenant", api_filter=["events"]).create()
    password = guide.sandbox.credentials["acme"]["admin"]["password"]
    with Server(guide.sandbox).start() as server:
        live = sdk.CumulocityClient(server.base_url, "acme", sdk.BasicAuth("acme/admin", password))
        source = str(guide.device().id)
        event = sdk.Event(live, type="t", source=source, text="hot", time="now")
        with sdk.Listener(live, "tour", "one") as listener:
            heard: list[str] = []
            listener.start(lambda message: (heard.append(message.json["text"]), listener.stop()))
            while not listener.wait(0.1):
                event.create()
            assert heard[0] == "hot"
            listener.unsubscribe()
        with sdk.QueueListener(live, "tour", "two") as queue:
            queue.start()
            while (message := queue.get(0.1)) is None:
                event.create()
            assert message.ack()
            queue.unsubscribe()
        live.close()
