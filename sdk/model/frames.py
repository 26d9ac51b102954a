"""Rows as a pandas ``DataFrame``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sdk.model.optional import library

# A path, which is the column's name too, or the name and the path.
Column = str | tuple[str, str]


def paths_of(columns: Sequence[Column]) -> list[str]:
    """The paths of the columns.

    Raises:
        ValueError: without any column, or when two have the same name.
    """
    names = names_of(columns)
    if not names or len(set(names)) < len(names):
        raise ValueError("A table has at least one column, and each has a name of its own.")
    return [one if isinstance(one, str) else one[1] for one in columns]


def names_of(columns: Sequence[Column]) -> list[str]:
    """The names of the columns."""
    if isinstance(columns, str):
        raise TypeError(f"Columns are a list of paths, such as [{columns!r}].")
    return [one if isinstance(one, str) else one[0] for one in columns]


def frame(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Any:
    """A ``DataFrame`` of rows with a value for each column.

    Raises:
        ImportError: when pandas is not installed.
    """
    pandas = library("pandas")
    return pandas.DataFrame.from_records(list(rows), columns=names_of(columns))
