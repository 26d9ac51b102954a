"""A group of users ("global role"), its members and its permissions."""

from __future__ import annotations

from typing import Any

from sdk.model import fields
from sdk.model.entity import Entity
from sdk.model.object import CumulocityObject
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


def tenant_path(c8y: CumulocityRestClient, *segments: str | int) -> str:
    """A resource below ``/user/{tenant}``.

    Raises:
        ValueError: when the client does not know its tenant's id.
    """
    if not c8y.tenant_id:
        raise ValueError("Users are addressed through their tenant: give the client its tenant_id.")
    return codec.path("user", c8y.tenant_id, *segments)


class UserGroup(Entity):
    """A group of users with permissions; the platform's pages call it a global role."""

    __slots__ = ()
    _media = "group"
    _server_only = Entity._server_only | {"roles", "users", "devicePermissions"}

    name = fields.text("name")
    description = fields.text("description")

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        name: str | None = None,
        description: str | None = None,
        **fragments: Any,
    ) -> None:
        known = {"name": name, "description": description}
        given = {key: value for key, value in known.items() if value is not None}
        super().__init__(c8y, **given, **fragments)

    @classmethod
    def _collection_path(cls, c8y: CumulocityRestClient) -> str:
        return tenant_path(c8y, "groups")

    @property
    def roles(self) -> list[str]:
        """The names of the permissions that the answer held, e.g. ROLE_ALARM_READ."""
        return [str(one.get("id") or one.get("name")) for one in embedded(self, "roles", "role")]

    def assign_users(self, *users: str) -> None:
        """Make users members, at once (POST …/users each)."""
        for user in users:
            join(self._client(), self._key(), user)

    def unassign_users(self, *users: str) -> None:
        """Take users out, at once (DELETE …/users/{name} each)."""
        for user in users:
            leave(self._client(), self._key(), user)

    def assign_roles(self, *role_ids: str) -> None:
        """Give permissions, at once (POST …/roles each)."""
        for role in role_ids:
            grant(self._client(), self._key(), role)

    def unassign_roles(self, *role_ids: str) -> None:
        """Take permissions away, at once (DELETE …/roles/{name} each)."""
        for role in role_ids:
            revoke(self._client(), self._key(), role)


# The name on the pages of the platform.
GlobalRole = UserGroup


def join(c8y: CumulocityRestClient, group_id: int | str, user: str) -> None:
    """Make a user a member of a group (POST /user/{t}/groups/{g}/users)."""
    member = {"user": {"self": c8y.base_url + tenant_path(c8y, "users", user)}}
    place = tenant_path(c8y, "groups", group_id, "users")
    c8y.post(place, json=member, accept=vendor("userreference"), content_type=vendor("userreference"))


def leave(c8y: CumulocityRestClient, group_id: int | str, user: str) -> None:
    """Take a user out of a group (DELETE /user/{t}/groups/{g}/users/{u})."""
    c8y.delete(tenant_path(c8y, "groups", group_id, "users", user))


def grant(c8y: CumulocityRestClient, group_id: int | str, role: str) -> None:
    """Give a permission to a group (POST /user/{t}/groups/{g}/roles)."""
    permission = {"role": {"self": c8y.base_url + codec.path("user", "roles", role)}}
    place = tenant_path(c8y, "groups", group_id, "roles")
    c8y.post(place, json=permission, accept=vendor("rolereference"), content_type=vendor("rolereference"))


def revoke(c8y: CumulocityRestClient, group_id: int | str, role: str) -> None:
    """Take a permission from a group (DELETE /user/{t}/groups/{g}/roles/{r})."""
    c8y.delete(tenant_path(c8y, "groups", group_id, "roles", role))


def groups_of(c8y: CumulocityRestClient, user: str) -> Query[UserGroup]:
    """A query for the groups of a user (GET /user/{t}/users/{u}/groups)."""
    place = tenant_path(c8y, "users", user, "groups")
    return Query(c8y, Listing(place, "references", "group"), UserGroup, {})


def embedded(one: CumulocityObject, key: str, element: str) -> list[dict[str, Any]]:
    """The objects that an answer holds as references below a key."""
    found = one.get(f"{key}.references") or []
    wrapped = [reference.get(element) for reference in found if isinstance(reference, dict)]
    return [member for member in wrapped if isinstance(member, dict)]
