"""``as_values``: chosen paths of every row as tuples, decoded without building objects."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from sdk.model.object import CumulocityObject
from sdk.model.pages import Sheet, decoder

Spec = str | tuple[str, Any]

_UNNAMEABLE: Final = re.compile(r'[\\"\x00-\x1f]')  # what msgspec takes for no name of a field
_DEEPEST: Final = 4  # each dot doubles the ways to read a path
_numbers = itertools.count()


def specs_of(as_values: str | Sequence[Spec]) -> list[tuple[str, Any]]:
    """``as_values`` as (path, default) pairs; a sequence is always a list of specs."""
    given: Sequence[Spec] = [as_values] if isinstance(as_values, str) else as_values
    return [(one, None) if isinstance(one, str) else (one[0], one[1]) for one in given]


class Projection:
    """Rows of a collection as tuples of the values at some paths.

    A page is decoded straight into the wanted values. A page where a device wrote something unexpected on a
    path (a text for an object), and paths that overlap, are read the slow way.
    """

    def __init__(self, key: str, element: str, specs: Sequence[tuple[str, Any]]) -> None:
        self.specs = list(specs)
        self._defaults = tuple(default for _, default in specs)
        self._slow = decoder(key, element)
        compiled = _compiled(tuple(path for path, _ in specs))
        self._fast = compiled and (decoder(key, element, compiled[0]), compiled[1])

    def __call__(self, body: bytes) -> Sheet:
        """Decode a page; its rows are tuples."""
        if self._fast is not None:
            decode, build = self._fast
            try:
                sheet = decode(body)
            except msgspec.ValidationError:
                return self._slowly(body)
            sheet.rows = build(sheet.rows, self._defaults)
            return sheet
        return self._slowly(body)

    def _slowly(self, body: bytes) -> Sheet:
        sheet = self._slow(body)
        objects = (CumulocityObject._from_raw(raw, None) for raw in sheet.rows)
        sheet.rows = [one.as_tuple(*self.specs) for one in objects]
        return sheet


@functools.lru_cache(maxsize=256)
def _compiled(paths: tuple[str, ...]) -> tuple[type, Callable[[list[Any], tuple[Any, ...]], Any]] | None:
    """A Struct that holds just these paths, and a function from rows to tuples; None if there can be none."""
    if any(path.count(".") > _DEEPEST or _UNNAMEABLE.search(path) for path in paths):
        return None
    tree = _Node()
    expressions = [tree.reach(path, "row", f"defaults[{index}]") for index, path in enumerate(paths)]
    # The text is made of generated names only; the paths themselves are not in it.
    source = f"lambda rows, defaults: [({', '.join(expressions)},) for row in rows]"
    function: Callable[[list[Any], tuple[Any, ...]], Any] = eval(source, {"UNSET": msgspec.UNSET})  # noqa: S307
    return None if tree.overlaps() else (tree.struct(), function)


class _Node:
    """One JSON object on the way: its wanted keys as slots, some of them objects again."""

    def __init__(self) -> None:
        self.slots: dict[tuple[str, bool], str] = {}
        self.inner: dict[str, _Node] = {}

    def slot(self, key: str, *, nested: bool) -> str:
        return self.slots.setdefault((key, nested), f"s{len(self.slots)}")

    def reach(self, path: str, variable: str, default: str) -> str:
        """An expression for the value at a path below the object that a variable holds."""
        value = f"v{next(_numbers)}"
        literal = f"{variable}.{self.slot(path, nested=False)}"
        otherwise = default
        for key, rest in _splits(path):
            child = self.inner.setdefault(key, _Node())
            below = f"v{next(_numbers)}"
            there = f"({below} := {variable}.{self.slot(key, nested=True)})"
            deeper = child.reach(rest, below, otherwise)
            otherwise = f"({otherwise} if {there} is UNSET or {below} is None else {deeper})"
        return f"({otherwise} if ({value} := {literal}) is UNSET else {value})"

    def overlaps(self) -> bool:
        """Whether a key is wanted as a value and as an object on the way to another."""
        keys = [key for key, _ in self.slots]
        return len(set(keys)) < len(keys) or any(child.overlaps() for child in self.inner.values())

    def struct(self) -> type:
        fields: list[tuple[str, Any, Any]] = []
        for (key, nested), slot in self.slots.items():
            kind = self.inner[key].struct() | None | msgspec.UnsetType if nested else Any
            fields.append((slot, kind, msgspec.field(name=key, default=msgspec.UNSET)))
        return msgspec.defstruct("Projected", fields, gc=False)


def _splits(path: str) -> Iterator[tuple[str, str]]:
    """The ways to read a dotted path, the longest first key last so that it is tried first."""
    parts = path.split(".")
    for at in range(1, len(parts)):
        yield ".".join(parts[:at]), ".".join(parts[at:])
