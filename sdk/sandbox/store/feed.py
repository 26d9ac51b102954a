"""The changes of a tenant as they happen; whoever listens is told of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Protocol

from sdk.sandbox.call import Json

CREATE, UPDATE, DELETE = "CREATE", "UPDATE", "DELETE"


@dataclass(frozen=True)
class Change:
    """One change: `api` is alarms, events, measurements, operations or managedobjects, `source` the managed
    object it belongs to, `document` the thing as the wire shows it (of a deleted one its id only), `record`
    the thing as stored.
    """

    api: str
    action: str
    source: str
    document: Json
    record: Json = field(repr=False)


class Listener(Protocol):
    def listens(self) -> bool:
        """Whether anybody would hear of a change."""

    def publish(self, change: Change) -> None:
        """Take note of a change; called while the tenant is locked."""


class Feed:
    """Tells `listeners` of changes; `render` shows a record of an API as the wire does.

    Between the two ends of `silence()` nobody hears of anything.
    """

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.render: Callable[[str, Json], Json] = lambda _, record: record
        self._quiet = False

    @property
    def is_quiet(self) -> bool:
        """Whether nobody hears of anything now."""
        return self._quiet

    @contextmanager
    def silence(self, wanted: bool = True) -> Iterator[None]:
        before, self._quiet = self._quiet, self._quiet or wanted
        try:
            yield
        finally:
            self._quiet = before

    def announce(self, api: str, action: str, source: str, record: Json) -> None:
        if self._quiet or not any(listener.listens() for listener in self.listeners):
            return
        shown = {"id": record["id"]} if action == DELETE else deepcopy(self.render(api, record))
        change = Change(api, action, source, shown, record)
        for listener in self.listeners:
            listener.publish(change)
