"""The consumer of Notification 2.0: it comes back, with fresh tokens, and loses nothing."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from sdk import (
    Alarm,
    BasicAuth,
    Connector,
    CumulocityClient,
    Forbidden,
    Invalid,
    Listener,
    Message,
    QueueListener,
    Subscription,
    Unauthorized,
    Unreachable,
)
from sdk.rest import websocket
from sdk.sandbox import Sandbox
from sdk.sandbox.server import Server
from tests.sdk.conftest import QUICK

SOON = (0.01, 0.05)


@contextmanager
def scripted(
    handler: Callable[[ServerConnection], None], sandbox: Sandbox, process: Any = None
) -> Iterator[CumulocityClient]:
    """A client whose REST calls reach the sandbox, and whose WebSockets a server that does what we say."""
    with serve(handler, "127.0.0.1", 0, process_request=process) as sockets:
        thread = threading.Thread(target=sockets.serve_forever)
        thread.start()
        auth = BasicAuth("acme/admin", sandbox.credentials["acme"]["admin"]["password"])
        port = sockets.socket.getsockname()[1]
        c8y = CumulocityClient(
            f"http://127.0.0.1:{port}", "acme", auth, connector_factory=sandbox.adapter, retry=QUICK
        )
        Subscription(c8y, name="alarms", context="tenant").create()
        yield c8y
        sockets.shutdown()
        thread.join()


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[Server]:
    with Server(sandbox).start() as found:
        yield found


@pytest.fixture
def live(server: Server, sandbox: Sandbox) -> Iterator[CumulocityClient]:
    """The administrator of acme over a real connection, with a subscription to its alarms."""
    auth = BasicAuth("acme/admin", sandbox.credentials["acme"]["admin"]["password"])
    with CumulocityClient(server.base_url, "acme", auth, retry=QUICK) as c8y:
        Subscription(c8y, name="alarms", context="tenant", api_filter=["alarms"]).create()
        yield c8y


def raise_alarm(c8y: CumulocityClient, text: str) -> None:
    source = c8y.device_inventory.get_all(limit=1, as_values="id")[0]
    Alarm(c8y, type=f"x_{text}", source=source, text=text, severity="MAJOR", time="now").create()


class Heard:
    """Keeps what a listener hears; ``texts(n)`` waits until there are so many."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._news = threading.Condition()

    def __call__(self, message: Message) -> None:
        with self._news:
            self._seen.append(message.json["text"])
            self._news.notify_all()

    def texts(self, amount: int) -> list[str]:
        with self._news:
            assert self._news.wait_for(lambda: len(self._seen) >= amount, 10), self._seen
            return list(self._seen)


def connected(sandbox: Sandbox, amount: int = 1) -> None:
    """Wait until so many consumers are there."""
    until = time.monotonic() + 5
    topics = sandbox.tenants["acme"].topics
    while time.monotonic() < until:
        found = [len(one.consumers) for all_ in topics._subscribers.values() for one in all_.values()]
        if sum(found) == amount:
            return
        time.sleep(0.01)
    raise AssertionError("No consumer came.")


def test_what_happens_is_heard_in_order_and_acknowledged(live: CumulocityClient, sandbox: Sandbox) -> None:
    heard = Heard()
    with Listener(live, "alarms", "me", pause=SOON) as listener:
        listener.start(heard)
        connected(sandbox)
        for number in range(5):
            raise_alarm(live, str(number))
        assert heard.texts(5) == ["0", "1", "2", "3", "4"]
        until = time.monotonic() + 5
        while sandbox.tenants["acme"].topics.kept() and time.monotonic() < until:
            time.sleep(0.01)
    assert sandbox.tenants["acme"].topics.kept() == 0


def test_a_broken_connection_is_opened_again_and_nothing_is_lost(
    live: CumulocityClient, sandbox: Sandbox
) -> None:
    heard = Heard()
    with Listener(live, "alarms", "me", pause=SOON) as listener:
        listener.start(heard)
        connected(sandbox)
        raise_alarm(live, "before")
        heard.texts(1)
        sandbox.tenants["acme"].topics.cut()
        raise_alarm(live, "between")
        raise_alarm(live, "after")
        assert heard.texts(3)[-2:] == ["between", "after"]


def test_a_message_whose_handler_fails_comes_again(live: CumulocityClient, sandbox: Sandbox) -> None:
    heard = Heard()
    with Listener(live, "alarms", "me", pause=SOON) as listener:
        listener.start(lambda message: 1 / 0)
        connected(sandbox)
        raise_alarm(live, "first")
        with pytest.raises(ZeroDivisionError):
            listener.wait(10)
    with Listener(live, "alarms", "me", pause=SOON) as listener:
        listener.start(heard)
        assert heard.texts(1) == ["first"]


def test_a_listener_is_a_loop_too_and_stops_where_it_is_told(
    live: CumulocityClient, sandbox: Sandbox
) -> None:
    def tell() -> None:
        connected(sandbox)
        for text in ("a", "b", "c"):
            raise_alarm(live, text)

    teller = threading.Thread(target=tell)
    teller.start()
    texts = []
    listener = Listener(live, "alarms", "me", pause=SOON)
    for message in listener:
        texts.append(message.json["text"])
        assert (message.action, message.api) == ("CREATE", "alarms")
        assert "acknowledged" not in repr(message)
        if len(texts) == 2:
            listener.stop()
    teller.join()
    assert texts == ["a", "b"]


def test_a_second_listener_waits_until_the_first_is_gone(live: CumulocityClient, sandbox: Sandbox) -> None:
    first, second = Heard(), Heard()
    one, two = (Listener(live, "alarms", "me", pause=SOON) for _ in range(2))
    one.start(first)
    connected(sandbox)
    two.start(second)
    time.sleep(0.2)
    raise_alarm(live, "x")
    first.texts(1)
    one.close()
    raise_alarm(live, "y")
    assert second.texts(1)[-1] == "y"
    two.close()


def test_listeners_share_a_subscriber(live: CumulocityClient, sandbox: Sandbox) -> None:
    heard = Heard()
    listeners = [Listener(live, "alarms", "all", shared=True, pause=SOON).start(heard) for _ in range(2)]
    connected(sandbox, 2)
    devices = live.device_inventory.get_all(limit=10, as_values="id")
    for device in devices:
        Alarm(live, type="x_", source=device, text=device, severity="MAJOR", time="now").create()
    # Devices in maintenance raise no alarms.
    raised = live.alarms.get_all(type="x_", as_values="text", limit=None)
    assert len(raised) > 5
    assert sorted(heard.texts(len(raised))) == sorted(raised)
    for listener in listeners:
        listener.close()


def test_messages_wait_in_a_queue_until_they_are_taken_and_acknowledged(
    live: CumulocityClient, sandbox: Sandbox
) -> None:
    topics = sandbox.tenants["acme"].topics
    with QueueListener(live, "alarms", "me", size=1, pause=SOON) as listener:
        listener.start()
        connected(sandbox)
        for text in ("a", "b", "c"):
            raise_alarm(live, text)
        taken = [listener.get(5) for _ in range(3)]
        assert [one and one.json["text"] for one in taken] == ["a", "b", "c"]
        assert topics.kept() == 3
        assert taken[0] is not None
        assert taken[0].ack()
        assert listener.get(0.01) is None
    with QueueListener(live, "alarms", "me", pause=SOON) as listener:
        listener.start()
        again = [listener.get(5) for _ in range(2)]
        assert [one and one.json["text"] for one in again] == ["b", "c"]


def test_closing_unsubscribes_where_that_was_asked_for(live: CumulocityClient, sandbox: Sandbox) -> None:
    subscribers = sandbox.tenants["acme"].topics._subscribers
    for asked in (False, True):
        with Listener(live, "alarms", "me", unsubscribe_on_close=asked, pause=SOON) as listener:
            listener.start(lambda message: None)
            connected(sandbox)
        assert any("me" in found for found in subscribers.values()) is not asked


def test_who_may_not_listen_is_told(server: Server, sandbox: Sandbox, live: CumulocityClient) -> None:
    auth = BasicAuth("acme/reader", sandbox.credentials["acme"]["reader"]["password"])
    with CumulocityClient(server.base_url, "acme", auth, retry=QUICK) as reader:
        listener = Listener(reader, "alarms", "me", pause=SOON)
        with pytest.raises(Forbidden):
            listener.listen(lambda message: None)


@pytest.mark.parametrize("reason", ["401 Unauthorized", "Token expired: 401"])
def test_a_stale_token_is_never_used_again(sandbox: Sandbox, reason: str) -> None:
    paths: list[str] = []

    def close(connection: ServerConnection) -> None:
        assert connection.request is not None
        paths.append(connection.request.path)
        connection.close(1002, reason)

    with scripted(close, sandbox) as c8y, pytest.raises(Unauthorized):
        Listener(c8y, "alarms", "me", pause=SOON).listen(lambda message: None)
    assert len(paths) == 3
    assert len(set(paths)) == 3


def test_only_a_line_feed_splits_a_message(sandbox: Sandbox) -> None:
    body = '{"text": "one\u2028two\\r\\nthree\x85four"}'
    acknowledged: list[Any] = []

    def send(connection: ServerConnection) -> None:
        connection.send(f"AAE=\n/acme/alarms/17\nUPDATE\nx-more: 1\n\n{body}\n\n")
        acknowledged.append(connection.recv())
        connection.close()

    with scripted(send, sandbox) as c8y:
        for message in Listener(c8y, "alarms", "me", pause=SOON):
            if acknowledged:
                break
            assert (message.id, message.source, message.action) == ("AAE=", "17", "UPDATE")
            assert message.json == {"text": "one\u2028two\r\nthree\x85four"}
    assert acknowledged[0] == "AAE="


def test_an_acknowledgement_belongs_to_its_connection() -> None:
    message = Message("id\n/t/alarms/1\nCREATE\n\n{}")
    assert not message.ack()
    assert Message("").json == {}
    assert (Message("x").action, Message("x").source) == ("", "")


def test_redirects_are_not_followed(sandbox: Sandbox) -> None:
    def redirect(connection: ServerConnection, request: Request) -> Response:
        answer = connection.respond(302, "")
        answer.headers["Location"] = "ws://127.0.0.1:1/"
        return answer

    with scripted(lambda connection: None, sandbox, redirect) as c8y, pytest.raises(Invalid) as caught:
        Listener(c8y, "alarms", "me", pause=SOON).listen(lambda message: None)
    assert caught.value.status == 302
    assert "token" not in str(caught.value)


def test_an_address_that_may_not_be_called_is_not_called(live: CumulocityClient) -> None:
    connector = Connector(address_check=lambda address: False)
    client = CumulocityClient(live.base_url, "acme", live.auth, connector_factory=lambda: connector)
    with pytest.raises(Unreachable, match="may not be called"):
        websocket.opened(client, live.tokens.build_websocket_uri("secret-token"))
    connector.close()


def test_no_error_and_no_log_holds_the_token(
    live: CumulocityClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    nowhere = CumulocityClient("http://127.0.0.1:1", "acme", live.auth)
    token = "secret-" + "token"
    for client in (live, nowhere):
        with pytest.raises((Unauthorized, Unreachable)) as caught:
            websocket.opened(client, client.tokens.build_websocket_uri(token))
        assert caught.value.__context__ is None
        assert "secret-token" not in "".join(traceback.format_exception(caught.value))
    assert "secret-token" not in caplog.text
