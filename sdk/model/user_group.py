"""A group of users ("global role"), its members and its permissions."""

from __future__ import annotations

from typing import Any, Literal

from sdk.model import fields
from sdk.model.entity import Entity
from sdk.model.object import CumulocityObject
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

Holders = Literal["groups", "users"]


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
    _always = ("name",)

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
        super().__init__(c8y, **codec.present(known), **fragments)

    @classmethod
    def _collection_path(cls, c8y: CumulocityRestClient) -> str:
        return tenant_path(c8y, "groups")

    @property
    def roles(self) -> list[str]:
        """The names of the permissions that the answer held, e.g. ROLE_ALARM_READ."""
        return role_names(self)

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


def role_names(one: CumulocityObject) -> list[str]:
    """The names of the permissions that an answer about a user or a group held."""
    found = documents.references(one.json, "roles", "role")
    return [str(role.get("id") or role.get("name")) for role in found]


def join(c8y: CumulocityRestClient, group_id: int | str, user: str) -> None:
    """Make a user a member of a group (POST /user/{t}/groups/{g}/users)."""
    _refer(c8y, tenant_path(c8y, "groups", group_id, "users"), "user", tenant_path(c8y, "users", user))


def leave(c8y: CumulocityRestClient, group_id: int | str, user: str) -> None:
    """Take a user out of a group (DELETE /user/{t}/groups/{g}/users/{u})."""
    c8y.delete(tenant_path(c8y, "groups", group_id, "users", user))


def grant(c8y: CumulocityRestClient, holder: int | str, role: str, holders: Holders = "groups") -> None:
    """Give a permission to a group or a user (POST /user/{t}/groups/{g}/roles, …/users/{u}/roles)."""
    _refer(c8y, tenant_path(c8y, holders, holder, "roles"), "role", codec.path("user", "roles", role))


def revoke(c8y: CumulocityRestClient, holder: int | str, role: str, holders: Holders = "groups") -> None:
    """Take a permission from a group or a user (DELETE …/roles/{r})."""
    c8y.delete(tenant_path(c8y, holders, holder, "roles", role))


def _refer(c8y: CumulocityRestClient, place: str, kind: str, target: str) -> None:
    media = vendor(f"{kind}reference")
    c8y.post(place, json={kind: {"self": c8y.base_url + target}}, accept=media, content_type=media)


def groups_of(c8y: CumulocityRestClient, user: str) -> Query[UserGroup]:
    """A query for the groups of a user (GET /user/{t}/users/{u}/groups)."""
    place = tenant_path(c8y, "users", user, "groups")
    return Query(c8y, Listing(place, "references", "group"), UserGroup, {})
