"""Notification 2.0 tokens: what lets a listener in."""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlencode

from sdk.model.subscriptions import NAME, Subscription
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient
from sdk.rest.jwt import JWT


class Tokens:
    """Tokens for those who listen to subscriptions. A token is a secret: it reads the data."""

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y

    def generate(
        self,
        subscription: Subscription | str,
        expires: int = 1440,
        subscriber: str | None = None,
        signed: bool | None = None,
        shared: bool | None = None,
        non_persistent: bool | None = None,
    ) -> str:
        """Make a token for a subscription (POST /notification2/token).

        What a subscriber has not heard is kept for it until it unsubscribes: unsubscribe when you end.

        Args:
            subscription: the subscription, or its name.
            expires: how long it lasts, in minutes.
            subscriber: who listens, letters and digits; a new one when left out.
            signed: whether the platform signs it.
            shared: whether several consumers share the subscriber's messages.
            non_persistent: whether the subscription is a non-persistent one.

        Raises:
            ValueError: for names of other characters, or a time below a minute.
        """
        name = subscription.name if isinstance(subscription, Subscription) else subscription
        who = subscriber or f"sdk{uuid.uuid4().hex}"
        for one in (name, who):
            if not NAME.fullmatch(one or ""):
                raise ValueError(
                    f"Subscriptions and subscribers have names of letters and digits, unlike {one!r}."
                )
        if expires < 1:
            raise ValueError("A token lasts for at least a minute.")
        json = {
            "subscription": name,
            "subscriber": who,
            "expiresInMinutes": expires,
            "signed": signed,
            "shared": shared,
            "nonPersistent": non_persistent,
        }
        answer = self.c8y.post("/notification2/token", json=codec.present(json))
        return str(documents.part(answer, "token"))

    def renew(self, token: str) -> str:
        """Make a new token for the subscriber of another, which may have expired; it lasts as long.

        Raises:
            ValueError: when the token does not tell whose it is.
        """
        known = JWT(token).payload
        subscriber, topic = known.get("sub"), str(known.get("topic") or "")
        if not subscriber or not topic:
            raise ValueError("This is no token of Notification 2.0 that tells whose it is.")
        start, end = known.get("iat"), known.get("exp")
        minutes = (end - start) // 60 if isinstance(start, int) and isinstance(end, int) else 1440
        return self.generate(
            topic.rsplit("/", 1)[-1],
            max(1, minutes),
            str(subscriber),
            shared=_flag(known.get("shared")),
            non_persistent=_flag(known.get("nonPersistent")),
        )

    def unsubscribe(self, token: str) -> str:
        """End what a token's subscriber gets; nothing is kept for it then (POST /notification2/unsubscribe).

        Returns:
            "DONE", or "SCHEDULED" when it happens as soon as its consumer is gone.
        """
        return str(self.c8y.post("/notification2/unsubscribe", params={"token": token}).get("result", "DONE"))

    def build_websocket_uri(self, token: str, consumer: str | None = None) -> str:
        """The address to listen at.

        Args:
            consumer: a name of its own; a second connection of the same name is refused.
        """
        base = re.sub(r"^http", "ws", self.c8y.base_url)
        query = {"token": token} | ({"consumer": consumer} if consumer else {})
        return f"{base}/notification2/consumer/?{urlencode(query)}"


def _flag(claim: object) -> bool | None:
    """Some tenants write claims as texts."""
    return True if str(claim).lower() == "true" else None
