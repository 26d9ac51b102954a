"""Series side by side: the values of a time, or of an interval, in one row."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sdk.sandbox.call import Call, Json, Refusal, invalid
from sdk.sandbox.times import moment, stamp

MOST_VALUES = 5000
"""As many rows a table has at most that is not aggregated."""

Found = tuple[str, tuple[str, str], Json]
"""A value as it was measured: time, fragment and series, value object."""

FUNCTIONS: dict[str, Callable[[Sequence[float]], float | None]] = {
    "min": min,
    "max": max,
    "avg": statistics.fmean,
    "sum": sum,
    "count": len,
    "stdDevPop": statistics.pstdev,
    "stdDevSamp": lambda numbers: statistics.stdev(numbers) if len(numbers) > 1 else None,
}
DEFAULT_FUNCTIONS = ("min", "max")
TYPES = {"MINUTELY": "1m", "HOURLY": "1h", "DAILY": "1d"}
_INTERVAL = re.compile(r"([1-9]\d{0,2})([smhdwMqy])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MONTHS = {"M": 1, "q": 3, "y": 12}
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Intervals of `amount` units of which the functions give one value each."""

    amount: int
    unit: str
    functions: tuple[str, ...]

    def start(self, time: str) -> str:
        """The start of the interval that a time lies in, not before the calendar's own."""
        try:
            return stamp(self._start(moment(time)))
        except (ValueError, OverflowError):
            return stamp(datetime.min.replace(tzinfo=UTC))

    def _start(self, at: datetime) -> datetime:
        if self.unit in _MONTHS:
            length = self.amount * _MONTHS[self.unit]
            months = (at.year * 12 + at.month - 1) // length * length
            return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
        length = self.amount * _SECONDS[self.unit]
        return _MONDAY + timedelta(seconds=(at - _MONDAY).total_seconds() // length * length)

    def cell(self, numbers: Sequence[float]) -> Json:
        return {name: _float(FUNCTIONS[name], numbers) for name in self.functions}


def _float(function: Callable[[Sequence[float]], float | None], numbers: Sequence[float]) -> float | None:
    """The value as a float; None where there is none, or none that JSON can hold."""
    try:
        value = function(numbers)
        return float(value) if value is not None and math.isfinite(value) else None
    except OverflowError:
        return None


def aggregation_of(call: Call) -> Aggregation | None:
    """What the parameters ask for; None for the values as they are."""
    functions = tuple(call.query.get("aggregationFunction", ()))
    interval, kind = call.text("aggregationInterval"), call.text("aggregationType")
    if functions and interval is None:
        raise Refusal(400, "badRequest", "aggregationFunction needs an aggregationInterval.")
    if not set(functions) <= set(FUNCTIONS):
        raise invalid(f"Unknown aggregationFunction; known are {', '.join(FUNCTIONS)}.")
    if interval is None and kind is None:
        return None
    if interval is None and kind not in TYPES:
        raise invalid(f"Unknown aggregationType '{kind}'; known are {', '.join(TYPES)}.")
    wanted = interval or TYPES[str(kind)]
    match = _INTERVAL.fullmatch(wanted)
    if match is None:
        raise invalid(f"aggregationInterval is a number up to 999 and one of smhdwMqy, not '{wanted}'.")
    return Aggregation(int(match[1]), match[2], functions or DEFAULT_FUNCTIONS)


def table(found: Iterable[Found], aggregation: Aggregation | None) -> Json:
    """`values` by time, each list parallel to `series`, None for gaps."""
    found = list(found)
    units = {key: entry.get("unit") for _, key, entry in found}
    columns = {key: index for index, key in enumerate(units)}
    rows = _as_they_are(found, columns) if aggregation is None else _aggregated(found, columns, aggregation)
    shown = rows if aggregation else dict(list(rows.items())[:MOST_VALUES])
    series = [
        {"type": fragment, "name": name} | ({"unit": unit} if unit else {})
        for (fragment, name), unit in units.items()
    ]
    return {"values": shown, "series": series, "truncated": len(shown) < len(rows)}


Rows = dict[str, list[Json | None]]
Columns = dict[tuple[str, str], int]


def _as_they_are(found: Iterable[Found], columns: Columns) -> Rows:
    rows: Rows = {}
    for time, key, entry in found:
        row = rows.setdefault(time, [None] * len(columns))
        row[columns[key]] = {"min": entry["value"], "max": entry["value"]}
    return rows


def _aggregated(found: Iterable[Found], columns: Columns, aggregation: Aggregation) -> Rows:
    numbers: dict[str, list[list[float]]] = {}
    for time, key, entry in found:
        row = numbers.setdefault(aggregation.start(time), [[] for _ in columns])
        row[columns[key]].append(entry["value"])
    return {
        start: [aggregation.cell(column) if column else None for column in row]
        for start, row in numbers.items()
    }
