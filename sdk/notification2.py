"""The consumer of Notification 2.0: what happens in the tenant, as it happens, and nothing twice unseen.

>>> from sdk import Listener, Subscription
>>> Subscription(c8y, name="alarms", context="tenant", api_filter=["alarms"]).create()  # doctest: +SKIP
>>> with Listener(c8y, "alarms", "myservice") as listener:  # doctest: +SKIP
...     for message in listener:
...         print(message.action, message.json["text"])
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Self

from sdk.errors import C8yError, Conflict, RateLimited, Refused, ServerError, Unauthorized
from sdk.model.subscriptions import Subscription
from sdk.model.tokens import Tokens
from sdk.rest import documents
from sdk.rest.client import CumulocityRestClient

if TYPE_CHECKING:
    from sdk.rest.websocket import Socket

log = logging.getLogger("sdk.notification2")

_GLANCE: Final = 0.2  # seconds between two looks at whether to stop
_MOST_REFUSED: Final = 3  # fresh tokens in a row; then it is no matter of tokens


class Message:
    """One notification.

    Attributes:
        id: what acknowledges it.
        description: what it is about, e.g. ``/t12345/alarms/4711``.
        action: CREATE, UPDATE or DELETE.
        body: the document, as text.
    """

    __slots__ = ("_connection", "acknowledged", "action", "body", "description", "id")

    def __init__(self, text: str, connection: Socket | None = None) -> None:
        # Only "\n" ends a line here; a body may hold any other line break.
        head, _, self.body = text.partition("\n\n")
        lines = [*head.split("\n"), "", "", ""]
        self.id, self.description, self.action = lines[:3]
        self.acknowledged = False
        self._connection = connection

    def __repr__(self) -> str:
        return f"Message({self.action} {self.description})"

    @property
    def json(self) -> Any:
        """The document; of a deleted object usually just its id.

        Raises:
            BadAnswer: when it is no JSON.
        """
        return documents.load_json(self.body.encode()) if self.body.strip() else {}

    @property
    def api(self) -> str:
        """The kind of data: alarms, events, measurements, managedobjects, operations…"""
        return ([*self.description.split("/"), "", "", ""])[2]

    @property
    def source(self) -> str:
        """The id of the object it is about."""
        return ([*self.description.split("/"), "", "", "", ""])[3]

    def ack(self) -> bool:
        """Tell the tenant that it has been dealt with; it comes again otherwise.

        Returns:
            Whether the tenant can have heard it: after the connection broke it comes again anyway.
        """
        if self._connection is None or self.acknowledged:
            return self.acknowledged
        try:
            self._connection.send(self.id)
        except C8yError:
            return False
        self.acknowledged = True
        return True


class Listener:
    """Listens to a subscription until it is stopped; whatever breaks the connection, it comes back.

    Each connection gets a fresh token. A message is acknowledged after its handler (or the body of the loop)
    is through; what was not acknowledged comes again, so that a message may come twice but is never lost.
    What a handler raises ends the listening, with that message unacknowledged.

    Args:
        c8y: the connection to the tenant.
        subscription: the subscription, or its name.
        subscriber: whose messages these are, letters and digits. They are kept for it while nobody listens,
            until it unsubscribes; a backlog that nobody reads harms the whole tenant in the end.
        consumer: the name of this listener among those of a shared subscriber; a new one when left out.
        shared: whether several listeners divide the messages of the subscriber, by devices.
        non_persistent: whether the subscription is a non-persistent one.
        expires: how long a token lasts, in minutes.
        unsubscribe_on_close: whether ``close`` gives up the subscriber, with all that is kept for it.
        pause: upper bounds of the first and of any pause before coming back, in seconds.
    """

    def __init__(
        self,
        c8y: CumulocityRestClient,
        subscription: Subscription | str,
        subscriber: str,
        *,
        consumer: str | None = None,
        shared: bool = False,
        non_persistent: bool = False,
        expires: int = 1440,
        unsubscribe_on_close: bool = False,
        pause: tuple[float, float] = (0.5, 30.0),
    ) -> None:
        self._tokens, self._subscription, self._subscriber = Tokens(c8y), subscription, subscriber
        # It stays the same when the connection breaks, so that no second consumer appears.
        self._consumer = consumer or (f"sdk{uuid.uuid4().hex[:12]}" if shared else None)
        self._wish = {"shared": shared or None, "non_persistent": non_persistent or None}
        self._expires, self._pause = expires, pause
        self._unsubscribes = unsubscribe_on_close
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._failures = self._refusals = 0
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Message]:
        """The messages as they come; each is acknowledged when the next one is asked for."""
        while not self._stopped.is_set():
            try:
                with self._connected() as connection:
                    yield from self._received(connection)
            except C8yError as problem:
                self._check(problem)
            if not self._stopped.is_set():
                self._failures += 1
                first, most = self._pause
                self._stopped.wait(random.uniform(0, min(most, first * 2 ** min(self._failures, 20))))  # noqa: S311

    def listen(self, handler: Callable[[Message], object]) -> None:
        """Call the handler with each message until ``stop`` is called, which the handler may do itself.

        Raises:
            C8yError: when the tenant refuses for good, e.g. for a missing role.
            Exception: what the handler raises.
        """
        for message in self:
            handler(message)

    def start(self, handler: Callable[[Message], object]) -> Self:
        """Listen in a thread of its own; ``wait`` raises what ended it."""
        if self._thread is not None:
            raise RuntimeError("This listener has been started already.")
        self._thread = threading.Thread(target=self._run, args=(handler,), name="notifications", daemon=True)
        self._thread.start()
        return self

    def _run(self, handler: Callable[[Message], object]) -> None:
        try:
            self.listen(handler)
        except Exception as problem:
            self.error = problem
            log.exception("The listener has ended.")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of the thread, and tell whether it has ended.

        Raises:
            Exception: what ended it, unless it was ``stop``.
        """
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        if self.error is not None:
            raise self.error
        return self._thread is None or not self._thread.is_alive()

    def stop(self) -> None:
        """End the listening after the message at hand, within a moment; any thread may call it."""
        self._stopped.set()

    def close(self) -> None:
        """Stop, and unsubscribe where that was asked for."""
        self.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(10)
        if self._unsubscribes:
            self.unsubscribe()
            self._unsubscribes = False

    def unsubscribe(self) -> str:
        """Give up the subscriber: nothing is kept for it any more; see ``Tokens.unsubscribe``."""
        return self._tokens.unsubscribe(self._token())

    def _token(self) -> str:
        return self._tokens.generate(self._subscription, self._expires, self._subscriber, **self._wish)

    def _connected(self) -> Socket:
        from sdk.rest import websocket  # noqa: PLC0415  # a megabyte that only who listens needs

        address = self._tokens.build_websocket_uri(self._token(), self._consumer)
        return websocket.opened(self._tokens.c8y, address)

    def _received(self, connection: Socket) -> Iterator[Message]:
        while not self._stopped.is_set():
            text = connection.receive(_GLANCE)
            if text is None:
                continue
            self._failures = self._refusals = 0
            message = Message(text, connection)
            yield message
            self._settle(message)

    def _settle(self, message: Message) -> None:
        message.ack()

    def _check(self, problem: C8yError) -> None:
        """Go on after what may pass: a former connection that is not gone yet, a token, an outage.

        Raises:
            C8yError: the problem, when it will not pass.
        """
        log.info("The connection ended: %s", problem)
        if isinstance(problem, Unauthorized):
            self._refusals += 1
            if self._refusals < _MOST_REFUSED:
                return
        if isinstance(problem, Refused) and not isinstance(problem, (Conflict, RateLimited, ServerError)):
            raise problem
