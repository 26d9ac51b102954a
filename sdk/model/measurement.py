"""One measurement: values of a device at a moment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from sdk.model import fields
from sdk.model.unchanging import Unchanging, complete
from sdk.model.units import SeriesValue, Value, is_number
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient

_PLAIN: Final = frozenset({"id", "self", "source", "time", "type"})
_UNNAMEABLE: Final = re.compile(r"[\s.,*\[\]()@$]")

# One series as the tuple it is: its name, its value, and perhaps its unit.
OneSeries = SeriesValue | tuple[str, float] | tuple[str, float, str | None]


class Measurement(Unchanging):
    """One measurement. Each fragment holds series, each series a ``value`` and perhaps a ``unit``.

    Args:
        type: what kind of measurement it is.
        source: the id of the device.
        time: when it was measured: ISO text with a zone, an aware datetime, or "now".
        series: values by series name, e.g. ``celsius("c8y_Temperature.T", 22.8)``, one or several.
        fragments: ``c8y_Temperature={"T": Celsius(22.8)}``.

    Raises:
        ValueError: for a time without a zone, or a value that is no finite number.
    """

    __slots__ = ()
    _media = "measurement"
    _path = "/measurement/measurements"

    type = fields.text("type")
    source = fields.reference("source")
    time = fields.time("time")
    datetime = fields.moment("time")

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        type: str | None = None,
        source: str | None = None,
        time: codec.When | None = None,
        series: OneSeries | Iterable[OneSeries] | None = None,
        **fragments: Any,
    ) -> None:
        super().__init__(c8y)
        self._fill(type=type, source=source, time=time)
        self += fragments
        for fragment, name, value in _given(series):
            self._writable()[fragment] = {**(self._writable().get(fragment) or {}), name: value}

    def get_series(self) -> list[str]:
        """The names of the series in it, ``fragment.series``."""
        return [f"{fragment}.{name}" for fragment, name, _ in _series_of(self._writable())]

    def _content(self) -> dict[str, Any]:
        content = complete(super()._content(), "A measurement", "type", "source", "time")
        if not list(_checked(content)):
            raise ValueError(
                "A measurement needs at least one series, e.g. c8y_Temperature={'T': Celsius(22.8)}."
            )
        return content


def _given(series: OneSeries | Iterable[OneSeries] | None) -> Iterator[tuple[str, str, Value]]:
    """Fragment, series and value of each given series."""
    one = isinstance(series, tuple) and bool(series) and isinstance(series[0], str)
    given = cast("Iterable[Any]", [series] if one else series or ())
    for name, value, *unit in given:
        fragment, mark, short = str(name).partition(".")
        if not mark or not short:
            raise ValueError(f"A series has a name such as c8y_Temperature.T, not {name!r}.")
        yield fragment, short, Value(value, *unit)


def _series_of(json: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Fragment, series and value of whatever looks like a series."""
    for fragment, content in json.items():
        if fragment in _PLAIN or not isinstance(content, dict):
            continue
        for name, entry in content.items():
            if isinstance(entry, dict) and "value" in entry:
                yield fragment, name, entry["value"]


def _checked(json: dict[str, Any]) -> Iterator[str]:
    """The names of the series, each checked: the platform would drop a wrong one without a word."""
    for fragment, name, value in _series_of(json):
        if _UNNAMEABLE.search(fragment) or _UNNAMEABLE.search(name) or not (fragment and name):
            raise ValueError(f"{fragment!r} and {name!r}: names hold no blanks and none of . , * [ ] ( ) @ $")
        if not is_number(value):
            raise ValueError(f"The value of {fragment}.{name} is a finite number, not {value!r}.")
        yield name
