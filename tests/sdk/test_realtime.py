"""Realtime notifications by long polling."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from sdk import Alarm, BadAnswer, Connector, CumulocityClient, Forbidden, Realtime
from sdk.sandbox import Sandbox
from tests.sdk.server import Server, answer, client

SOON = (0.01, 0.05)


class Heard:
    """Keeps the changes; ``wait(n)`` waits until there are so many."""

    def __init__(self) -> None:
        self.changes: list[Any] = []
        self._news = threading.Condition()

    def __call__(self, change: Any) -> None:
        with self._news:
            self.changes.append(change)
            self._news.notify_all()

    def wait(self, amount: int) -> list[Any]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.changes) >= amount, 10), self.changes
            return list(self.changes)


def sessions(sandbox: Sandbox, amount: int = 1) -> list[Any]:
    """The sessions in the tenant, once so many of them poll."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        found = list(sandbox.tenants["acme"].channels._sessions.values())
        if sum(one.polls > 0 for one in found) >= amount:
            return found
        time.sleep(0.01)
    raise AssertionError("Nobody polls.")


def test_changes_come_as_they_happen(c8y: CumulocityClient, sandbox: Sandbox) -> None:
    heard = Heard()
    device = c8y.device_inventory.get_all(limit=1)[0]
    with Realtime(c8y, "/alarms/*", f"/managedobjects/{device.id}", pause=SOON) as realtime:
        realtime.start(heard)
        sessions(sandbox)
        Alarm(c8y, type="x", source=device.id, text="hot", severity="MAJOR", time="now").create()
        [first] = heard.wait(1)[:1]
        assert (first.channel, first.action, first.data["text"]) == (f"/alarms/{device.id}", "CREATE", "hot")
        device["x_Note"] = "new"
        device.update()
        # The alarm itself changes the device, too.
        notes = [one.data for one in heard.wait(3) if one.channel == f"/managedobjects/{device.id}"]
        assert notes[-1]["x_Note"] == "new"
        with pytest.raises(RuntimeError):
            realtime.start(heard)
    assert sandbox.tenants["acme"].channels._sessions == {}
    assert realtime.error is None


def test_a_session_that_ended_is_opened_again(c8y: CumulocityClient, sandbox: Sandbox) -> None:
    heard = Heard()
    device = c8y.device_inventory.get_all(limit=1)[0]
    with Realtime(c8y, "/alarms/*", pause=SOON) as realtime:
        realtime.start(heard)
        [session] = sessions(sandbox)
        sandbox.tenants["acme"].channels.end(session)
        until = time.monotonic() + 5
        while session in sessions(sandbox) and time.monotonic() < until:
            time.sleep(0.01)
        Alarm(c8y, type="x", source=device.id, text="again", severity="MAJOR", time="now").create()
        assert heard.wait(1)[0].data["text"] == "again"


def test_a_poll_takes_no_place_of_other_requests(
    connect: Callable[..., CumulocityClient], sandbox: Sandbox
) -> None:
    c8y = connect(semaphore=threading.Semaphore(1), deadline=2)
    with Realtime(c8y, "/alarms/*", pause=SOON) as realtime:
        realtime.start(lambda change: None)
        sessions(sandbox)
        assert c8y.device_inventory.get_count() > 0


def test_who_may_not_listen_is_told(connect: Callable[..., CumulocityClient]) -> None:
    with pytest.raises(Forbidden, match="denied"):
        Realtime(connect("restricted"), "/operations/*", pause=SOON).listen(print)


@pytest.mark.parametrize("channels", [(), ("alarms",), ("/alarms",), ("/alarms/",), ("/alarms/1/2",)])
def test_a_channel_that_is_none_is_refused(c8y: CumulocityClient, channels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="channel"):
        Realtime(c8y, *channels)


def test_failures_in_between_are_outlasted(connector: Connector) -> None:
    def said(*messages: dict[str, Any]) -> Any:
        return answer(json.dumps(messages).encode())

    hello = {"channel": "/meta/handshake", "successful": True, "clientId": "c1"}
    subscribed = {"channel": "/meta/subscribe", "successful": True}
    polled = {"channel": "/meta/connect", "successful": True}
    change = {"channel": "/alarms/1", "data": {"realtimeAction": "DELETE", "data": "17"}}
    script = [
        answer(b"", "503 Busy"),
        answer(b"{}"),
        said({"channel": "/meta/handshake", "successful": False, "error": "busy"}),
        said(hello),
        said(subscribed),
        [None],
        said(polled, change),
        said(polled),
    ]
    with Server(*script) as server:
        realtime = Realtime(client(server, connector), "/alarms/1", pause=SOON)
        for found in realtime:
            assert (found.channel, found.action, found.data) == ("/alarms/1", "DELETE", "17")
            break
        realtime.close()
    assert b"/meta/disconnect" in server.requests[-1]


def test_an_answer_that_is_no_list_is_a_bad_answer(connector: Connector) -> None:
    with Server(answer(b'{"a": 1}')) as server:
        realtime = Realtime(client(server, connector), "/alarms/1", pause=SOON)
        with pytest.raises(BadAnswer):
            realtime._say(realtime._client, {})
