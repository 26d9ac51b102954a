"""How series are asked for, and read to their end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sdk.model.filters import TimeWindow, Vocabulary
from sdk.model.order import EARLIEST, Order, take_revert
from sdk.model.series import Series, merged
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient

_INTERVAL: Final = re.compile(r"[1-9]\d{0,2}[smhdwMqy]")
_SERIES: Final = "/measurement/measurements/series"


class AggregationType(StrEnum):
    """How much time one row stands for, as older platforms know it."""

    DAILY = "DAILY"
    HOURLY = "HOURLY"
    MINUTELY = "MINUTELY"


class AggregationFunction(StrEnum):
    """What is made of the values of an interval."""

    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM = "sum"
    COUNT = "count"
    STD_DEV_POP = "stdDevPop"
    STD_DEV_SAMP = "stdDevSamp"


class SeriesFilter(TimeWindow, Order, total=False):
    """Which rows of series are read, and in which order; oldest first unless ``ascending=False``."""

    source: str
    series: str | Sequence[str]
    aggregation: AggregationType | str
    aggregation_function: AggregationFunction | str | Sequence[AggregationFunction | str]
    aggregation_interval: str


_VOCABULARY = Vocabulary(
    SeriesFilter,
    renamed={"aggregation": "aggregationType"},
    always=frozenset(),
)
_REPEATED: Final = {"series": "series", "aggregation_function": "aggregationFunction"}


def params_of(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a request for series.

    Raises:
        TypeError: for an unknown filter.
        ValueError: for aggregation that cannot be, or without a source.
    """
    given = dict(filters)
    revert = take_revert(given, ascends=False)
    lists = {rest: given.pop(name) for name, rest in _REPEATED.items() if given.get(name) is not None}
    params: dict[str, Any] = dict(_VOCABULARY.params(given, "get_series"))
    params.update((rest, [one] if isinstance(one, str) else list(one)) for rest, one in lists.items())
    if not params.get("source"):
        raise ValueError("Series are those of one device: source is needed.")
    _check_aggregation(params)
    params.setdefault("dateFrom", EARLIEST)
    params.setdefault("dateTo", codec.instant("now"))
    # The platform's own order depends on how it stores measurements.
    return params | {"revert": bool(revert)}


def _check_aggregation(params: Mapping[str, Any]) -> None:
    interval = params.get("aggregationInterval")
    if interval is not None and not _INTERVAL.fullmatch(interval):
        raise ValueError(f"{interval!r} is no interval such as 10m, 1h or 3M (units s m h d w M q y).")
    if interval is not None and "aggregationType" in params:
        raise ValueError("Either aggregation or aggregation_interval is given, not both.")
    if "aggregationFunction" in params and interval is None:
        raise ValueError("aggregation_function needs an aggregation_interval.")


def read_all(c8y: CumulocityRestClient, params: dict[str, Any]) -> Series:
    """Read series; an answer that the platform cut short is continued from its last time."""
    parts = [_read(c8y, params)]
    while parts[-1].truncated:
        following = _after(parts[-1], params)
        if following is None:
            break
        params = following
        parts.append(_read(c8y, params))
    return merged(parts)


def _read(c8y: CumulocityRestClient, params: Mapping[str, Any]) -> Series:
    return Series.from_json(c8y.get(_SERIES, params=params), c8y)


def _after(part: Series, params: dict[str, Any]) -> dict[str, Any] | None:
    """The request that goes on after an answer, its last row again included; None if it leads nowhere."""
    last = next(reversed(list(part.values)), None)
    if last is None:
        return None
    moment = codec.parse_instant(last)
    if params["revert"]:
        # The end of a range does not belong to it.
        return _if_new(params, "dateTo", moment + timedelta(milliseconds=1))
    return _if_new(params, "dateFrom", moment)


def _if_new(params: dict[str, Any], name: str, moment: datetime) -> dict[str, Any] | None:
    return None if codec.parse_instant(params[name]) == moment else {**params, name: codec.instant(moment)}
