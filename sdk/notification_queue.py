"""Notifications through a queue, for whoever wants to take them at their own pace."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Final, Self, TypedDict, Unpack

from sdk.model.collection import spelled_out
from sdk.model.subscriptions import Subscription
from sdk.notification2 import Listener, Message
from sdk.rest.client import CumulocityRestClient

_GLANCE: Final = 0.2  # seconds between two looks at whether to stop


class ListenerOptions(TypedDict, total=False):
    """See ``Listener``."""

    consumer: str | None
    shared: bool
    non_persistent: bool
    expires: int
    unsubscribe_on_close: bool
    pause: tuple[float, float]


class QueueListener(Listener):
    """A listener that puts its messages into a queue; whoever takes one acknowledges it by ``ack``.

    What is not acknowledged when the connection ends comes again. When the queue is full, the tenant waits.

    Args:
        size: how many messages the queue holds; the tenant sends no more than a thousand ahead.
        options: see ``Listener``.
    """

    @spelled_out
    def __init__(
        self,
        c8y: CumulocityRestClient,
        subscription: Subscription | str,
        subscriber: str,
        *,
        size: int = 1000,
        **options: Unpack[ListenerOptions],
    ) -> None:
        super().__init__(c8y, subscription, subscriber, **options)
        self.queue: Queue[Message] = Queue(size)

    def start(self, handler: Callable[[Message], object] | None = None) -> Self:
        """Fill the queue from a thread of its own.

        Args:
            handler: called instead of filling the queue; it acknowledges by itself.
        """
        return super().start(handler or self._put)

    def get(self, timeout: float | None = None) -> Message | None:
        """The next message, None when there is none for so many seconds.

        Raises:
            Exception: what ended the listening, when nothing is left.
        """
        try:
            return self.queue.get(timeout=timeout)
        except Empty:
            self.wait(0)
            return None

    def _put(self, message: Message) -> None:
        while not self._stopped.is_set():
            try:
                self.queue.put(message, timeout=_GLANCE)
            except Full:
                continue
            return

    def _settle(self, message: Message) -> None:
        """Left to whoever takes the message out of the queue."""
