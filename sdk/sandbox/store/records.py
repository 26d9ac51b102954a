"""Records of one kind (alarms, events, operations, …): JSON by id, by source, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sdk.sandbox.call import Json
from sdk.sandbox.store.feed import CREATE, DELETE, UPDATE


class Records(dict[str, Json]):
    """A dict of id to JSON. Change it through `put` and `remove`, which keep the index by source.

    `source_of` tells the id of the object that a record belongs to, `time_of` its time for the order.
    `announce` is told of each record that was put or removed: CREATE, UPDATE or DELETE, and the record.
    """

    def __init__(
        self,
        source_of: Callable[[Json], str],
        time_of: Callable[[Json], str],
    ) -> None:
        super().__init__()
        self.source_of, self._time_of = source_of, time_of
        self.announce: Callable[[str, Json], None] = lambda action, record: None
        self._by_source: dict[str, dict[str, None]] = {}
        self._newest: list[Json] | None = None

    def put(self, record: Json) -> Json:
        """Store a new record, or an old one after a change to it."""
        action = UPDATE if record["id"] in self else CREATE
        self[record["id"]] = record
        self._by_source.setdefault(self.source_of(record), {})[record["id"]] = None
        self._newest = None
        self.announce(action, record)
        return record

    def remove(self, identifier: str) -> None:
        record = self.pop(identifier)
        ids = self._by_source[self.source_of(record)]
        del ids[identifier]
        if not ids:
            del self._by_source[self.source_of(record)]
        self._newest = None
        self.announce(DELETE, record)

    def discard(self, identifier: str) -> None:
        """Remove a record if it is still there."""
        if identifier in self:
            self.remove(identifier)

    def of(self, source: str) -> Iterator[Json]:
        """The records of one source, oldest id first."""
        return (self[identifier] for identifier in self._by_source.get(source, ()))

    def newest(self) -> list[Json]:
        """All records, newest first; of the same time, the highest id first."""
        if self._newest is None:
            self._newest = sorted(
                self.values(), key=lambda record: (self._time_of(record), int(record["id"])), reverse=True
            )
        return self._newest

    def newest_of(self, sources: set[str]) -> list[Json]:
        """The records of these sources, newest first."""
        if len(sources) > len(self._by_source):
            return [record for record in self.newest() if self.source_of(record) in sources]
        found = [record for source in sources for record in self.of(source)]
        return sorted(found, key=lambda record: (self._time_of(record), int(record["id"])), reverse=True)

    def forget(self, source: str) -> None:
        """Remove everything of one source."""
        for identifier in list(self._by_source.get(source, ())):
            self.remove(identifier)
