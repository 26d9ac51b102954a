"""Who subscribes to a microservice, and who leaves."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

from sdk.errors import C8yError

log = logging.getLogger("sdk.subscriptions")

Tenant = TypeVar("Tenant", bound=Callable[[str], object])
Tenants = TypeVar("Tenants", bound=Callable[[set[str]], object])


class SubscriptionListener:
    """Asks for the subscribers once in a while and calls back when they change.

    What a callback raises is logged and disturbs nobody else; neither does a tenant that cannot be reached.

    Args:
        subscribers: gives the ids of the subscribed tenants.
        callback: called with all of them whenever they change.
        polling_interval: seconds between two questions.
        startup_delay: seconds a new subscription gets before it counts; the platform sets it up meanwhile.
    """

    def __init__(
        self,
        subscribers: Callable[[], list[str]],
        callback: Callable[[set[str]], object] | None = None,
        polling_interval: float = 60,
        startup_delay: float = 60,
    ) -> None:
        if polling_interval <= 0 or startup_delay < 0:
            raise ValueError("The interval is above zero, the delay not below.")
        self._subscribers = subscribers
        self._interval, self._delay = polling_interval, startup_delay
        self._added: list[Callable[[str], object]] = []
        self._removed: list[Callable[[str], object]] = []
        self._changed: list[Callable[[set[str]], object]] = [callback] if callback else []
        self._known: set[str] = set()
        self._since: dict[str, float] = {}
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def on_add(self, callback: Tenant) -> Tenant:
        """Call back with the id of each new subscriber; also a decorator."""
        self._added.append(callback)
        return callback

    def on_remove(self, callback: Tenant) -> Tenant:
        """Call back with the id of each tenant that is no subscriber any more; also a decorator."""
        self._removed.append(callback)
        return callback

    def on_change(self, callback: Tenants) -> Tenants:
        """Call back with the ids of all subscribers whenever they change; also a decorator."""
        self._changed.append(callback)
        return callback

    def add_callback(
        self,
        callback: Callable[[set[str]], object] | None = None,
        *,
        on_add: Callable[[str], object] | None = None,
        on_remove: Callable[[str], object] | None = None,
    ) -> Self:
        """Several of ``on_change``, ``on_add`` and ``on_remove`` at once."""
        for one, kept in ((callback, self._changed), (on_add, self._added), (on_remove, self._removed)):
            if one is not None:
                kept.append(one)  # type: ignore[arg-type]
        return self

    def poll(self) -> set[str]:
        """Ask once and call back for what has changed.

        Returns:
            The subscribers that count now.

        Raises:
            C8yError: when the tenant does not tell.
        """
        now, there = time.monotonic(), set(self._subscribers())
        self._since = {tenant: self._since.get(tenant, now) for tenant in there}
        counting = {tenant for tenant in there if now - self._since[tenant] >= self._delay}
        before, self._known = self._known, counting
        for callbacks, tenants in ((self._removed, before - counting), (self._added, counting - before)):
            for tenant in sorted(tenants):
                _call(callbacks, tenant)
        if counting != before:
            _call(self._changed, set(counting))
        return counting

    def listen(self) -> None:
        """Listen until ``stop`` is called by another thread."""
        while not self._stopped.is_set():
            try:
                self.poll()
            except C8yError as problem:
                log.warning("The subscribers are not known: %s", problem)
            self._stopped.wait(self._interval)

    def start(self) -> Self:
        """Listen in a thread of its own."""
        if self._thread is not None:
            raise RuntimeError("This listener has been started already.")
        self._thread = threading.Thread(target=self.listen, name="subscriptions", daemon=True)
        self._thread.start()
        return self

    def stop(self, timeout: float | None = 5) -> None:
        """End it, and wait so many seconds for its thread; None waits for as long as it takes."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _call(callbacks: list[Any], argument: Any) -> None:
    for callback in callbacks:
        try:
            callback(argument)
        except Exception:
            log.exception("A callback of the subscription listener failed.")
