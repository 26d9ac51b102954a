"""Who may do what: global roles from groups, and inventory roles on an object and everything below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk.sandbox.call import Json

if TYPE_CHECKING:
    from sdk.sandbox.signin import Caller
    from sdk.sandbox.store.tenant import Tenant

ROLES = (
    *(
        f"ROLE_{name}_{right}"
        for name in (
            "ALARM", "APPLICATION_MANAGEMENT", "AUDIT", "BINARY", "BULK_OPERATION", "DEVICE_CONTROL", "EVENT",
            "IDENTITY", "INVENTORY", "MANAGED_OBJECT", "MEASUREMENT", "OPTION_MANAGEMENT", "RETENTION_RULE",
            "TENANT_MANAGEMENT", "USER_MANAGEMENT", "USER_MANAGEMENT_OWN",
        )
        for right in ("READ", "ADMIN")
    ),
    "ROLE_BINARY_CREATE", "ROLE_INVENTORY_CREATE", "ROLE_MANAGED_OBJECT_CREATE",
    "ROLE_TENANT_MANAGEMENT_CREATE", "ROLE_USER_MANAGEMENT_CREATE",
    "ROLE_DEVICE", "ROLE_DEVICE_BOOTSTRAP", "ROLE_NOTIFICATION_2_ADMIN", "ROLE_TENANT_ADMIN",
    "ROLE_TENANT_MANAGEMENT_UPDATE", "ROLE_TENANT_STATISTICS_READ",
)  # fmt: skip


class Access:
    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def roles_of(self, user: str) -> frozenset[str]:
        """The effective global roles of a user: the direct ones and those of the groups."""
        roles = set(self._tenant.user_roles.get(user, ()))
        for group in self._tenant.groups.values():
            if user in group["users"]:
                roles.update(group["roles"])
        return frozenset(roles)

    def permits(self, caller: Caller, source: str, scope: str) -> bool:
        """Whether the caller owns `source`, or has the permission `<SCOPE>:<READ|ADMIN>` on it by an
        inventory role.
        """
        document = self._tenant.inventory.objects.get(source)
        if document is None or not scope:
            return False
        if document.get("owner") == caller.name or self._by_device(caller.name, document, scope):
            return True
        grants = self.grants(caller)
        if not grants:
            return False
        wanted, right = scope.split(":")
        above = self._tenant.inventory.ancestors(source)
        return any(
            _covers(permission, wanted, right, document)
            for granted, permissions in grants
            if granted in above
            for permission in permissions
        )

    def _by_device(self, user: str, document: Json, scope: str) -> bool:
        """Whether a device permission of the user, or of one of the groups, covers the scope."""
        wanted, right = scope.split(":")
        groups = (group for group in self._tenant.groups.values() if user in group["users"])
        return any(
            api in (wanted, "*") and fragment in ("*", *document) and permission in (right, "*")
            for holder in (self._tenant.users.get(user, {}), *groups)
            for api, fragment, permission in (
                text.split(":") for text in holder.get("devicePermissions", {}).get(document["id"], ())
            )
        )

    def grants(self, caller: Caller) -> list[tuple[str, list[Json]]]:
        """(object id, permissions) of each inventory assignment of the caller; read once for each call."""
        if caller.grants is None:
            caller.grants = [
                (assignment["managedObject"], [
                    permission
                    for role in assignment["roles"]
                    for permission in self._tenant.inventory_roles.get(role, {}).get("permissions", ())
                ])
                for assignment in self._tenant.assignments.get(caller.name, {}).values()
            ]  # fmt: skip
        return caller.grants


def _covers(permission: Json, scope: str, right: str, document: Json) -> bool:
    return (
        permission["scope"] in (scope, "*")
        and permission["permission"] in (right, "*", "ADMIN" if right == "READ" else right)
        and permission.get("type", "*") in ("*", document.get("type"))
    )
