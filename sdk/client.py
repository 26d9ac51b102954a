"""The tenant: one attribute for each kind of thing in it."""

from __future__ import annotations

from functools import cached_property

from sdk.model.alarms import Alarms
from sdk.model.applications import Applications
from sdk.model.audit import AuditRecords
from sdk.model.binaries import Binaries
from sdk.model.bulk_operations import BulkOperations
from sdk.model.certificates import TrustedCertificates
from sdk.model.enrollment import DeviceCertificates
from sdk.model.events import Events
from sdk.model.features import Features
from sdk.model.identity import Identity
from sdk.model.inventory import DeviceGroupInventory, DeviceInventory, Inventory
from sdk.model.inventory_roles import InventoryRoles
from sdk.model.login_options import LoginOptions
from sdk.model.measurements import Measurements
from sdk.model.operations import Operations
from sdk.model.options import TenantOptions
from sdk.model.registration import DeviceRequests
from sdk.model.retention import RetentionRules
from sdk.model.statistics import TenantStatistics
from sdk.model.subscriptions import Subscriptions
from sdk.model.system_options import SystemOptions
from sdk.model.tenants import Tenants
from sdk.model.tokens import Tokens
from sdk.model.user_groups import Roles, UserGroups
from sdk.model.users import Users
from sdk.rest.client import CumulocityRestClient


class CumulocityClient(CumulocityRestClient):
    """A connection to one tenant as one user; see ``CumulocityRestClient`` for the arguments.

    Threads may share a client. No attribute costs a call.
    """

    @cached_property
    def inventory(self) -> Inventory:
        """Everything in the inventory."""
        return Inventory(self)

    @cached_property
    def device_inventory(self) -> DeviceInventory:
        """The devices."""
        return DeviceInventory(self)

    @cached_property
    def group_inventory(self) -> DeviceGroupInventory:
        """The groups of devices."""
        return DeviceGroupInventory(self)

    @cached_property
    def device_groups(self) -> DeviceGroupInventory:
        """Another name of ``group_inventory``."""
        return self.group_inventory

    @cached_property
    def identity(self) -> Identity:
        """External ids."""
        return Identity(self)

    @cached_property
    def alarms(self) -> Alarms:
        """Alarms."""
        return Alarms(self)

    @cached_property
    def operations(self) -> Operations:
        """Operations."""
        return Operations(self)

    @cached_property
    def bulk_operations(self) -> BulkOperations:
        """Bulk operations."""
        return BulkOperations(self)

    @cached_property
    def users(self) -> Users:
        """Users, the current one among them."""
        return Users(self)

    @cached_property
    def user_groups(self) -> UserGroups:
        """Groups of users, also called global roles."""
        return UserGroups(self)

    @cached_property
    def global_roles(self) -> UserGroups:
        """Another name of ``user_groups``."""
        return self.user_groups

    @cached_property
    def roles(self) -> Roles:
        """Permissions such as ROLE_ALARM_READ."""
        return Roles(self)

    @cached_property
    def inventory_roles(self) -> InventoryRoles:
        """Permissions for parts of the inventory, and who has them."""
        return InventoryRoles(self)

    @cached_property
    def device_requests(self) -> DeviceRequests:
        """New device requests."""
        return DeviceRequests(self)

    @cached_property
    def tenants(self) -> Tenants:
        """The tenant itself."""
        return Tenants(self)

    @cached_property
    def measurements(self) -> Measurements:
        """What devices have measured."""
        return Measurements(self)

    @cached_property
    def events(self) -> Events:
        """What happened at devices."""
        return Events(self)

    @cached_property
    def binaries(self) -> Binaries:
        """Files in the inventory."""
        return Binaries(self)

    @cached_property
    def applications(self) -> Applications:
        """Applications, subscriptions to them, and the current one."""
        return Applications(self)

    @cached_property
    def tenant_options(self) -> TenantOptions:
        """Settings of the tenant, some of them encrypted."""
        return TenantOptions(self)

    @cached_property
    def audit_records(self) -> AuditRecords:
        """Who did what."""
        return AuditRecords(self)

    @cached_property
    def system_options(self) -> SystemOptions:
        """Settings of the platform, to read."""
        return SystemOptions(self)

    @cached_property
    def retention_rules(self) -> RetentionRules:
        """How long what kind of data is kept."""
        return RetentionRules(self)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Notification 2.0 subscriptions."""
        return Subscriptions(self)

    @cached_property
    def tokens(self) -> Tokens:
        """Notification 2.0 tokens."""
        return Tokens(self)

    @cached_property
    def trusted_certificates(self) -> TrustedCertificates:
        """Certificates by which devices may connect."""
        return TrustedCertificates(self)

    @cached_property
    def device_certificates(self) -> DeviceCertificates:
        """The certificate of the device that this client acts as."""
        return DeviceCertificates(self)

    @cached_property
    def tenant_statistics(self) -> TenantStatistics:
        """What tenants and devices use of the platform."""
        return TenantStatistics(self)

    @cached_property
    def features(self) -> Features:
        """What of the platform is switched on."""
        return Features(self)

    @cached_property
    def login_options(self) -> LoginOptions:
        """How people sign in to the tenant."""
        return LoginOptions(self)
