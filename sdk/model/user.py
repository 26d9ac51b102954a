"""A user, the current user, and their two-factor settings."""

from __future__ import annotations

from typing import Any, Self

from sdk.model import fields
from sdk.model.entity import Entity
from sdk.model.inventory_roles import InventoryRole, InventoryRoleAssignment, InventoryRoles
from sdk.model.totp import OwnTotp
from sdk.model.user_group import UserGroup, grant, groups_of, join, leave, revoke, role_names, tenant_path
from sdk.rest import codec, documents
from sdk.rest.auth import BasicAuth
from sdk.rest.client import CumulocityRestClient


class User(Entity):
    """A user of the tenant.

    Args:
        username: up to 1000 characters without blanks, slashes, ``+``, ``$`` and ``:``.
        password: None lets the platform send a mail in which the user sets one.
        require_password_reset: whether the user must choose a new password at the next sign-in.
    """

    __slots__ = ()
    _media = "user"
    _server_only = Entity._server_only | {
        "groups",
        "roles",
        "applications",
        "devicePermissions",
        "owner",
        "lastPasswordChange",
        "passwordStrength",
        "twoFactorAuthenticationEnabled",
    }
    _fixed = frozenset({"userName"})

    username = fields.text("userName")
    email = fields.text("email")
    enabled = fields.flag("enabled")
    display_name = fields.text("displayName")
    first_name = fields.text("firstName")
    last_name = fields.text("lastName")
    phone = fields.text("phone")
    owner = fields.text("owner", readonly=True)
    tfa_enabled = fields.flag("twoFactorAuthenticationEnabled", readonly=True)
    require_password_reset = fields.flag("shouldResetPassword")
    last_password_change = fields.time("lastPasswordChange", readonly=True)
    last_password_change_datetime = fields.moment("lastPasswordChange", readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        username: str | None = None,
        email: str | None = None,
        enabled: bool = True,
        display_name: str | None = None,
        password: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        phone: str | None = None,
        tfa_enabled: bool | None = None,
        require_password_reset: bool | None = None,
        **fragments: Any,
    ) -> None:
        known = {
            "userName": username,
            "email": email,
            "enabled": enabled,
            "displayName": display_name,
            "password": password,
            "firstName": first_name,
            "lastName": last_name,
            "phone": phone,
            "twoFactorAuthenticationEnabled": tfa_enabled,
            "shouldResetPassword": require_password_reset,
        }
        super().__init__(c8y, **codec.present(known), **fragments)

    @classmethod
    def _collection_path(cls, c8y: CumulocityRestClient) -> str:
        return tenant_path(c8y, "users")

    def _key(self) -> str:
        return self.id or self.username or super()._key()

    def _content(self) -> dict[str, Any]:
        content = super()._content()
        if "password" not in content:
            content.setdefault("sendPasswordResetEmail", True)
        return content

    def _appliable(self) -> dict[str, Any]:
        content = super()._appliable()
        content.pop("sendPasswordResetEmail", None)
        return content

    @property
    def groups(self) -> list[UserGroup]:
        """The groups that the answer held; ``retrieve_global_roles`` asks for all of them."""
        found = documents.references(self.json, "groups", "group")
        return [UserGroup.from_json(one, self.c8y) for one in found]

    @property
    def roles(self) -> list[str]:
        """The names of the permissions that the user has without a group, as the answer held them."""
        return role_names(self)

    def assign_global_role(self, group_id: int | str) -> None:
        """Make the user a member of a group, at once (POST /user/{tenant}/groups/{g}/users)."""
        join(self._client(), group_id, self._key())

    def unassign_global_role(self, group_id: int | str) -> None:
        """Take the user out of a group, at once (DELETE /user/{tenant}/groups/{g}/users/{u})."""
        leave(self._client(), group_id, self._key())

    def assign_roles(self, *role_ids: str) -> None:
        """Give the user permissions without a group, at once (POST …/users/{id}/roles each)."""
        for role in role_ids:
            grant(self._client(), self._key(), role, "users")

    def unassign_roles(self, *role_ids: str) -> None:
        """Take permissions from the user that come from no group, at once (DELETE …/roles/{name} each)."""
        for role in role_ids:
            revoke(self._client(), self._key(), role, "users")

    def retrieve_global_roles(self) -> list[UserGroup]:
        """All groups of the user (GET …/users/{id}/groups)."""
        return groups_of(self._client(), self._key()).all()

    def retrieve_inventory_role_assignments(self) -> list[InventoryRoleAssignment]:
        """What the user may do with parts of the inventory (GET …/users/{id}/roles/inventory)."""
        return InventoryRoles(self._client()).get_assignments(self._key())

    def assign_inventory_roles(
        self, managed_object_id: str | int, *roles: InventoryRole | int | str
    ) -> InventoryRoleAssignment:
        """Give the user roles for an object and all below it, at once; see ``InventoryRoles.assign``."""
        return InventoryRoles(self._client()).assign(self._key(), managed_object_id, *roles)

    def unassign_inventory_roles(self, *assignment_ids: str | int) -> None:
        """Take assignments away, at once (DELETE …/users/{id}/roles/inventory/{a} each)."""
        InventoryRoles(self._client()).unassign(self._key(), *assignment_ids)

    def set_owner(self, user_id: str | None) -> None:
        """Set the parent user, None for none (PUT or DELETE …/owner)."""
        self._set_relation("owner", user_id)

    def set_delegate(self, user_id: str | None) -> None:
        """Set the delegate, None for none (PUT or DELETE …/delegatedby)."""
        self._set_relation("delegatedby", user_id)

    def _set_relation(self, kind: str, user_id: str | None) -> None:
        c8y = self._client()
        place = f"{self._object_path(c8y, self._key())}/{kind}"
        if user_id is None:
            c8y.delete(place)
        else:
            c8y.put(place, json={"name": user_id})


class CurrentUser(OwnTotp, User):
    """The user a client acts as."""

    __slots__ = ()
    _media = "currentuser"
    _place = "/user/currentUser"

    @classmethod
    def _object_path(cls, c8y: CumulocityRestClient, key: str | int) -> str:
        return cls._place

    @property
    def effective_roles(self) -> list[str]:
        """The names of all permissions the user has, directly or by groups."""
        found = documents.objects(self.json, "effectiveRoles")
        return [str(one.get("id") or one.get("name")) for one in found]

    def has_role(self, *roles: str) -> bool:
        """Whether the user has at least one of these permissions."""
        return not set(self.effective_roles).isdisjoint(roles)

    def update_password(self, current_password: str, new_password: str) -> None:
        """Change the own password (PUT /user/currentUser/password).

        The client goes on with the new one if it signs in with it; other clients must be made anew.

        Raises:
            Invalid: when the new one is too weak or was used before.
        """
        json = {"currentUserPassword": current_password, "newPassword": new_password}
        c8y = self._client()
        c8y.put(f"{self._place}/password", json=json)
        if isinstance(c8y.auth, BasicAuth):
            c8y.auth.change_password(new_password)

    def create(self) -> Self:
        """Not possible: the current user is there."""
        raise NotImplementedError("The current user cannot be created.")
