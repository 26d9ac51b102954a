"""A synchronous Python SDK for Cumulocity IoT.

>>> from sdk import BasicAuth, CumulocityClient
>>> c8y = CumulocityClient("https://acme.cumulocity.com", "t12345", BasicAuth("admin", "secret"))
>>> for device in c8y.device_inventory.where(name="pump*"):  # doctest: +SKIP
...     print(device.id, device.name)
"""

from sdk.client import CumulocityClient
from sdk.errors import (
    BadAnswer,
    BulkError,
    C8yError,
    Conflict,
    Forbidden,
    Invalid,
    MissingTfa,
    NotFound,
    RateLimited,
    Refused,
    ServerError,
    Timeout,
    Unauthorized,
    Unreachable,
)
from sdk.model import query_language
from sdk.model.alarms import Alarm, AlarmSeverity, AlarmStatus
from sdk.model.availability import Availability, ConnectionStatus, DataStatus
from sdk.model.bulk import Done, bulk
from sdk.model.bulk_operations import BulkOperation, BulkOperationGeneralStatus, BulkOperationStatus
from sdk.model.identity import ExternalId
from sdk.model.inventory import DeviceUser
from sdk.model.inventory_roles import (
    AnyPermission,
    InventoryRole,
    InventoryRoleAssignment,
    Permission,
    ReadPermission,
    WritePermission,
)
from sdk.model.managed_object import Device, DeviceGroup, ManagedObject
from sdk.model.object import CumulocityObject
from sdk.model.operations import Operation, OperationStatus
from sdk.model.pages import Page
from sdk.model.query import Query
from sdk.model.registration import DeviceRequestStatus, NewDeviceRequest
from sdk.model.tenants import CurrentTenant
from sdk.model.user import CurrentUser, TfaSettings, User
from sdk.model.user_group import UserGroup
from sdk.model.user_groups import Role
from sdk.registry import Credentials, DeviceRegistryClient
from sdk.rest.auth import Auth, BasicAuth, BearerAuth, SessionAuth, parse_auth
from sdk.rest.client import CumulocityRestClient
from sdk.rest.codec import path
from sdk.rest.retry import RetryPolicy
from sdk.rest.transport import Connector

__all__ = [
    "Alarm",
    "AlarmSeverity",
    "AlarmStatus",
    "AnyPermission",
    "Auth",
    "Availability",
    "BadAnswer",
    "BasicAuth",
    "BearerAuth",
    "BulkError",
    "BulkOperation",
    "BulkOperationGeneralStatus",
    "BulkOperationStatus",
    "C8yError",
    "Conflict",
    "ConnectionStatus",
    "Connector",
    "Credentials",
    "CumulocityClient",
    "CumulocityObject",
    "CumulocityRestClient",
    "CurrentTenant",
    "CurrentUser",
    "DataStatus",
    "Device",
    "DeviceGroup",
    "DeviceRegistryClient",
    "DeviceRequestStatus",
    "DeviceUser",
    "Done",
    "ExternalId",
    "Forbidden",
    "Invalid",
    "InventoryRole",
    "InventoryRoleAssignment",
    "ManagedObject",
    "MissingTfa",
    "NewDeviceRequest",
    "NotFound",
    "Operation",
    "OperationStatus",
    "Page",
    "Permission",
    "Query",
    "RateLimited",
    "ReadPermission",
    "Refused",
    "RetryPolicy",
    "Role",
    "ServerError",
    "SessionAuth",
    "TfaSettings",
    "Timeout",
    "Unauthorized",
    "Unreachable",
    "User",
    "UserGroup",
    "WritePermission",
    "bulk",
    "parse_auth",
    "path",
    "query_language",
]
