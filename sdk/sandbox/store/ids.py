"""Sets of ids that stay in order, and sequences of objects by their ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

from sdk.sandbox.call import Json


class Ids:
    """A set of ids that lists them in ascending numeric order; the list is kept until the next change."""

    __slots__ = ("_listed", "_members")

    def __init__(self, members: Iterable[str] = ()) -> None:
        self._members: dict[str, None] = dict.fromkeys(members)
        self._listed: list[str] | None = None

    def add(self, identifier: str) -> None:
        self._members[identifier] = None
        self._listed = None

    def discard(self, identifier: str) -> None:
        self._members.pop(identifier, None)
        self._listed = None

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._members

    def __len__(self) -> int:
        return len(self._members)

    def listed(self) -> list[str]:
        if self._listed is None:
            self._listed = sorted(self._members, key=int)
        return self._listed


NONE = Ids()


class Found(Sequence[Json]):
    """Objects by their ids, looked up as they are read."""

    def __init__(self, ids: list[str], objects: dict[str, Json]) -> None:
        self._ids, self._objects = ids, objects

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> Json: ...
    @overload
    def __getitem__(self, index: slice) -> list[Json]: ...
    def __getitem__(self, index: int | slice) -> Json | list[Json]:
        if isinstance(index, slice):
            return [self._objects[identifier] for identifier in self._ids[index]]
        return self._objects[self._ids[index]]
