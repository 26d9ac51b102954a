"""Measurements: what devices have measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from sdk.model.batches import in_batches
from sdk.model.collection import (
    Selection,
    collecting,
    counting,
    first_of_each,
    framing,
    latest,
    selecting,
    spelled_out,
)
from sdk.model.filters import Vocabulary
from sdk.model.measurement import Measurement
from sdk.model.measurement_export import Format, exported
from sdk.model.measurement_query import (
    DELETION,
    MeasurementDeletion,
    MeasurementFilter,
    MeasurementQuery,
    MeasurementSelection,
    split_series,
)
from sdk.model.order import Order, put_revert, take_revert, unordered
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.series import Names, Series
from sdk.model.series_query import SeriesFilter, params_of, read_all
from sdk.model.unchanging import UnchangingCollection
from sdk.rest import codec, downloads
from sdk.rest.codec import Age
from sdk.rest.files import FileSpec
from sdk.rest.media_types import vendor


class Measurements(UnchangingCollection[Measurement]):
    """The measurements of the tenant.

    Tenants that store them as time series know no single measurement: ``get`` and ``delete`` by id then
    raise NotFound.
    """

    model = Measurement
    listing = Listing("/measurement/measurements", "measurements", accept=vendor("measurementcollection"))
    vocabulary = Vocabulary(MeasurementFilter)

    @spelled_out
    def where(
        self, expression: str | None = None, /, **filters: Unpack[MeasurementFilter]
    ) -> Query[Measurement]:
        """A query for measurements (GET /measurement/measurements), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"source=1&type=c8y_Temperature"``.
            filters: see ``MeasurementFilter``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _newest(
        self, expression: str | None = None, /, **filters: Unpack[MeasurementFilter]
    ) -> Query[Measurement]:
        """Args: see ``where``; the order is given."""
        return self._query(expression, {**unordered(filters), "revert": True})

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[MeasurementQuery]
    ) -> Selection[Measurement]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)
    get_last = latest(_newest)

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> Query[Measurement]:
        given = dict(filters)
        revert = take_revert(given, ascends=False)
        split_series(given)
        params = self._params(expression, given)
        if revert is not None:
            put_revert(params, revert)
        elif {"dateFrom", "dateTo"} & params.keys():
            # Within dates the default order depends on how the tenant stores measurements.
            params.setdefault("revert", "false")
        return MeasurementSelection(self.c8y, self.listing, self.model, params)

    def skim_latest(
        self, source: str, *, max_age: Age | None = None, limit: int = 200
    ) -> dict[str, Measurement]:
        """The newest measurement of each type among the newest ones of a device.

        Args:
            max_age: no older ones, e.g. "1d" or "2h30m".
            limit: how many are looked at.

        Returns:
            By type, the newest first.
        """
        filters: MeasurementFilter = {"source": source, "revert": True}
        if max_age is not None:
            filters["max_age"] = max_age
        return first_of_each(self.where(**filters).limit(limit), lambda one: one.type)

    def create_bulk(
        self, *objects: Measurement, batch_size: int = 200, workers: int | None = None
    ) -> list[Measurement]:
        """Create many measurements with few requests (POST of a measurementcollection each).

        Args:
            batch_size: measurements per request; a request succeeds or fails as a whole.
            workers: how many requests at once.

        Returns:
            The created ones, in the order given.

        Raises:
            ValueError: for a measurement the platform would refuse or shorten; nothing is sent then.
            BulkError: what was done, what failed and what was not started, measurement by measurement; a
                single request raises its own error.
        """
        if batch_size < 1:
            raise ValueError("A batch holds at least one measurement.")
        for one in objects:
            one._content()
        return in_batches(objects, batch_size, workers, self._create_batch)

    def _create_batch(self, batch: Sequence[Measurement]) -> list[Measurement]:
        media = vendor("measurementcollection")
        json = {"measurements": [one._content() for one in batch]}
        found = self.c8y.post(self.listing.path, json=json, accept=media, content_type=media)
        rows = found.get("measurements") or json["measurements"]
        return [Measurement.from_json(row, self.c8y) for row in rows]

    @spelled_out
    def delete_by(self, **filters: Unpack[MeasurementDeletion]) -> None:
        """Delete all measurements that match, in one call (DELETE /measurement/measurements).

        The tenant does it in the background. Where they are stored as time series, the dates must be full
        hours, and ``fragment`` must be one that holds series.

        Raises:
            ValueError: without a source and without a date, which the platform refuses.
        """
        self._delete_records(DELETION, filters)

    @spelled_out
    def get_series(self, **filters: Unpack[SeriesFilter]) -> Series:
        """The values of series over time as a table (GET /measurement/measurements/series).

        The platform answers 5000 values at once at most; what it cuts off is read too.

        Args:
            filters: ``source`` is needed. ``series``: names ``fragment.series``, all when left out. Dates as
                everywhere; all there is until now when left out. ``aggregation_interval``: rows of so much
                time, e.g. "1h", with ``aggregation_function``; ``aggregation``: for older platforms.

        Raises:
            ValueError: for filters that cannot be; nothing is sent then.
        """
        return read_all(self.c8y, params_of(filters))

    @spelled_out
    def collect_series(
        self,
        value: Names | None = None,
        timestamps: bool | str | None = None,
        **filters: Unpack[SeriesFilter],
    ) -> list[tuple[Any, ...]]:
        """The values of series over time as flat tuples; see ``get_series`` and ``Series.collect``."""
        return self.get_series(**filters).collect(filters.get("series"), value, timestamps)

    @spelled_out
    def stream_export(self, format: Format = "csv", **filters: Unpack[MeasurementFilter]) -> Iterator[bytes]:
        """A file for spreadsheets piece by piece (GET /measurement/measurements as csv or xlsx).

        Args:
            format: "csv", or "xlsx" for a workbook of 2000 measurements at most.
            filters: see ``MeasurementFilter``; oldest first, and until now, unless they say otherwise.

        Raises:
            ValueError: for an unknown format, or too many measurements for a workbook.
        """
        query = self._query(None, {"ascending": True, **filters} if not _ordered(filters) else filters)
        # What arrives meanwhile would shift the pages.
        params = {"dateTo": codec.instant("now"), **query.params}
        total = replace(query, params=params).count()
        return exported(self.c8y, self.listing.path, params, format, total)

    @spelled_out
    def export(self, file: FileSpec, format: Format = "csv", **filters: Unpack[MeasurementFilter]) -> int:
        """Write a file for spreadsheets, with flat memory; see ``stream_export``.

        Args:
            file: a path, which appears only when it is complete, or an open binary file.

        Returns:
            Its size in bytes.
        """
        return downloads.written(self.stream_export(format, **filters), file)


def _ordered(filters: Mapping[str, Any]) -> bool:
    return any(filters.get(name) is not None for name in Order.__annotations__)
