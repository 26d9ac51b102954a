"""How the columns of a file become values: which goes where, as what, and which one tells the object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from c8yadmin.core.jsontext import Json
from c8yadmin.imports.encodings import renamed, reread
from c8yadmin.imports.values import Unfitting, value_of

MODES = {
    "both": "Create new, change existing",
    "create": "Create new, reject existing",
    "update": "Change existing, reject new",
}


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column's values go: a dotted path, and the type of the value there."""

    path: str
    type: str


@dataclass(frozen=True, slots=True)
class Key:
    """What tells the object of a row: `by` is one of its kind's keys, `type` that of an external id."""

    by: str
    column: int
    type: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it shall be in the tenant. `value` is what tells the object, `id` which one it is; "" if
    new."""

    number: int
    value: str
    document: Json
    id: str = ""


class BadRow(ValueError):
    """A row that cannot be understood: the name of the column, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the administrator says about a file with the columns `header`; those that are None stay out.

    With an `encoding`, the file's cells are raw (see `imports.encodings`).
    """

    header: tuple[str, ...]
    columns: tuple[Column | None, ...]
    key: Key | None
    mode: str = "both"
    switch: bool = False
    encoding: str = ""

    @classmethod
    def read(cls, header: Sequence[str], stored: Json) -> Mapping:
        """What `stored()` gave, for a `header` as it is in the file."""
        columns = tuple(Column(**one) if one else None for one in stored["columns"])
        key = Key(**stored["key"]) if stored["key"] else None
        encoding = stored.get("encoding", "")
        return cls(tuple(renamed(header, encoding)), columns, key, stored["mode"], stored["switch"], encoding)

    def stored(self) -> Json:
        """The mapping as JSON, without the header."""
        found = asdict(self)
        del found["header"]
        return found | {"columns": list(found["columns"])}

    def entry(self, number: int, cells: Sequence[str], id: str = "") -> Entry:
        """The row `number` as it shall be. Empty cells say nothing. Raises BadRow."""
        if len(cells) != len(self.header):
            raise BadRow("", f"The row has {_cells(len(cells))}, the header has {len(self.header)}.")
        cells, document = [reread(cell, self.encoding) for cell in cells], dict[str, Any]()
        for place, column in enumerate(self.columns):
            if column and cells[place].strip():
                _put(document, column.path, self._value(place, cells[place], column.type))
        return Entry(number, self._told(cells), document, id)

    def _value(self, place: int, text: str, kind: str) -> Any:
        try:
            return value_of(text, kind)
        except Unfitting as why:
            raise BadRow(self.header[place], str(why)) from why

    def told(self, cells: Sequence[str]) -> str:
        """What tells the object of a row with so many cells as the header has. Raises BadRow."""
        return self._told([reread(cell, self.encoding) for cell in cells])

    def _told(self, cells: Sequence[str]) -> str:
        if self.key is None:
            return ""
        value = str(self._value(self.key.column, cells[self.key.column], "text")).strip()
        if not value:
            raise BadRow(self.header[self.key.column], "The cell is empty, so nothing tells which one it is.")
        return value


def _cells(n: int) -> str:
    return "1 cell" if n == 1 else f"{n} cells"


def _put(document: Json, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        document = document.setdefault(name, {})
    document[last] = value


def clash(paths: Sequence[str]) -> tuple[str, str] | None:
    """Two of `paths` of which one would be written into the other, if there are any."""
    found: set[str] = set()
    for path in sorted(paths, key=lambda path: path.count(".")):
        above = [path.rsplit(".", n)[0] for n in range(path.count(".") + 1)]
        if inside := found.intersection(above):
            return inside.pop(), path
        found.add(path)
    return None


def part(document: Json, shape: Json) -> Json:
    """What stands in `document` at the places that `shape` names."""
    found: Json = {}
    for name in shape.keys() & document.keys():
        both = isinstance(shape[name], dict) and shape[name] and isinstance(document[name], dict)
        found[name] = part(document[name], shape[name]) if both else document[name]
    return found


def undone(document: Json, before: Json, after: Json) -> Json:
    """What takes `document` back from `after` to `before`, whole value by whole value; None removes one."""
    return {name: _undone(document.get(name), before.get(name), value) for name, value in after.items()}


def _undone(present: Any, before: Any, after: Any) -> Any:
    if not (isinstance(present, dict) and isinstance(after, dict) and after):
        return before
    was = before if isinstance(before, dict) else {}
    kept = {name: value for name, value in present.items() if name not in after}
    back = {name: _undone(present.get(name), was.get(name), value) for name, value in after.items()}
    both = kept | {name: value for name, value in back.items() if value is not None}
    return both if both or isinstance(before, dict) else before
