"""Notification 2.0: subscriptions fill topics, subscribers keep what they have not acknowledged."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition
from zlib import crc32

from sdk.sandbox.call import Json, Refusal
from sdk.sandbox.store.coverage import copied, covered_as
from sdk.sandbox.store.feed import Change

MOST_UNACKNOWLEDGED = 1000
"""So many notifications may be on their way to a consumer; then the flow stops."""
QUOTA = 25_000_000
"""So many characters of notifications a topic keeps; then none are added, and calls that would add one are
answered with an error.
"""
LIFETIME = 36 * 3600.0
"""So many seconds a notification waits for its acknowledgement; then it is lost."""


@dataclass(frozen=True, slots=True)
class Message:
    """A notification without the first line, which acknowledges one delivery of it."""

    number: int
    source: str
    at: float
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notification on its way to a consumer: `id` is what acknowledges it, and another one each time."""

    id: str
    text: str = field(repr=False)


class Consumer:
    """A connection that receives notifications; `sent` are those it has not acknowledged yet."""

    def __init__(self, subscriber: Subscriber, name: str) -> None:
        self.subscriber, self.name, self.closed = subscriber, name, False
        self.sent: dict[str, Message] = {}
        self.held: Counter[str] = Counter()


class Subscriber:
    """Keeps the notifications of a topic until they are acknowledged, through any number of connections.

    An exclusive one has one consumer at a time. Consumers of a shared one divide the sources among them.
    """

    def __init__(self, persistent: bool) -> None:
        self.persistent, self.shared = persistent, False
        self.waiting: deque[Message] = deque()
        self.consumers: dict[str, Consumer] = {}
        self.size = 0

    def put(self, message: Message) -> None:
        if self.persistent or self.consumers:
            self.waiting.append(message)
            self.size += len(message.text)

    def kept(self) -> int:
        """How many notifications wait for their acknowledgement."""
        return len(self.waiting) + sum(len(consumer.sent) for consumer in self.consumers.values())

    def next_of(self, consumer: Consumer) -> int | None:
        """Where in the queue the next notification for this consumer stands; None if it has to wait."""
        if len(consumer.sent) >= MOST_UNACKNOWLEDGED:
            return None
        mine = (i for i, message in enumerate(self.waiting) if self._owner(message.source) is consumer)
        return next(mine, None)

    def _owner(self, source: str) -> Consumer:
        """Who gets the notifications of a source: who still holds one of them, else each his share."""
        if len(self.consumers) > 1:
            holding = [found for found in self.consumers.values() if found.held[source]]
            names = sorted(self.consumers)
            share = self.consumers[names[crc32(source.encode()) % len(names)]]
            return holding[0] if holding else share
        return next(iter(self.consumers.values()))

    def done(self, consumer: Consumer, identifier: str) -> None:
        """Keep a delivered notification no longer."""
        message = consumer.sent.pop(identifier)
        consumer.held[message.source] -= 1
        self.size -= len(message.text)

    def forget(self, before: float) -> None:
        """Lose what came earlier, whether it was delivered or not; the oldest comes first everywhere."""
        while self.waiting and self.waiting[0].at < before:
            self.size -= len(self.waiting.popleft().text)
        for consumer in self.consumers.values():
            while consumer.sent and next(iter(consumer.sent.values())).at < before:
                self.done(consumer, next(iter(consumer.sent)))

    def leave(self, consumer: Consumer) -> None:
        """Take back what a consumer did not acknowledge; the next one gets it first."""
        del self.consumers[consumer.name]
        kept = [*consumer.sent.values(), *self.waiting] if self.persistent or self.consumers else []
        self.waiting = deque(sorted(kept, key=lambda message: message.number))
        self.size = sum(
            len(message.text) for found in self.consumers.values() for message in found.sent.values()
        )
        self.size += sum(len(message.text) for message in kept)


class Topics:
    """All subscriptions and subscribers of a tenant. Safe to be used by several threads."""

    def __init__(self, tenant: str, above: Callable[[str], set[str]]) -> None:
        self.subscriptions: dict[str, Json] = {}
        self.quota, self.lifetime = QUOTA, LIFETIME
        self.overflowed = False
        """Set when a notification found its topic full, and was lost."""
        self._tenant, self._above = tenant, above
        self._subscribers: dict[tuple[str, bool], dict[str, Subscriber]] = {}
        self._changed = Condition()
        self._last = self._deliveries = 0

    # filling ------------------------------------------------------------------------------------------------

    def listens(self) -> bool:
        return bool(self.subscriptions and self._subscribers)

    def publish(self, change: Change) -> None:
        for subscription in self.subscriptions.values():
            topic = subscription["subscription"], bool(subscription.get("nonPersistent"))
            for name in covered_as(subscription, change, self._above):
                head = f"/{self._tenant}/{name}/{change.source}\n{change.action}"
                body = json.dumps(copied(subscription, change.document), separators=(",", ":"))
                self._put(topic, change.source, f"{head}\n\n{body}")

    def _put(self, topic: tuple[str, bool], source: str, text: str) -> None:
        with self._changed:
            subscribers = self._subscribers.get(topic, {}).values()
            self._forget()
            if any(subscriber.size + len(text) > self.quota for subscriber in subscribers):
                self.overflowed = True
                return
            self._last += 1
            message = Message(self._last, source, time.time(), text)
            for subscriber in subscribers:
                subscriber.put(message)
            self._changed.notify_all()

    def kept(self) -> int:
        """How many notifications wait for their acknowledgement."""
        with self._changed:
            self._forget()
            return sum(found.kept() for found in self._all())

    def _forget(self) -> None:
        for subscriber in self._all():
            subscriber.forget(time.time() - self.lifetime)

    def _all(self) -> Iterator[Subscriber]:
        return (found for topic in self._subscribers.values() for found in topic.values())

    # consuming ----------------------------------------------------------------------------------------------

    def connect(self, claims: Json, name: str) -> Consumer:
        """Open a consumer for a token's claims; the first one makes the subscriber. 409 if it is taken."""
        topic = claims["subscription"], claims["nonPersistent"]
        with self._changed:
            subscribers = self._subscribers.setdefault(topic, {})
            subscriber = subscribers.setdefault(claims["sub"], Subscriber(not claims["nonPersistent"]))
            both = subscriber.shared and claims["shared"]
            if subscriber.consumers and (not both or name in subscriber.consumers):
                raise Refusal(409, "reliable-notification/Conflict", "The consumer is connected already.")
            subscriber.shared = claims["shared"]
            consumer = subscriber.consumers[name] = Consumer(subscriber, name)
            self._changed.notify_all()
            return consumer

    def take(self, consumer: Consumer, patience: float | None = None) -> Delivery | None:
        """The next notification of a consumer; None when it was closed or `patience` (seconds) ran out."""
        with self._changed:
            self._forget()
            queue = consumer.subscriber
            ready = lambda: consumer.closed or queue.next_of(consumer) is not None  # noqa: E731
            if not self._changed.wait_for(ready, patience) or consumer.closed:
                return None
            place = queue.next_of(consumer) or 0
            message = queue.waiting[place]
            del queue.waiting[place]
            self._deliveries += 1
            identifier = urlsafe_b64encode(self._deliveries.to_bytes(8, "big")).decode()
            consumer.sent[identifier] = message
            consumer.held[message.source] += 1
            return Delivery(identifier, f"{identifier}\n{message.text}")

    def acknowledge(self, consumer: Consumer, identifier: str) -> None:
        """The notification has been dealt with; an unknown id is overlooked."""
        with self._changed:
            if identifier in consumer.sent:
                consumer.subscriber.done(consumer, identifier)
                self._changed.notify_all()

    def disconnect(self, consumer: Consumer) -> None:
        with self._changed:
            consumer.closed = True
            if consumer.subscriber.consumers.get(consumer.name) is consumer:
                consumer.subscriber.leave(consumer)
            self._changed.notify_all()

    def unsubscribe(self, claims: Json) -> None:
        """Forget the subscriber and all it has not read; its consumers are closed."""
        topic = claims["subscription"], claims["nonPersistent"]
        with self._changed:
            subscribers = self._subscribers.get(topic, {})
            subscriber = subscribers.pop(claims["sub"], None)
            if not subscribers:
                self._subscribers.pop(topic, None)
            for consumer in subscriber.consumers.values() if subscriber else ():
                consumer.closed = True
            self._changed.notify_all()

    def cut(self) -> None:
        """Break the connections of all consumers; they may come back and go on."""
        with self._changed:
            for subscriber in self._all():
                for consumer in subscriber.consumers.values():
                    consumer.closed = True
            self._changed.notify_all()
