"""Series: the values of one device over time, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sdk.model.object import CumulocityObject
from sdk.model.optional import library
from sdk.rest import codec

Names = str | Sequence[str]
Row = list[dict[str, float] | None]

_STAMPS: Final[dict[bool | str, Callable[[str], Any]]] = {
    True: lambda text: text,
    "datetime": codec.parse_instant,
    "epoch": lambda text: codec.parse_instant(text).timestamp(),
}


@dataclass(frozen=True, slots=True)
class SeriesSpec:
    """What one series is.

    Attributes:
        type: the fragment, e.g. ``c8y_Temperature``.
        name: the series within it, e.g. ``T``.
        unit: its unit, None where it has none.
    """

    type: str
    name: str
    unit: str | None = None

    @property
    def series(self) -> str:
        """The whole name, ``fragment.series``."""
        return f"{self.type}.{self.name}"


class Series(CumulocityObject):
    """What ``Measurements.get_series`` reads: a row per time, a column per series, a dict in each cell."""

    __slots__ = ()

    @property
    def truncated(self) -> bool:
        """Whether there is more than this, because the platform answers a limited number of values."""
        return self.get("truncated") is True

    @property
    def specs(self) -> list[SeriesSpec]:
        """The series, in the order of the columns."""
        found = self.get("series") or []
        return [SeriesSpec(str(one["type"]), str(one["name"]), one.get("unit")) for one in found]

    @property
    def values(self) -> dict[str, Row]:
        """By time (as text), a dict such as ``{"min": 1.0, "max": 2.0}`` per series; None for a gap."""
        return self.get("values") or {}

    def collect(
        self,
        series: Names | None = None,
        value: Names | None = None,
        timestamps: bool | str | None = None,
    ) -> list[tuple[Any, ...]]:
        """All rows as flat tuples of the same length, series by series; None for what is missing.

        Args:
            series: one name or several, ``fragment.series``; all when left out.
            value: one key or several, such as "min" and "max"; all that occur when left out.
            timestamps: put the time first: True for its text, "datetime", or "epoch" for seconds.

        Raises:
            ValueError: for an unknown series or form of time.
        """
        columns = [self._column(name) for name in self._chosen(series)]
        keys = _names(value) if value is not None else self.value_keys(columns)
        stamp = _stamp(timestamps) if timestamps else None
        rows = []
        for time, row in self.values.items():
            cells = [row[at] if at < len(row) else None for at in columns]
            flat = [(cell or {}).get(key) for cell in cells for key in keys]
            rows.append((stamp(time), *flat) if stamp else tuple(flat))
        return rows

    def values_of(self, series: str | None = None, value: str | None = None) -> list[float]:
        """The values of one series without its gaps, so not aligned with the times; see ``collect``.

        Args:
            series: its name; may be left out when there is but one.
            value: the key, e.g. "min"; may be left out when there is but one.

        Raises:
            ValueError: when something must be chosen, or is unknown.
        """
        name, key = self._only(series, value)
        return [one for (one,) in self.collect(name, key) if one is not None]

    def to_dataframe(
        self,
        series: Names | None = None,
        value: Names | None = None,
        timestamps: bool | str | None = None,
    ) -> Any:
        """A pandas ``DataFrame`` with a row per time and a column per series, NaN for what is missing.

        Columns have the names of the series with ``_`` for what is no letter or digit, and the key behind
        it when there are several.

        Args:
            series, value: see ``collect``.
            timestamps: the index: True for texts, "datetime", or "epoch" for seconds; numbers when left out.

        Raises:
            ImportError: when pandas is not installed.
        """
        pandas = library("pandas")
        names = self._chosen(series)
        keys = _names(value) if value is not None else self.value_keys([self._column(one) for one in names])
        columns = [_label(name, key if len(keys) > 1 else None) for name in names for key in keys]
        index = self._index(timestamps)
        # Without a type a column of gaps alone would not be numbers.
        return pandas.DataFrame(self.collect(names, keys), columns=columns, index=index, dtype="float64")

    def to_series(
        self,
        series: str | None = None,
        value: str = "min",
        timestamps: bool | str | None = None,
    ) -> Any:
        """A pandas ``Series`` of one series, NaN for gaps; see ``to_dataframe``."""
        pandas = library("pandas")
        name, key = self._only(series, value)
        data = [one for (one,) in self.collect(name, key)]
        return pandas.Series(data, index=self._index(timestamps), name=_label(name, None), dtype="float64")

    def to_numpy(self, series: str | None = None, value: str | None = None) -> Any:
        """A one-dimensional numpy array of one series, NaN for gaps, so aligned with the times.

        Raises:
            ImportError: when numpy is not installed.
        """
        numpy = library("numpy")
        name, key = self._only(series, value)
        return numpy.array([one for (one,) in self.collect(name, key)], dtype="float64")

    def value_keys(self, columns: Iterable[int]) -> list[str]:
        """The keys that occur in some columns, in the order of their first appearance."""
        at = list(columns)
        found: dict[str, None] = {}
        for row in self.values.values():
            for column in at:
                found.update(dict.fromkeys((row[column] if column < len(row) else None) or {}))
        return list(found)

    def _chosen(self, series: Names | None) -> list[str]:
        return [one.series for one in self.specs] if series is None else _names(series)

    def _column(self, name: str) -> int:
        known = [one.series for one in self.specs]
        if name not in known:
            raise ValueError(f"There is no series {name!r} here; there is {', '.join(known) or 'none'}.")
        return known.index(name)

    def _only(self, series: str | None, value: str | None) -> tuple[str, str]:
        name = series or _one("series", self._chosen(None))
        return name, value or _one("value", self.value_keys([self._column(name)]))

    def _index(self, timestamps: bool | str | None) -> list[Any] | None:
        return [_stamp(timestamps)(time) for time in self.values] if timestamps else None


def merged(parts: Sequence[Series]) -> Series:
    """Answers that continue each other as one; a time that two of them hold counts as the later one says."""
    if len(parts) == 1:
        return parts[0]
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    for part in parts:
        for spec in part.get("series") or []:
            columns.setdefault((spec["type"], spec["name"]), spec)
    places = {key: place for place, key in enumerate(columns)}
    values: dict[str, Row] = {}
    for part in parts:
        into = [places[spec.type, spec.name] for spec in part.specs]
        for time, row in part.values.items():
            wide: Row = [None] * len(places)
            for place, cell in zip(into, row, strict=False):
                wide[place] = cell
            values[time] = wide
    json = {"values": values, "series": list(columns.values()), "truncated": parts[-1].truncated}
    return Series.from_json(json)


def _names(given: Names) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _one(what: str, known: Sequence[str]) -> str:
    if len(known) != 1:
        raise ValueError(f"Say which {what} is meant: {', '.join(known) or 'there is none'}.")
    return known[0]


def _stamp(timestamps: bool | str | None) -> Callable[[str], Any]:
    if timestamps not in _STAMPS:
        raise ValueError(f'Times are given as True, "datetime" or "epoch", not {timestamps!r}.')
    return _STAMPS[timestamps]


def _label(name: str, key: str | None) -> str:
    return re.sub(r"\W", "_", name if key is None else f"{name}_{key}")
