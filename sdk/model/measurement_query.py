"""How measurements are asked for."""

from __future__ import annotations

from typing import Any

from sdk.model.filters import Paging, TimeWindow, Vocabulary
from sdk.model.measurement import Measurement
from sdk.model.order import Order
from sdk.model.query import Query


class MeasurementFilter(TimeWindow, Order, total=False):
    """The filters of a list of measurements; they combine with *and*.

    ``value_fragment_type`` and ``value_fragment_series``: that hold this fragment, and this series in it.
    ``series``: both in one, ``fragment.series``. ``revert=True`` lists the newest first, as
    ``ascending=False`` does; without either, the order is the tenant's own.
    """

    type: str
    source: str
    value_fragment_type: str
    value_fragment_series: str
    series: str


class MeasurementQuery(MeasurementFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class MeasurementDeletion(TimeWindow, total=False):
    """The filters that a deletion of many measurements at once understands."""

    type: str
    source: str
    fragment: str


DELETION = Vocabulary(MeasurementDeletion, renamed={"fragment": "fragmentType"}, always=frozenset())


class MeasurementSelection(Query[Measurement]):
    """A query of measurements."""

    def _shifts(self) -> bool:
        return self.params.get("revert") != "false"


def split_series(filters: dict[str, Any]) -> None:
    """``series="fragment.series"`` as the two filters it stands for."""
    series = filters.pop("series", None)
    if series is None:
        return
    fragment, mark, name = str(series).partition(".")
    if not mark or "value_fragment_type" in filters or "value_fragment_series" in filters:
        raise ValueError("series is given alone and as fragment.series, e.g. c8y_Temperature.T")
    filters.update(value_fragment_type=fragment, value_fragment_series=name)
