"""What rows can become: the features say how they look for an object, compare it, create and change it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from c8yadmin.core.jsontext import Json
from c8yadmin.core.request import AppRequest
from c8yadmin.imports.mapping import Column, Entry, Key, Mapping
from sdk import CumulocityClient


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """A way to tell the object of a row; `typed` ones have a type beside their value."""

    name: str
    label: str
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """A choice that only this kind has; `flag` is its option on the command line, which switches it off."""

    label: str
    help: str
    flag: str


@dataclass(frozen=True, slots=True)
class Made:
    """A row that was, or may have been, created: its mark, and the values that it wrote."""

    mark: str
    values: Json


class ImportKind(ABC):
    """What the rows of a file become.

    `title` is that of its list, `label` the noun in both numbers, `listing` and `page` name the pages of the
    list and of one. Of
    `keys`, the first is the usual one; a kind that is `always_told` cannot do without. `known` says by the
    name of a column, in small letters and digits alone, where it goes, `key_names` what it may tell.
    Numbers at the paths `small` are never as large as 1,000.
    `example` is a file to start from. None of the methods may ask the database, and `Unfit` raised by them
    rejects the row.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    label: ClassVar[tuple[str, str]]
    listing: ClassVar[str]
    page: ClassVar[str]
    keys: ClassVar[tuple[KeyChoice, ...]]
    always_told: ClassVar[bool] = False
    external_type: ClassVar[str] = ""
    switch: ClassVar[Switch | None] = None
    known: ClassVar[Table[str, Column]]
    key_names: ClassVar[Table[str, str]]
    small: ClassVar[frozenset[str]] = frozenset()
    example: ClassVar[str]
    hint: ClassVar[str] = ""

    @abstractmethod
    def blocked(self, request: AppRequest) -> str:
        """Why this user may not import, as a sentence; empty when nothing is known against it."""

    def goes(self, name: str) -> str:
        """The path that the name of a column stands for, or is."""
        known = self.known.get(simple(name))
        return known.path if known else name

    def is_number(self, name: str) -> bool:
        """Whether the column of this name goes where a number belongs."""
        path = self.goes(name)
        return any(column.path == path and column.type == "number" for column in self.known.values())

    @abstractmethod
    def check(self, column: Column) -> None:
        """Raise ValidationError for a path that an import may not write, or not as this type."""

    def told(self, key: Key, value: str) -> str:
        """`value` as it is compared: what tells the same object becomes the same text. Raises Unfit."""
        return value

    @abstractmethod
    def find(self, c8y: CumulocityClient, mapping: Mapping, values: Sequence[str]) -> Table[str, list[str]]:
        """The ids of the objects that each of `values` tells."""

    @abstractmethod
    def current(self, c8y: CumulocityClient, ids: Sequence[str]) -> Table[str, Json]:
        """What the tenant holds under these ids; those that are gone are left out."""

    @abstractmethod
    def changes(self, current: Json, wanted: Json) -> Json:
        """What has to be sent to bring `wanted` into `current`; nothing when it is so. Raises Unfit."""

    @abstractmethod
    def content(self, mapping: Mapping, entry: Entry) -> Json:
        """The new object of a row. Raises Unfit when something is missing."""

    @abstractmethod
    def create(self, c8y: CumulocityClient, mapping: Mapping, entry: Entry, mark: str) -> None:
        """Create the object of a row, in one call (POST); `mark` names the row and its job."""

    @abstractmethod
    def created(self, c8y: CumulocityClient, key: Key | None, value: str, made: Made) -> str | None:
        """The id of what the row `made` has created, by a look at the tenant; None if there is nothing.

        Raises Unfit where `value` tells something that the row has not created.
        """

    @abstractmethod
    def read(self, c8y: CumulocityClient, id: str) -> tuple[Json, datetime | None]:
        """What the tenant holds under `id`, and when that last changed, if it tells."""

    @abstractmethod
    def write(self, c8y: CumulocityClient, id: str, changes: Json) -> None:
        """Change top-level values of an object (PUT); None removes one."""

    @abstractmethod
    def delete(self, c8y: CumulocityClient, id: str) -> None:
        """Delete an object."""


def simple(name: str) -> str:
    """The name of a column as `ImportKind.known` spells it."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_kinds: dict[str, ImportKind] = {}


def register_kind(kind: ImportKind) -> None:
    """Let files be imported as `kind`."""
    _kinds[kind.name] = kind


def find_kind(name: str) -> ImportKind | None:
    """The registered kind of this name."""
    return _kinds.get(name)


def kind_names() -> list[str]:
    """The names of all kinds."""
    return sorted(_kinds)
