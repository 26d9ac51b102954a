"""What tenants and devices used of the platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdk.model import fields
from sdk.model.object import CumulocityObject
from sdk.model.unchanging import Unchanging


class UsageStatistics(Unchanging):
    """What a tenant used on one day, or in a range of days."""

    __slots__ = ()

    day = fields.time("day", readonly=True)
    day_datetime = fields.moment("day", readonly=True)
    device_count = fields.integer("deviceCount", readonly=True)
    device_with_children_count = fields.integer("deviceWithChildrenCount", readonly=True)
    device_endpoint_count = fields.integer("deviceEndpointCount", readonly=True)
    device_request_count = fields.integer("deviceRequestCount", readonly=True)
    request_count = fields.integer("requestCount", readonly=True)
    alarms_created_count = fields.integer("alarmsCreatedCount", readonly=True)
    alarms_updated_count = fields.integer("alarmsUpdatedCount", readonly=True)
    events_created_count = fields.integer("eventsCreatedCount", readonly=True)
    events_updated_count = fields.integer("eventsUpdatedCount", readonly=True)
    inventories_created_count = fields.integer("inventoriesCreatedCount", readonly=True)
    inventories_updated_count = fields.integer("inventoriesUpdatedCount", readonly=True)
    measurements_created_count = fields.integer("measurementsCreatedCount", readonly=True)
    operations_created_count = fields.integer("operationsCreatedCount", readonly=True)
    operations_updated_count = fields.integer("operationsUpdatedCount", readonly=True)
    total_resource_create_and_update_count = fields.integer(
        "totalResourceCreateAndUpdateCount", readonly=True
    )
    # In bytes.
    storage_size = fields.integer("storageSize", readonly=True)
    subscribed_applications = fields.texts("subscribedApplications", readonly=True)
    resources = fields.document("resources", readonly=True)


class TenantUsage(UsageStatistics):
    """What one of many tenants used in a range of days."""

    __slots__ = ()

    tenant_id = fields.text("tenantId", readonly=True)
    tenant_company = fields.text("tenantCompany", readonly=True)
    tenant_domain = fields.text("tenantDomain", readonly=True)
    parent_tenant_id = fields.text("parentTenantId", readonly=True)
    external_reference = fields.text("externalReference", readonly=True)
    creation_time = fields.time("creationTime", readonly=True)
    creation_datetime = fields.moment("creationTime", readonly=True)
    peak_device_count = fields.integer("peakDeviceCount", readonly=True)
    peak_device_with_children_count = fields.integer("peakDeviceWithChildrenCount", readonly=True)
    # In bytes.
    peak_storage_size = fields.integer("peakStorageSize", readonly=True)


class DeviceStatistics(CumulocityObject):
    """How many requests one device made on a day, or in a month."""

    __slots__ = ()

    device_id = fields.text("deviceId", readonly=True)
    device_type = fields.text("deviceType", readonly=True)
    device_parents = fields.texts("deviceParents", readonly=True)
    count = fields.integer("count", readonly=True)


class StatisticsFile(Unchanging):
    """A file with the statistics of all tenants."""

    __slots__ = ()

    instance_name = fields.text("instanceName", readonly=True)
    type = fields.text("type", readonly=True)
    generation_date = fields.time("generationDate", readonly=True)
    generation_datetime = fields.moment("generationDate", readonly=True)
    date_from = fields.time("dateFrom", readonly=True)
    date_to = fields.time("dateTo", readonly=True)


def devices_of(page: Mapping[str, Any]) -> list[DeviceStatistics]:
    """The rows of a page of device statistics."""
    return DeviceStatistics._listed(page, "statistics")
