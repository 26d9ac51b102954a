"""A synchronous Python SDK for Cumulocity IoT.

>>> from sdk import BasicAuth, CumulocityClient
>>> c8y = CumulocityClient("https://acme.cumulocity.com", "t12345", BasicAuth("admin", "secret"))
>>> for device in c8y.device_inventory.where(name="pump*"):  # doctest: +SKIP
...     print(device.id, device.name)
"""

from sdk.app import MultiTenantCumulocityApp, SimpleCumulocityApp
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
from sdk.interactive import get_client
from sdk.model import matchers, query_language
from sdk.model.alarm import Alarm, AlarmSeverity, AlarmStatus
from sdk.model.application import (
    Application,
    ApplicationAvailability,
    ApplicationBinary,
    ApplicationSetting,
    ApplicationSubscription,
    ApplicationType,
    ApplicationVersion,
)
from sdk.model.audit import AuditRecord, AuditSeverity, Change
from sdk.model.availability import Availability, ConnectionStatus, DataStatus
from sdk.model.binaries import Binary
from sdk.model.bulk import Done, bulk
from sdk.model.bulk_operations import BulkOperation, BulkOperationGeneralStatus, BulkOperationStatus
from sdk.model.bulk_registration import BulkRegistration, FailedRegistration
from sdk.model.certificate import CertificateStatus, TrustedCertificate
from sdk.model.event import Event
from sdk.model.features import Feature
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
from sdk.model.login_options import AccessMapping, LoginOption
from sdk.model.managed_object import Device, DeviceGroup, ManagedObject
from sdk.model.matcher import (
    AllMatcher,
    AnyMatcher,
    CommandMatcher,
    DescriptionMatcher,
    FieldMatcher,
    FragmentMatcher,
    JmesPathMatcher,
    JsonMatcher,
    JsonPathMatcher,
    NotMatcher,
    PydfMatcher,
    TextMatcher,
)
from sdk.model.matchers import jmespath, jsonpath, pydf
from sdk.model.measurement import Measurement
from sdk.model.object import CumulocityObject
from sdk.model.operation import Operation, OperationStatus, OperationStatusChange
from sdk.model.options import TenantOption
from sdk.model.pages import Page
from sdk.model.query import Query
from sdk.model.registration import DeviceRequestStatus, NewDeviceRequest
from sdk.model.retention import RetentionDataType, RetentionRule
from sdk.model.series import Series, SeriesSpec
from sdk.model.series_query import AggregationFunction, AggregationType
from sdk.model.subscriptions import Subscription, SubscriptionApi, SubscriptionContext
from sdk.model.system_options import SystemOption
from sdk.model.tenant import CurrentTenant, Tenant, TenantStatus, TenantTfaSettings
from sdk.model.totp import TfaSettings, TotpSecret
from sdk.model.units import (
    Celsius,
    Centimeters,
    Count,
    CubicMeters,
    Fahrenheit,
    Grams,
    Kelvin,
    Kilograms,
    Liters,
    Meters,
    Millimeters,
    Percent,
    Percentage,
    SeriesValue,
    Units,
    Value,
)
from sdk.model.usage import DeviceStatistics, StatisticsFile, TenantUsage, UsageStatistics
from sdk.model.user import CurrentUser, User
from sdk.model.user_group import GlobalRole, UserGroup
from sdk.model.user_groups import GlobalRoles, Role
from sdk.notification2 import Listener, Message
from sdk.notification_queue import QueueListener
from sdk.realtime import Realtime
from sdk.registry import Credentials, CumulocityDeviceRegistry, DeviceRegistryClient
from sdk.resource import ResourceClient
from sdk.rest.auth import Auth, BasicAuth, BearerAuth, CookieAuth, SessionAuth, parse_auth
from sdk.rest.client import CumulocityRestClient
from sdk.rest.codec import path
from sdk.rest.downloads import Download
from sdk.rest.files import FileSpec
from sdk.rest.jwt import JWT
from sdk.rest.options import ClientOptions, ProcessingMode
from sdk.rest.retry import RetryPolicy
from sdk.rest.transport import Connector
from sdk.subscription_listener import SubscriptionListener

__all__ = [
    "JWT",
    "AccessMapping",
    "AggregationFunction",
    "AggregationType",
    "Alarm",
    "AlarmSeverity",
    "AlarmStatus",
    "AllMatcher",
    "AnyMatcher",
    "AnyPermission",
    "Application",
    "ApplicationAvailability",
    "ApplicationBinary",
    "ApplicationSetting",
    "ApplicationSubscription",
    "ApplicationType",
    "ApplicationVersion",
    "AuditRecord",
    "AuditSeverity",
    "Auth",
    "Availability",
    "BadAnswer",
    "BasicAuth",
    "BearerAuth",
    "Binary",
    "BulkError",
    "BulkOperation",
    "BulkOperationGeneralStatus",
    "BulkOperationStatus",
    "BulkRegistration",
    "C8yError",
    "Celsius",
    "Centimeters",
    "CertificateStatus",
    "Change",
    "ClientOptions",
    "CommandMatcher",
    "Conflict",
    "ConnectionStatus",
    "Connector",
    "CookieAuth",
    "Count",
    "Credentials",
    "CubicMeters",
    "CumulocityClient",
    "CumulocityDeviceRegistry",
    "CumulocityObject",
    "CumulocityRestClient",
    "CurrentTenant",
    "CurrentUser",
    "DataStatus",
    "DescriptionMatcher",
    "Device",
    "DeviceGroup",
    "DeviceRegistryClient",
    "DeviceRequestStatus",
    "DeviceStatistics",
    "DeviceUser",
    "Done",
    "Download",
    "Event",
    "ExternalId",
    "Fahrenheit",
    "FailedRegistration",
    "Feature",
    "FieldMatcher",
    "FileSpec",
    "Forbidden",
    "FragmentMatcher",
    "GlobalRole",
    "GlobalRoles",
    "Grams",
    "Invalid",
    "InventoryRole",
    "InventoryRoleAssignment",
    "JmesPathMatcher",
    "JsonMatcher",
    "JsonPathMatcher",
    "Kelvin",
    "Kilograms",
    "Listener",
    "Liters",
    "LoginOption",
    "ManagedObject",
    "Measurement",
    "Message",
    "Meters",
    "Millimeters",
    "MissingTfa",
    "MultiTenantCumulocityApp",
    "NewDeviceRequest",
    "NotFound",
    "NotMatcher",
    "Operation",
    "OperationStatus",
    "OperationStatusChange",
    "Page",
    "Percent",
    "Percentage",
    "Permission",
    "ProcessingMode",
    "PydfMatcher",
    "Query",
    "QueueListener",
    "RateLimited",
    "ReadPermission",
    "Realtime",
    "Refused",
    "ResourceClient",
    "RetentionDataType",
    "RetentionRule",
    "RetryPolicy",
    "Role",
    "Series",
    "SeriesSpec",
    "SeriesValue",
    "ServerError",
    "SessionAuth",
    "SimpleCumulocityApp",
    "StatisticsFile",
    "Subscription",
    "SubscriptionApi",
    "SubscriptionContext",
    "SubscriptionListener",
    "SystemOption",
    "Tenant",
    "TenantOption",
    "TenantStatus",
    "TenantTfaSettings",
    "TenantUsage",
    "TextMatcher",
    "TfaSettings",
    "Timeout",
    "TotpSecret",
    "TrustedCertificate",
    "Unauthorized",
    "Units",
    "Unreachable",
    "UsageStatistics",
    "User",
    "UserGroup",
    "Value",
    "WritePermission",
    "bulk",
    "get_client",
    "jmespath",
    "jsonpath",
    "matchers",
    "parse_auth",
    "path",
    "pydf",
    "query_language",
]
