"""Notification 2.0: subscriptions and the tokens of those who listen."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from sdk import Conflict, CumulocityClient, Device, NotFound, Subscription
from sdk.model.tokens import Tokens
from tests.sdk.server import Server, answer

TENANT, OBJECT = Subscription.Context.TENANT, Subscription.Context.MANAGED_OBJECT


def jwt(**claims: object) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in ({}, claims)]
    return ".".join([*parts, "x"])


def test_subscriptions_are_created_found_and_deleted(
    c8y: CumulocityClient, later: Callable[[], None]
) -> None:
    device = str(Device(c8y, name="pump").create().id)
    one = Subscription(
        c8y,
        name="mine",
        context=OBJECT,
        source_id=device,
        api_filter=[Subscription.ApiFilter.ALARMS, "events"],
        type_filter="c8y_Door",
        fragments=["c8y_A"],
        non_persistent=True,
    ).create()
    assert (one.name, one.context, one.source_id, one.non_persistent) == ("mine", OBJECT, device, True)
    assert (one.api_filter, one.type_filter, one.fragments) == (["alarms", "events"], "c8y_Door", ["c8y_A"])
    [other] = c8y.subscriptions.create(Subscription(name="all", context=TENANT))
    assert (other.api_filter, other.type_filter, other.source_id) == ([], None, None)
    assert c8y.subscriptions.get(str(one.id)).name == "mine"
    find = c8y.subscriptions.get_all
    assert [found.id for found in find(context=TENANT)] == [other.id]
    assert [found.id for found in find(source=device, subscription="mine", type_filter="c8y_Door")] == [
        one.id
    ]
    assert c8y.subscriptions.get_count() == 2
    with pytest.raises(Conflict):
        c8y.subscriptions.create(Subscription(name="all", context=TENANT))
    c8y.subscriptions.delete_by(source=device)
    with pytest.raises(NotFound):
        c8y.subscriptions.get(str(one.id))
    other.delete()
    later()
    assert c8y.subscriptions.get_count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        Subscription(name="my-name", context="tenant"),
        Subscription(context="tenant"),
        Subscription(name="a", context="object"),
        Subscription(name="a", context="mo"),
        Subscription(name="a", context="tenant", source_id="1"),
        Subscription(name="a", context="tenant", api_filter=["*", "alarms"]),
    ],
)
def test_a_subscription_that_cannot_be_is_not_sent(
    c8y: CumulocityClient, calls: list[str], wrong: Subscription
) -> None:
    with pytest.raises(ValueError, match=r"subscription|filter"):
        c8y.subscriptions.create(wrong)
    assert calls == []


def test_subscriptions_are_never_changed_nor_all_deleted_by_mistake(
    c8y: CumulocityClient, calls: list[str]
) -> None:
    one = Subscription.from_json({"id": "1"}, c8y)
    with pytest.raises(NotImplementedError):
        one.update()
    for wrong in ({}, {"context": "mo"}):
        with pytest.raises(ValueError, match=r"whose|filter"):
            c8y.subscriptions.delete_by(**wrong)
    with pytest.raises(TypeError):
        c8y.subscriptions.delete_by(subscription="mine")
    assert calls == []


def test_a_token_lets_in_is_renewed_and_given_up(c8y: CumulocityClient) -> None:
    Subscription(c8y, name="mine", context=TENANT).create()
    token = c8y.tokens.generate("mine", expires=60, subscriber="me", shared=True)
    renewed = c8y.tokens.renew(token)
    assert renewed != token
    ours, theirs = claims_of(token), claims_of(renewed)
    for name in ("sub", "topic", "shared"):
        assert ours[name] == theirs[name]
    assert theirs["exp"] - theirs["iat"] == 3600
    assert c8y.tokens.unsubscribe(renewed) in {"DONE", "SCHEDULED"}


def claims_of(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_what_is_asked_of_a_token_arrives() -> None:
    with (
        Server(
            answer(b'{"token":"T"}'), answer(b'{"token":"U"}'), answer(b'{"result":"SCHEDULED"}')
        ) as server,
        CumulocityClient(server.url, "t1", None) as c8y,
    ):
        subscription = Subscription.from_json({"id": "1", "subscription": "mine"})
        assert c8y.tokens.generate(subscription, signed=False, non_persistent=True) == "T"
        old = jwt(sub="me", topic="t1/relnotif/mine", shared="true")
        assert c8y.tokens.renew(old) == "U"
        assert c8y.tokens.unsubscribe("a+b/c") == "SCHEDULED"
    made, renewed = (json.loads(one.partition(b"\r\n\r\n")[2]) for one in server.requests[:2])
    assert made.pop("subscriber").isalnum()
    assert made == {
        "subscription": "mine",
        "expiresInMinutes": 1440,
        "signed": False,
        "nonPersistent": True,
    }
    assert renewed == {"subscription": "mine", "subscriber": "me", "expiresInMinutes": 1440, "shared": True}
    assert server.requests[2].startswith(b"POST /notification2/unsubscribe?token=a%2Bb%2Fc ")


def test_tokens_that_cannot_be_are_not_asked_for(c8y: CumulocityClient, calls: list[str]) -> None:
    for wrong in ({"subscription": "a b"}, {"subscription": "a", "subscriber": "x-y"}):
        with pytest.raises(ValueError, match="letters and digits"):
            c8y.tokens.generate(**wrong)
    with pytest.raises(ValueError, match="minute"):
        c8y.tokens.generate("a", expires=0)
    for other in ("x", jwt(sub="me")):
        with pytest.raises(ValueError, match="whose it is"):
            c8y.tokens.renew(other)
    assert calls == []


def test_the_address_of_the_websocket_holds_everything_quoted() -> None:
    with CumulocityClient("https://acme.example/", "t1", None) as c8y:
        address = urlsplit(Tokens(c8y).build_websocket_uri("a+b/c=", "me & you"))
    assert (address.scheme, address.netloc, address.path) == (
        "wss",
        "acme.example",
        "/notification2/consumer/",
    )
    assert parse_qs(address.query) == {"token": ["a+b/c="], "consumer": ["me & you"]}
