"""Realtime notifications: Bayeux over HTTP long polling; WebSockets come through `sdk.sandbox.bayeux`."""

from __future__ import annotations

import re
from typing import Any

from sdk.sandbox.call import Answer, Call, Json, Refusal, Routes
from sdk.sandbox.faults import TooSlow
from sdk.sandbox.store.channels import Session

routes = Routes("notification")

LONGEST_POLL = 30.0
"""Seconds after which an empty poll is answered; a client may ask for less."""
TRANSPORTS = ("long-polling", "websocket")
CHANNELS = {
    "alarms": ({"ROLE_ALARM_READ"}, "ALARM:READ"),
    "events": ({"ROLE_EVENT_READ"}, "EVENT:READ"),
    "managedobjects": ({"ROLE_INVENTORY_READ", "ROLE_MANAGED_OBJECT_READ"}, "MANAGED_OBJECT:READ"),
    "measurements": ({"ROLE_MEASUREMENT_READ"}, "MEASUREMENT:READ"),
    "operations": ({"ROLE_DEVICE_CONTROL_READ"}, "OPERATION:READ"),
}
_CHANNEL = re.compile(r"/(\w+)/(\*|\d+)")
_AGENT = re.compile(r"/(\d+)")
_AGAIN = {"reconnect": "handshake", "interval": 0}
MOST_MESSAGES = 100


def _exchange(call: Call) -> Answer:
    """Answer each message of the body in turn; one that connects waits for what the channels bring."""
    sent = call.document if isinstance(call.document, list) else [call.document]
    if not sent or len(sent) > MOST_MESSAGES or not all(_is_message(message) for message in sent):
        raise Refusal(400, "badRequest", "The body must be a Bayeux message or a list of them.")
    replies = [_reply(call, message) for message in sent]
    polling = [reply.pop("poll") for reply in replies if "poll" in reply]
    if not polling:
        return Answer(replies)
    session, seconds = polling[-1]
    return Answer(later=lambda patience: _polled(call, session, seconds, patience, replies))


def _is_message(message: Any) -> bool:
    return isinstance(message, dict) and isinstance(message.get("channel"), str)


def _polled(
    call: Call, session: Session, seconds: float, patience: float | None, replies: list[Json]
) -> list[Json]:
    wait = seconds if patience is None else min(seconds, patience)
    arrived = call.tenant.channels.poll(session, wait)
    if not arrived and wait < seconds:
        raise TooSlow
    if session.ended:
        for reply in replies:
            reply |= {"successful": False, "error": "402::Unknown client", "advice": _AGAIN}
    return [*arrived, *replies]


def _reply(call: Call, message: Json) -> Json:
    """The answer to one message. A connect adds `poll`: its session and how long it may wait."""
    channel = message["channel"]
    reply = {"channel": channel, "successful": True} | ({"id": message["id"]} if "id" in message else {})
    if channel == "/meta/handshake":
        return reply | _handshake(call, message)
    if channel not in _META:
        return reply | _refused(f"404::Unknown channel {channel}")
    session = call.tenant.channels.of(message.get("clientId"), call.caller.name)
    if session is None:
        return reply | _refused("402::Unknown client") | {"advice": _AGAIN}
    return reply | {"clientId": session.id} | _META[channel](call, session, message)


def _refused(reason: str) -> Json:
    return {"successful": False, "error": reason}


def _handshake(call: Call, message: Json) -> Json:
    offered = message.get("supportedConnectionTypes", TRANSPORTS)
    if not isinstance(offered, list | tuple) or not set(map(str, offered)) & set(TRANSPORTS):
        return _refused("403::Handshake denied: the transports are long-polling and websocket")
    return {
        "clientId": call.tenant.channels.open(call.caller.name).id,
        "version": "1.0",
        "minimumVersion": "1.0",
        "supportedConnectionTypes": list(TRANSPORTS),
        "advice": {"reconnect": "retry", "interval": 0, "timeout": int(LONGEST_POLL * 1000)},
    }


def _subscriptions(message: Json) -> list[str]:
    wanted = message.get("subscription")
    listed = wanted if isinstance(wanted, list) else [wanted]
    return [str(channel) for channel in listed]


def _subscribe(call: Call, session: Session, message: Json) -> Json:
    wanted = _subscriptions(message)
    asked = {"subscription": message.get("subscription")}
    for channel in wanted:
        if not _may_hear(call, channel):
            return asked | _refused(f"403:{channel}:Subscription denied")
    for channel in wanted:
        call.tenant.channels.subscribe(session, channel)
    return asked


def _may_hear(call: Call, channel: str) -> bool:
    """Whether the caller may read what comes over a channel: all of an API by its role, else one object."""
    agents = call.raw_path.startswith("/notification/operations")
    found = _AGENT.fullmatch(channel) if agents else _CHANNEL.fullmatch(channel)
    api, source = ("operations", found[1]) if found and agents else found.groups() if found else ("", "")
    if api not in CHANNELS:
        return False
    roles, scope = CHANNELS[api]
    return bool(roles & call.caller.roles) or call.tenant.access.permits(call.caller, source, scope)


def _unsubscribe(call: Call, session: Session, message: Json) -> Json:
    for channel in _subscriptions(message):
        call.tenant.channels.unsubscribe(session, channel)
    return {"subscription": message.get("subscription")}


def _connect(call: Call, session: Session, message: Json) -> Json:
    advice = message.get("advice")
    wish = advice.get("timeout") if isinstance(advice, dict) else None
    seconds = LONGEST_POLL
    if isinstance(wish, int | float) and wish >= 0:
        seconds = min(wish / 1000, LONGEST_POLL)
    told = {"reconnect": "retry", "interval": 0, "timeout": int(LONGEST_POLL * 1000)}
    return {"data": None, "advice": told, "poll": (session, seconds)}


def _disconnect(call: Call, session: Session, message: Json) -> Json:
    call.tenant.channels.end(session)
    return {}


_META = {
    "/meta/subscribe": _subscribe,
    "/meta/unsubscribe": _unsubscribe,
    "/meta/connect": _connect,
    "/meta/disconnect": _disconnect,
}

for _path in ("/notification/realtime", "/notification/operations"):
    for _kind in ("", "/handshake", "/connect", "/disconnect"):  # clients name the message in the path, too
        routes.post(_path + _kind, consumes=("application/json",), produces="application/json")(_exchange)
