"""What the platform stores once and never changes."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, TypeVar

from sdk.model.collection import Collection
from sdk.model.entity import Entity

M = TypeVar("M", bound=Entity)


class Unchanging(Entity):
    """An object that can be created and read, but not changed."""

    __slots__ = ()

    def update(self, copy: bool = False) -> NoReturn:
        """Not offered by the platform."""
        raise _never(type(self).__name__)

    def apply(self, json: dict[str, Any], copy: bool = False) -> NoReturn:
        """Not offered by the platform."""
        raise _never(type(self).__name__)

    def apply_to(self, other_id: str) -> NoReturn:
        """Not offered by the platform."""
        raise _never(type(self).__name__)


class UnchangingCollection(Collection[M], Generic[M]):
    """A collection of such objects."""

    def update(self, *objects: Any, workers: int | None = None) -> NoReturn:
        """Not offered by the platform."""
        raise _never(self.model.__name__)

    def apply_to(self, model: Any, *objects: Any, workers: int | None = None) -> NoReturn:
        """Not offered by the platform."""
        raise _never(self.model.__name__)


def _never(name: str) -> NotImplementedError:
    return NotImplementedError(f"The platform cannot change a {name} once it is stored.")


def complete(content: dict[str, Any], of: str, *keys: str) -> dict[str, Any]:
    """The content of an object to create, checked for what the platform requires.

    Raises:
        ValueError: naming what is missing.
    """
    missing = [key for key in keys if not content.get(key)]
    if missing:
        raise ValueError(f"{of} needs {' and '.join(missing)}.")
    return content
