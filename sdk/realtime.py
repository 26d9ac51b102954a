"""Realtime notifications: changes as they happen, by long polling; none are kept between two sessions.

For what must not be lost there is Notification 2.0, see ``sdk.notification2``.

>>> from sdk import Realtime
>>> with Realtime(c8y, "/alarms/*", "/managedobjects/4711") as realtime:  # doctest: +SKIP
...     for change in realtime:
...         print(change.channel, change.action, change.data)
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from sdk.errors import BadAnswer, C8yError, Forbidden, RateLimited, Refused, ServerError, Timeout
from sdk.rest.client import CumulocityRestClient

log = logging.getLogger("sdk.realtime")

_PATH: Final = "/notification/realtime"
_POLL: Final = 25.0  # seconds asked for; a tenant may take longer
_PATIENCE: Final = 90.0


@dataclass(frozen=True, slots=True)
class Change:
    """What happened.

    Attributes:
        channel: where, e.g. ``/alarms/4711``; the id is that of the source.
        action: CREATE, UPDATE or DELETE.
        data: the object; just its id when it was deleted.
    """

    channel: str
    action: str
    data: Any


class Realtime:
    """Listens to channels until it is stopped. A session that ended is opened anew.

    Args:
        c8y: the connection to the tenant.
        channels: ``/alarms/…``, ``/events/…``, ``/measurements/…``, ``/managedobjects/…`` or
            ``/operations/…``, each with the id of an object or ``*`` for all.
        pause: upper bounds of the first and of any pause after a failure, in seconds.

    The platform ends the oldest of more than ten sessions of a user on a channel.

    Raises:
        ValueError: without a channel, or for one that is none.
    """

    def __init__(
        self, c8y: CumulocityRestClient, *channels: str, pause: tuple[float, float] = (0.5, 30.0)
    ) -> None:
        wrong = [
            one for one in channels if one.count("/") != 2 or not one.startswith("/") or one.endswith("/")
        ]
        if wrong or not channels:
            raise ValueError(
                f"A channel is like /alarms/* or /alarms/4711, unlike {', '.join(wrong) or 'none'}."
            )
        self.channels = list(channels)
        self._client = c8y
        # A poll takes long, and must not take the place of another request.
        self._poller = c8y.processing(None)
        connect = c8y._channel.timeout[0]
        self._poller._channel = replace(
            c8y._channel, timeout=(connect, _PATIENCE), deadline=None, semaphore=None
        )
        self._pause = pause
        self._id: str | None = None
        self._failures = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Change]:
        while not self._stopped.is_set():
            try:
                session = self._id or self._shake_hands()
                if self._stopped.is_set():
                    return
                found = self._poll(session)
            except Timeout:
                continue
            except C8yError as problem:
                self._wait_out(problem)
                continue
            self._failures = 0
            yield from found

    def listen(self, handler: Callable[[Change], object]) -> None:
        """Call the handler with each change until ``stop`` is called.

        Raises:
            C8yError: when the tenant refuses for good.
            Exception: what the handler raises.
        """
        for change in self:
            handler(change)

    def start(self, handler: Callable[[Change], object]) -> Self:
        """Listen in a thread of its own; what ends it is kept as ``error``."""
        if self._thread is not None:
            raise RuntimeError("This has been started already.")
        self._thread = threading.Thread(target=self._run, args=(handler,), name="realtime", daemon=True)
        self._thread.start()
        return self

    def _run(self, handler: Callable[[Change], object]) -> None:
        try:
            self.listen(handler)
        except Exception as problem:
            self.error = problem
            log.exception("Realtime notifications have ended.")

    def stop(self) -> None:
        """End the listening; any thread may call it."""
        self._stopped.set()
        session, self._id = self._id, None
        if session is not None:
            with suppress(C8yError):  # it ends by itself in the end
                self._say(self._client, {"channel": "/meta/disconnect", "clientId": session})

    def close(self) -> None:
        """Stop, and wait for the thread if there is one."""
        self.stop()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5)

    def _shake_hands(self) -> str:
        """Open a session and subscribe to all channels."""
        hello = {
            "channel": "/meta/handshake",
            "version": "1.0",
            "minimumVersion": "1.0",
            "supportedConnectionTypes": ["long-polling"],
        }
        answer = self._say(self._client, hello)[-1]
        session = answer.get("clientId")
        if not answer.get("successful") or not session:
            raise BadAnswer(f"The tenant opens no realtime session: {answer.get('error', 'no reason')}.")
        wishes = [
            {"channel": "/meta/subscribe", "clientId": session, "subscription": channel}
            for channel in self.channels
        ]
        for reply in self._say(self._client, *wishes):
            if reply.get("channel") == "/meta/subscribe" and not reply.get("successful"):
                raise Forbidden(str(reply.get("error")), status=403, method="POST", path=_PATH)
        self._id = session
        if self._stopped.is_set():
            self.stop()  # it came too early to end this session
        return str(session)

    def _poll(self, session: str) -> list[Change]:
        wish = {"channel": "/meta/connect", "clientId": session, "connectionType": "long-polling"}
        replies = self._say(self._poller, {**wish, "advice": {"timeout": int(_POLL * 1000)}})
        for reply in replies:
            if reply.get("channel") == "/meta/connect" and not reply.get("successful"):
                log.info("The realtime session has ended: %s", reply.get("error"))
                self._id = None
        return [_change(reply) for reply in replies if not str(reply.get("channel")).startswith("/meta/")]

    def _say(self, client: CumulocityRestClient, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        found = client.post(_PATH, json=list(messages))
        if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
            raise BadAnswer("The tenant's answer is no list of realtime messages.")
        return found

    def _wait_out(self, problem: C8yError) -> None:
        """Pause after what may pass.

        Raises:
            C8yError: the problem, when it will not pass.
        """
        if self._stopped.is_set():
            return
        if isinstance(problem, Refused) and not isinstance(problem, (RateLimited, ServerError)):
            raise problem
        log.info("Realtime notifications are interrupted: %s", problem)
        self._failures += 1
        first, most = self._pause
        self._stopped.wait(random.uniform(0, min(most, first * 2 ** min(self._failures, 20))))  # noqa: S311


def _change(reply: dict[str, Any]) -> Change:
    content = reply.get("data")
    if not isinstance(content, dict) or "realtimeAction" not in content:
        return Change(str(reply.get("channel")), "", content)
    return Change(str(reply.get("channel")), str(content["realtimeAction"]), content.get("data"))
