"""Typed fields: descriptors that read and write the JSON an object holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from sdk.rest import codec

if TYPE_CHECKING:
    from sdk.model.object import CumulocityObject

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Field(Generic[T]):
    """One top-level key of an object's JSON as a typed attribute; None when it is absent.

    Reading decodes no more than the object's simple fields. Assigning None removes the key when updating.

    Args:
        key: the JSON's key.
        load: from a JSON value that is not null to the attribute's; text when left out.
        dump: from an assigned value to JSON; as it is when left out.
        readonly: only the platform sets it.
    """

    def __init__(
        self,
        key: str,
        load: Callable[[Any], T | None] | None = None,
        dump: Callable[[Any], Any] | None = None,
        *,
        readonly: bool = False,
    ) -> None:
        self.key, self.load, self.dump, self.readonly = key, load, dump, readonly
        self.slot = "f_" + re.sub(r"\W", "_", key)

    def __set_name__(self, owner: type, name: str) -> None:
        # Under another name it is still the same field.
        self.name: str = getattr(self, "name", name)

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: CumulocityObject, owner: type) -> T | None: ...

    def __get__(self, obj: CumulocityObject | None, owner: type) -> Self | T | None:
        if obj is None:
            return self
        json = obj._json
        raw = getattr(obj._head or obj._read_head(), self.slot) if json is None else json.get(self.key)
        load = self.load
        if load is not None:
            return None if raw is None else load(raw)
        # The platform writes some ids as numbers, and devices write anything anywhere.
        return raw if raw is None or type(raw) is str else _as_text(raw)  # type: ignore[return-value]

    def __set__(self, obj: CumulocityObject, value: T | None) -> None:
        if self.readonly:
            raise AttributeError(f"{type(obj).__name__}.{self.name} is set by the platform only.")
        obj._writable()[self.key] = value if value is None or self.dump is None else self.dump(value)


def _as_text(raw: Any) -> str:
    return codec.dump_json(raw).decode()


def text(key: str, *, readonly: bool = False) -> Field[str]:
    """A text; a number is shown as its digits."""
    return Field(key, readonly=readonly)


def flag(key: str, *, readonly: bool = False) -> Field[bool]:
    """A boolean."""
    return Field(key, lambda raw: raw if isinstance(raw, bool) else None, readonly=readonly)


def integer(key: str, *, readonly: bool = False) -> Field[int]:
    """A whole number."""
    return Field(key, _integer, readonly=readonly)


def number(key: str, *, readonly: bool = False) -> Field[float]:
    """A number."""
    return Field(key, lambda raw: float(raw) if isinstance(raw, (int, float)) else None, readonly=readonly)


def choice(key: str, kind: type[E], *, readonly: bool = False) -> Field[E | str]:
    """One of known words; an unknown one stays plain text."""
    known: dict[str, E] = {str(one.value): one for one in kind}
    return Field(
        key, lambda raw: known.get(raw, raw) if isinstance(raw, str) else None, str, readonly=readonly
    )


def time(key: str, *, readonly: bool = False) -> Field[str]:
    """A point in time as the JSON's own text; a datetime or "now" may be assigned."""
    return Field(key, None, codec.instant, readonly=readonly)


def moment(key: str, *, readonly: bool = False) -> Field[datetime]:
    """A point in time as an aware datetime."""
    return Field(key, _moment, codec.instant, readonly=readonly)


def reference(key: str) -> Field[str]:
    """The id of another object, ``{"id": …}`` in JSON."""
    return Field(key, lambda raw: _member(raw, "id"), lambda value: {"id": codec.as_text(value)})


def member(key: str, name: str) -> Field[str]:
    """A text within an object, read only."""
    return Field(key, lambda raw: _member(raw, name), readonly=True)


def document(key: str, *, readonly: bool = False) -> Field[dict[str, Any]]:
    """A nested object; changes within it are tracked."""
    return Nested(key, lambda raw: raw if isinstance(raw, dict) else None, readonly=readonly)


def texts(key: str, *, readonly: bool = False) -> Field[list[str]]:
    """A list of texts; changes within it are tracked."""
    return Nested(key, lambda raw: raw if isinstance(raw, list) else None, readonly=readonly)


class Nested(Field[T]):
    """A field whose value may be changed in place, so it must come from the object's own JSON."""

    def __get__(self, obj: Any, owner: type) -> Any:
        if obj is not None:
            obj._writable()
        return super().__get__(obj, owner)


def _integer(raw: Any) -> int | None:
    if isinstance(raw, str):
        return int(raw) if raw.isdecimal() else None
    return raw if isinstance(raw, int) else None


def _moment(raw: Any) -> datetime | None:
    try:
        return codec.parse_instant(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


def _member(raw: Any, name: str) -> str | None:
    value = raw.get(name) if isinstance(raw, dict) else raw
    return None if value is None else str(value)
