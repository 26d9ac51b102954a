"""Raw JSON with a view on top: what the server sent is the snapshot, what differs from it is the change."""

from __future__ import annotations

import copy
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

import msgspec

from sdk.model.fields import Field, Nested
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient

D = TypeVar("D", bound="CumulocityObject")

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_sorted = msgspec.json.Encoder(order="sorted", enc_hook=str).encode


class CumulocityObject:
    """A JSON document of the platform.

    It behaves like a nested dict, and understands dotted paths (``obj["a.b"]``; a literal key with dots comes
    first). It may be changed freely at any depth; ``changes()`` tells what differs from what the server sent.

    Args:
        c8y: the client that the object's own verbs use.
        fragments: anything, by JSON key.
    """

    __slots__ = ("_head", "_json", "_raw", "c8y")

    _fields: ClassVar[dict[str, Field[Any]]] = {}
    _heads: ClassVar[msgspec.json.Decoder[Any]]

    _head: Any
    _json: dict[str, Any] | None
    _raw: bytes | msgspec.Raw
    c8y: CumulocityRestClient | None

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        inherited: dict[str, Field[Any]] = {}
        for base in reversed(cls.__bases__):
            inherited |= getattr(base, "_fields", {})
        cls._fields = inherited | own
        # The simple fields alone are decoded many times faster than the whole document.
        simple = {field.slot: field.key for field in cls._fields.values() if not isinstance(field, Nested)}
        shape = [(slot, Any, msgspec.field(name=key, default=None)) for slot, key in simple.items()]
        cls._heads = msgspec.json.Decoder(msgspec.defstruct(f"{cls.__name__}Head", shape, gc=False))

    def __init__(self, c8y: CumulocityRestClient | None = None, **fragments: Any) -> None:
        self.c8y = c8y
        self._raw = b"{}"
        self._head = None
        self._json = fragments

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """An object of its own, with its changes, in the same tenant."""
        return self._restored(self._raw, copy.deepcopy(self._json, memo), self.c8y)

    def __copy__(self) -> Self:
        # What is shared with the original would change in both.
        return self.__deepcopy__({})

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[Any, ...]]:
        # A connection holds credentials, which belong into no pickle.
        return self._restored, (bytes(self._raw), self._json)

    @classmethod
    def _restored(
        cls, raw: bytes | msgspec.Raw, json: dict[str, Any] | None, c8y: CumulocityRestClient | None = None
    ) -> Self:
        self = cls._from_raw(raw, c8y)
        self._json = json
        return self

    @classmethod
    def from_json(cls, json: Mapping[str, Any], c8y: CumulocityRestClient | None = None) -> Self:
        """An object as if the server had sent this document."""
        return cls._from_raw(codec.dump_json(json), c8y)

    @classmethod
    def _listed(cls, answer: Any, key: str, c8y: CumulocityRestClient | None = None) -> list[Self]:
        """The objects that an answer lists under a key; BadAnswer when it holds something else there."""
        return [cls.from_json(one, c8y) for one in documents.rows(answer, key)]

    @classmethod
    def _from_raw(cls, raw: bytes | msgspec.Raw, c8y: CumulocityRestClient | None) -> Self:
        self = cls.__new__(cls)
        self.c8y, self._raw, self._json, self._head = c8y, raw, None, None
        return self

    def _read_head(self) -> Any:
        self._head = documents.load_json(self._raw, self._heads.decode)
        return self._head

    def _client(self) -> CumulocityRestClient:
        if self.c8y is None:
            raise ValueError(f"This {type(self).__name__} has no connection; give it one: c8y=…")
        return self.c8y

    def _writable(self) -> dict[str, Any]:
        """The document as a dict, decoded when first needed."""
        if self._json is None:
            self._json = self._snapshot()
        return self._json

    def _snapshot(self) -> dict[str, Any]:
        found: dict[str, Any] = documents.load_json(self._raw, _decode)
        return found

    def _take(self, raw: bytes | msgspec.Raw) -> None:
        """Take over the server's newest state as snapshot and content."""
        self._raw, self._json, self._head = raw, None, None

    def changes(self) -> dict[str, Any]:
        """The top-level fragments that differ from the snapshot, whole; a removed one is None."""
        json = self._json
        if json is None:
            return {}
        before = self._snapshot()
        found = {key: value for key, value in json.items() if not _same(before.get(key), value)}
        found.update((key, None) for key in before if key not in json and before[key] is not None)
        return found

    @property
    def json(self) -> dict[str, Any]:
        """The document itself as a dict, not a copy: what is changed in it is changed in the object."""
        return self._writable()

    def to_json(self, only_updated: bool = False) -> dict[str, Any]:
        """The document, or just its ``changes()``, as a dict of one's own."""
        return _decode(codec.dump_json(self.changes() if only_updated else self._writable()))

    def __getitem__(self, path: str) -> Any:
        place = _find(self._writable(), path)
        if place is None:
            raise KeyError(path)
        return place[0][place[1]]

    def __setitem__(self, path: str, value: Any) -> None:
        self.set(path, value)

    def __delitem__(self, path: str) -> None:
        place = _find(self._writable(), path)
        if place is None:
            raise KeyError(path)
        del place[0][place[1]]

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a dotted path, the default where the path does not lead."""
        place = _find(self._writable(), path)
        return default if place is None else place[0][place[1]]

    def set(self, path: str, value: Any) -> None:
        """Write the value at a dotted path; missing objects on the way are created.

        Raises:
            TypeError: when something on the way is there and is no object.
        """
        json = self._writable()
        place = _find(json, path)
        if place is not None:
            place[0][place[1]] = value
            return
        *parents, last = path.split(".")
        for parent in parents:
            json = json.setdefault(parent, {})
            if not isinstance(json, dict):
                raise TypeError(f"{parent!r} in the path {path!r} is no object.")
        json[last] = value

    def has(self, path: str) -> bool:
        """Whether a dotted path leads anywhere."""
        return _find(self._writable(), path) is not None

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.has(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._writable())

    def __len__(self) -> int:
        return len(self._writable())

    def keys(self) -> KeysView[str]:
        """The top-level keys."""
        return self._writable().keys()

    def items(self) -> ItemsView[str, Any]:
        """The top-level keys and values."""
        return self._writable().items()

    def __iadd__(self, fragments: Mapping[str, Any] | CumulocityObject) -> Self:
        self._writable().update(fragments.items())
        return self

    def as_tuple(self, *paths: str | tuple[str, Any]) -> tuple[Any, ...]:
        """Values at paths, None or the default of a (path, default) pair where they do not lead."""
        pairs = [(one, None) if isinstance(one, str) else one for one in paths]
        return tuple(self.get(path, default) for path, default in pairs)

    def as_record(self, **paths: str | tuple[str, Any]) -> dict[str, Any]:
        """Values at paths as a dict: ``as_record(name="name", model=("c8y_Hardware.model", "-"))``.

        Args:
            paths: by the key in the result; a path, or a (path, default) pair, see ``as_tuple``.
        """
        return dict(zip(paths, self.as_tuple(*paths.values()), strict=True))

    def __repr__(self) -> str:
        # Nothing else is shown: users hold passwords, and documents can be huge.
        shown = {key: self.get(key) for key in ("id", "type", "name") if self.get(key) is not None}
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in shown.items())})"


def only_objects(given: Sequence[D]) -> Sequence[D]:
    """The objects that a verb was given, before any of them is sent.

    Raises:
        TypeError: when there is something else among them, as a list of them or a dict.
    """
    for one in given:
        if not isinstance(one, CumulocityObject):  # pyright: ignore[reportUnnecessaryIsInstance]
            name = type(one).__name__
            raise TypeError(f"Objects are wanted, each as an argument of its own (*objects), not {name}.")
    return given


def _find(json: dict[str, Any], path: str) -> tuple[dict[str, Any], str] | None:
    """The dict and key a path leads to; literal keys with dots come before nested ones."""
    if path in json:
        return json, path
    end = path.rfind(".")
    while end > 0:
        inner = json.get(path[:end])
        if isinstance(inner, dict):
            place = _find(inner, path[end + 1 :])
            if place is not None:
                return place
        end = path.rfind(".", 0, end)
    return None


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: unlike in Python, true is not 1, and 1.0 is not 1."""
    return one is other or (one == other and _sorted(one) == _sorted(other))
