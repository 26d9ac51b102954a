"""What the SDK promises by name: by domain, the classes and their members, as the platform's SDKs know them.

``test_surface`` calls each of them at the sandbox, so a name can only be listed when it works.
"""

from __future__ import annotations

from typing import Final

SURFACE: Final[dict[str, dict[str, str]]] = {
    "rest": {
        "CumulocityRestClient": "__init__ authenticate close request get post put delete get_file post_file "
        "put_file stream_file patch head options get_root processing in_units send read "
        "get_login_options",
        "BasicAuth": "__init__ parse",
        "BearerAuth": "__init__ parse",
    },
    "inventory": {
        "Inventory": "get get_all select create update apply_to delete get_latest_availability "
        "get_supported_measurements get_supported_series get_by get_count create_child get_device_user "
        "set_device_user assign_child_assets assign_child_devices assign_child_additions "
        "unassign_child_assets unassign_child_devices unassign_child_additions get_children select_children "
        "create_bulk update_bulk get_child to_dataframe",
        "DeviceInventory": "get get_all select get_count create update delete delete_trees request accept "
        "get_requests get_request delete_request accept_all register_bulk",
        "DeviceGroupInventory": "create get get_all select get_count assign_children unassign_children "
        "delete delete_trees",
        "ManagedObject": "__init__ create reload update apply apply_to delete delete_tree "
        "assign_child_addition add_child_addition assign_child_asset add_child_asset assign_child_device "
        "add_child_device unassign_child_addition unassign_child_asset unassign_child_device __iadd__ "
        "get_latest_availability get_supported_measurements get_supported_series get set has to_json "
        "from_json __getitem__ __setitem__ __delitem__ __contains__ __iter__ __len__ keys items as_tuple "
        "as_record",
        "Device": "__init__ delete delete_tree get_username get_user",
        "DeviceGroup": "__init__ create create_child assign_child_group unassign_child_group update delete "
        "delete_tree",
    },
    "identity": {
        "Identity": "get get_all create delete get_id get_object search",
        "ExternalId": "__init__ create delete get_object",
    },
    "binaries": {
        "Binaries": "create update read_file delete get_all select get upload get_count download stream",
        "Binary": "__init__ create from_json read_file update delete reload",
    },
    "measurements": {
        "Measurements": "get get_all select create delete get_series get_count get_last skim_latest "
        "create_bulk delete_by collect_series export stream_export to_dataframe",
        "Measurement": "__init__ create get_series delete reload",
        "Series": "collect values_of to_dataframe to_series to_numpy",
        "Value": "__init__",
        "Celsius": "__init__",
        "Centimeters": "__init__",
        "Count": "__init__",
        "CubicMeters": "__init__",
        "Grams": "__init__",
        "Kelvin": "__init__",
        "Kilograms": "__init__",
        "Liters": "__init__",
        "Meters": "__init__",
        "Percent": "__init__",
    },
    "events": {
        "Events": "get get_all select create update apply_to delete create_attachment update_attachment "
        "download_attachment delete_attachment get_count get_last skim_latest delete_by "
        "build_attachment_path save_attachment to_dataframe",
        "Event": "__init__ create reload update apply_to delete has_attachment create_attachment "
        "update_attachment download_attachment delete_attachment",
    },
    "alarms": {
        "Alarms": "get get_all select create update apply_to delete get_count apply_by delete_by upsert "
        "get_last to_dataframe",
        "Alarm": "__init__ create update apply_to delete reload",
    },
    "users": {
        "Users": "get get_current get_all select create update delete reset_password set_current_password "
        "set_owner set_delegate get_tfa_settings get_count get_tenant_tfa set_tenant_tfa "
        "revoke_totp_secret get_by_name get_device_permissions set_device_permissions "
        "assign_roles unassign_roles",
        "User": "__init__ create update delete set_owner set_delegate assign_global_role "
        "unassign_global_role retrieve_global_roles retrieve_inventory_role_assignments "
        "assign_inventory_roles unassign_inventory_roles reload assign_roles unassign_roles",
        "CurrentUser": "update_password update reload get_tfa_settings generate_totp_secret verify_totp "
        "is_valid_totp get_totp_activity set_totp_activity get_totp_enabled "
        "enable_totp disable_totp has_role",
        "UserGroups": "get_users get_roles get get_by_name get_all select get_count resolve_group_ids "
        "build_object_path create "
        "update delete assign_users unassign_users assign_roles unassign_roles",
        "UserGroup": "__init__ create reload update delete assign_users unassign_users assign_roles "
        "unassign_roles",
        "Roles": "get get_all select",
    },
    "inventory_roles": {
        "InventoryRoles": "get get_all select create update delete get_assignments assign reassign unassign "
        "unassign_by get_count get_assignment",
        "InventoryRole": "__init__ create update reload delete",
        "Permission": "__init__ from_json",
        "ReadPermission": "__init__",
        "WritePermission": "__init__",
        "AnyPermission": "__init__",
    },
    "operations": {
        "Operations": "get get_all select create update get_count get_last send_to cancel delete_by "
        "skim_latest",
        "Operation": "__init__ create update send_to reload resolve_type get_status_changes",
        "BulkOperations": "get get_all select create update get_count cancel get_operations retry_failed",
        "BulkOperation": "__init__ create reload update",
    },
    "applications": {
        "Applications": "get get_current_subscriptions get_all select create update delete get_current "
        "get_current_settings upload_attachment get_binaries delete_binary get_versions clone "
        "get_bootstrap_user subscribe unsubscribe get_subscribed get_by_name get_by_owner get_by_tenant "
        "get_by_user update_current create_version get_version set_version_tags delete_version "
        "download_binary",
        "Application": "__init__ create update delete resolve_tenant_option_category reload",
    },
    "options": {
        "TenantOptions": "get get_all select create update delete get_value get_values set_value "
        "update_values as_map set_editable",
        "TenantOption": "__init__ create delete reload update",
        "SystemOptions": "get get_all get_value",
    },
    "audit": {
        "AuditRecords": "get get_all select create get_count select_for get_all_for",
        "AuditRecord": "__init__ create",
        "Change": "__init__",
    },
    "notifications": {
        "Subscriptions": "get get_all select create delete get_count delete_by",
        "Subscription": "__init__ create from_json delete",
        "Tokens": "generate unsubscribe build_websocket_uri renew",
    },
    "tenant": {
        "Tenants": "get_current get get_all select create update delete get_tfa set_tfa "
        "get_restricted_roles set_restricted_roles add_restricted_role remove_restricted_role",
        "Tenant": "__init__ create update reload delete",
        "RetentionRules": "get get_all select create update delete get_count",
        "RetentionRule": "__init__ create update reload delete",
        "LoginOptions": "get_all get create update delete restrict",
        "Features": "get_all get set unset is_active get_by_tenant",
    },
    "certificates": {
        "TrustedCertificates": "get get_all select create update delete apply_to get_count create_bulk "
        "get_certificate_authority create_certificate_authority renew_certificate_authority "
        "generate_pop_challenge provide_pop_verification revoke get_revocation_list get_revoked "
        "verify_chain confirm_pop",
        "DeviceCertificates": "enroll reenroll",
        "TrustedCertificate": "__init__ create update reload delete",
    },
    "statistics": {
        "TenantStatistics": "select_usage_statistics get_all_usage_statistics get_usage_summary "
        "get_usage_summary_all_tenants select_daily_device_statistics get_all_daily_device_statistics "
        "select_monthly_device_statistics get_all_monthly_device_statistics select_files get_all_files "
        "get_file get_latest_file generate",
    },
    "registration": {
        "DeviceRequests": "request accept get get_all select delete get_count register_bulk",
        "DeviceRegistryClient": "__init__ await_credentials await_connection default",
    },
    "apps": {
        "SimpleCumulocityApp": "__init__ get_user_instance clear_user_cache",
        "MultiTenantCumulocityApp": "__init__ get_tenant_instance get_subscribers get_user_instance "
        "clear_user_cache clear_tenant_cache create_subscription_listener",
        "SubscriptionListener": "add_callback on_add on_remove on_change listen poll start stop",
    },
    "generic": {
        "ResourceClient": "__init__ create read update partial_update delete head list get_all",
    },
    "matching": {
        **{
            f"{kind}Matcher": "__init__ matches safe_matches"
            for kind in ("All", "Any", "Command", "Description", "Field", "Fragment", "JmesPath")
        },
        **{f"{kind}Matcher": "__init__ matches safe_matches" for kind in ("JsonPath", "Not", "Pydf", "Text")},
    },
    "tokens": {
        "JWT": "__init__ get_claim get_valid_seconds is_valid",
        "CumulocityRestClient": "get_token",
        "Users": "logout logout_all",
    },
    "listening": {
        "Listener": "__init__ start stop wait unsubscribe close",
        "QueueListener": "__init__ start get unsubscribe close",
        "Message": "ack",
        "Realtime": "__init__ start stop close",
    },
}
