"""Statistics: what tenants and devices use of the platform, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final, Literal, Unpack

from sdk.errors import BadAnswer
from sdk.model.collection import Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.filters import Paging, TimeWindow, Vocabulary
from sdk.model.pages import LARGEST, Listing
from sdk.model.query import Query
from sdk.model.unchanging import UnchangingCollection
from sdk.model.usage import DeviceStatistics, StatisticsFile, TenantUsage, UsageStatistics, devices_of
from sdk.rest import codec, downloads
from sdk.rest.client import CumulocityRestClient
from sdk.rest.files import FileSpec
from sdk.rest.media_types import vendor

_PLACE: Final = "/tenant/statistics"
_WINDOW: Final = Vocabulary(TimeWindow, always=frozenset())


class UsageQuery(TimeWindow, Paging, total=False):
    """Days and paging of ``select`` and ``get_all``."""


class DailyUsage(UnchangingCollection[UsageStatistics]):
    """What this tenant used, a row per day."""

    model = UsageStatistics
    listing = Listing(_PLACE, "usageStatistics", accept=vendor("tenantusagestatisticscollection"))
    vocabulary = Vocabulary(TimeWindow)

    @spelled_out
    def where(self, expression: str | None = None, /, **days: Unpack[TimeWindow]) -> Query[UsageStatistics]:
        """A query for daily usage (GET /tenant/statistics), sent when it is used."""
        return self._query(expression, days)

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[UsageQuery]
    ) -> Selection[UsageStatistics]:
        """Args: see ``where`` for the days, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)


class StatisticsFiles(UnchangingCollection[StatisticsFile]):
    """The files with the statistics of all tenants; for the management tenant."""

    model = StatisticsFile
    listing = Listing(
        f"{_PLACE}/files", "statisticsFiles", "", "withTotalPages", vendor("tenantStatisticsfilecollection")
    )
    vocabulary = Vocabulary(TimeWindow)

    @spelled_out
    def where(self, expression: str | None = None, /, **days: Unpack[TimeWindow]) -> Query[StatisticsFile]:
        """A query for the files (GET /tenant/statistics/files), sent when it is used."""
        return self._query(expression, days)

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[UsageQuery]
    ) -> Selection[StatisticsFile]:
        """Args: see ``where`` for the days, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)


class TenantStatistics:
    """What tenants and devices use of the platform.

    Attributes:
        usage: this tenant's usage day by day.
        files: the files with the statistics of all tenants; for the management tenant.
    """

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y
        self.usage = DailyUsage(c8y)
        self.files = StatisticsFiles(c8y)

    @spelled_out
    def select_usage_statistics(self, **query: Unpack[UsageQuery]) -> Iterator[UsageStatistics]:
        """Iterate over this tenant's usage day by day (GET /tenant/statistics)."""
        return self.usage.select(**query)

    @spelled_out
    def get_all_usage_statistics(self, **query: Unpack[UsageQuery]) -> list[UsageStatistics]:
        """This tenant's usage day by day as a list, 5 rows unless a ``limit`` is given."""
        return self.usage.get_all(**query)

    @spelled_out
    def get_usage_summary(self, tenant_id: str | None = None, **days: Unpack[TimeWindow]) -> UsageStatistics:
        """What a tenant, or this one, used in a range of days (GET /tenant/statistics/summary).

        Args:
            tenant_id: a tenant below this one.
        """
        params = _WINDOW.params(days, "get_usage_summary") | ({"tenant": tenant_id} if tenant_id else {})
        accept = vendor("tenantusagestatisticssummary")
        return UsageStatistics.from_json(self.c8y.get(f"{_PLACE}/summary", params=params, accept=accept))

    @spelled_out
    def get_usage_summary_all_tenants(self, **days: Unpack[TimeWindow]) -> list[TenantUsage]:
        """What each tenant used in a range of days (GET /tenant/statistics/allTenantsSummary)."""
        params = _WINDOW.params(days, "get_usage_summary_all_tenants")
        found = self.c8y.get(f"{_PLACE}/allTenantsSummary", params=params)
        return TenantUsage._listed(found, "tenants")

    def select_daily_device_statistics(
        self, tenant_id: str | None = None, day: str | date = "today", *, device_id: str | None = None
    ) -> Iterator[DeviceStatistics]:
        """Iterate over the requests of each device on one day (GET …/device/{tenant}/daily/{date}).

        Args:
            tenant_id: this tenant when left out.
            day: "2026-01-31", a date, or "today" (in UTC).
            device_id: just this device.
        """
        return self._devices("daily", tenant_id, day, device_id)

    def select_monthly_device_statistics(
        self, tenant_id: str | None = None, month: str | date = "today", *, device_id: str | None = None
    ) -> Iterator[DeviceStatistics]:
        """Iterate over the requests of each device in one month, told by any of its days."""
        return self._devices("monthly", tenant_id, month, device_id)

    def get_all_daily_device_statistics(
        self,
        tenant_id: str | None = None,
        day: str | date = "today",
        *,
        device_id: str | None = None,
        limit: int | None = 5,
    ) -> list[DeviceStatistics]:
        """The requests of each device on one day as a list; None as the ``limit`` for all."""
        return list(islice(self._devices("daily", tenant_id, day, device_id), limit))

    def get_all_monthly_device_statistics(
        self,
        tenant_id: str | None = None,
        month: str | date = "today",
        *,
        device_id: str | None = None,
        limit: int | None = 5,
    ) -> list[DeviceStatistics]:
        """The requests of each device in one month as a list; None as the ``limit`` for all."""
        return list(islice(self._devices("monthly", tenant_id, month, device_id), limit))

    def _devices(
        self, kind: Literal["daily", "monthly"], tenant_id: str | None, day: str | date, device_id: str | None
    ) -> Iterator[DeviceStatistics]:
        tenant = tenant_id or self.c8y.tenant_id
        place = codec.path("tenant", "statistics", "device", tenant, kind, plain_date(day))
        return self._pages(place, {"deviceId": device_id, "pageSize": LARGEST})

    def _pages(self, place: str, params: dict[str, Any]) -> Iterator[DeviceStatistics]:
        # The rows stand where other lists have their totals, so these pages are read by hand.
        before: list[DeviceStatistics] = []
        number = 1
        while True:
            page = self.c8y.get(place, params={**params, "currentPage": number})
            rows = devices_of(page)
            yield from rows
            if not page.get("next") or not rows:
                return
            if [one.to_json() for one in rows] == [one.to_json() for one in before]:
                raise BadAnswer(f"The pages of {place} lead in a circle.")
            before, number = rows, number + 1

    @spelled_out
    def select_files(self, **query: Unpack[UsageQuery]) -> Iterator[StatisticsFile]:
        """Iterate over the files with the statistics of all tenants (GET /tenant/statistics/files)."""
        return self.files.select(**query)

    @spelled_out
    def get_all_files(self, **query: Unpack[UsageQuery]) -> list[StatisticsFile]:
        """The files with the statistics of all tenants as a list, 5 unless a ``limit`` is given."""
        return self.files.get_all(**query)

    def get_file(self, id: str, file: FileSpec) -> int:
        """Receive a file into a path or an open file (GET …/files/{id}); returns its size in bytes."""
        return downloads.save(self.c8y, codec.path("tenant", "statistics", "files", id), file)

    def get_latest_file(self, file: FileSpec, month: str | date = "today") -> int:
        """Receive the newest file of a month, told by any of its days (GET …/files/latest/{date})."""
        place = codec.path("tenant", "statistics", "files", "latest", plain_date(month))
        return downloads.save(self.c8y, place, file)

    def generate(self, date_from: str | date, date_to: str | date) -> StatisticsFile:
        """Have a file made for a range of days (POST /tenant/statistics/files)."""
        json = {"dateFrom": codec.instant(date_from), "dateTo": codec.instant(date_to)}
        found = self.c8y.post(
            self.files.listing.path,
            json=json,
            accept=vendor("tenantstatisticsfile"),
            content_type=vendor("tenantstatisticsdate"),
        )
        return StatisticsFile.from_json(found, self.c8y)


def plain_date(day: str | date) -> str:
    """A day as the platform wants it in an address, e.g. 2026-01-31.

    Raises:
        ValueError: for a text that is no date.
    """
    if day == "today":
        return datetime.now(UTC).date().isoformat()
    if isinstance(day, datetime):
        return day.date().isoformat()
    return day.isoformat() if isinstance(day, date) else date.fromisoformat(day).isoformat()
