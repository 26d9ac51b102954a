"""Inventory roles: permissions for parts of the inventory, assigned to users object by object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Self, Unpack

from sdk.model import fields
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.entity import Entity
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.user_group import tenant_path
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor


class Level(StrEnum):
    """What may be done."""

    ANY = "*"
    READ = "READ"
    WRITE = "ADMIN"


class Scope(StrEnum):
    """With what kind of data."""

    ANY = "*"
    ALARM = "ALARM"
    AUDIT = "AUDIT"
    EVENT = "EVENT"
    MEASUREMENT = "MEASUREMENT"
    MANAGED_OBJECT = "MANAGED_OBJECT"
    OPERATION = "OPERATION"


class Permission(dict[str, Any]):
    """One permission of an inventory role, itself the JSON of it.

    Args:
        data: the JSON to start from.
        level: what may be done; the JSON's key is ``permission``.
        scope: with what kind of data.
        type: with which type of it, ``*`` for all.
    """

    Level = Level
    Scope = Scope

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        level: str = Level.ANY,
        scope: str = Scope.ANY,
        type: str = "*",
    ) -> None:
        super().__init__(data or {"permission": str(level), "scope": str(scope), "type": type})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A permission as the tenant sent it."""
        made = cls.__new__(cls)
        dict.__init__(made, data)
        return made

    @property
    def level(self) -> str:
        """What may be done."""
        return str(self.get("permission", Level.ANY))

    @property
    def permission(self) -> str:
        """Another name of ``level``."""
        return self.level

    @property
    def scope(self) -> str:
        """With what kind of data."""
        return str(self.get("scope", Scope.ANY))

    @property
    def type(self) -> str:
        """With which type of it."""
        return str(self.get("type", "*"))


class ReadPermission(Permission):
    """May read."""

    def __init__(self, scope: str = Scope.ANY, type: str = "*") -> None:
        super().__init__(level=Level.READ, scope=scope, type=type)


class WritePermission(Permission):
    """May read and write."""

    def __init__(self, scope: str = Scope.ANY, type: str = "*") -> None:
        super().__init__(level=Level.WRITE, scope=scope, type=type)


class AnyPermission(Permission):
    """May do everything."""

    def __init__(self, scope: str = Scope.ANY, type: str = "*") -> None:
        super().__init__(level=Level.ANY, scope=scope, type=type)


class InventoryRole(Entity):
    """A named set of permissions."""

    __slots__ = ()
    _media = "inventoryrole"
    _path = "/user/inventoryroles"

    name = fields.text("name")
    description = fields.text("description")

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        name: str | None = None,
        description: str | None = None,
        permissions: Iterable[Permission] | None = None,
    ) -> None:
        known = {"name": name, "description": description}
        super().__init__(c8y, **codec.present(known))
        if permissions is not None:
            self.permissions = list(permissions)

    def _content(self) -> dict[str, Any]:
        return {"description": "", **super()._content()}

    @property
    def permissions(self) -> list[Permission]:
        """Its permissions; assign a list to change them."""
        return [Permission.from_json(one) for one in documents.objects(self.json, "permissions")]

    @permissions.setter
    def permissions(self, permissions: Iterable[Permission]) -> None:
        self["permissions"] = [dict(one) for one in permissions]


class InventoryRoleAssignment(Entity):
    """Roles that a user has for one object and everything below it."""

    __slots__ = ()
    _media = "inventoryassignment"

    managed_object_id = fields.Field[str]("managedObject", lambda raw: str(raw), readonly=True)

    @property
    def roles(self) -> list[InventoryRole]:
        """The roles."""
        return [InventoryRole.from_json(one, self.c8y) for one in documents.objects(self.json, "roles")]


class InventoryRolePaging(Paging, total=False):
    """Paging only: the platform knows no filter of inventory roles."""


class InventoryRoles(Collection[InventoryRole]):
    """The inventory roles of the tenant, and who has which."""

    model = InventoryRole
    listing = Listing("/user/inventoryroles", "roles", accept=vendor("inventoryrolecollection"))
    vocabulary = Vocabulary(InventoryRolePaging)

    def where(self, expression: str | None = None, /) -> Query[InventoryRole]:
        """A query for all inventory roles (GET /user/inventoryroles), sent when it is used."""
        return self._query(expression, {})

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **paging: Unpack[InventoryRolePaging]
    ) -> Selection[InventoryRole]:
        """Args: see ``Paging``."""
        return self._select(expression, paging)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def get_assignments(self, username: str) -> list[InventoryRoleAssignment]:
        """What a user is assigned (GET /user/{tenant}/users/{u}/roles/inventory)."""
        found = self.c8y.get(_place(self.c8y, username), accept=vendor("inventoryassignmentcollection"))
        return InventoryRoleAssignment._listed(found, "inventoryAssignments", self.c8y)

    def get_assignment(self, username: str, assignment_id: str | int) -> InventoryRoleAssignment:
        """One of a user's assignments (GET /user/{tenant}/users/{u}/roles/inventory/{id}).

        Raises:
            NotFound: when the user has none with this id.
        """
        place = f"{_place(self.c8y, username)}/{codec.segment(assignment_id)}"
        found = self.c8y.get(place, accept=vendor("inventoryassignment"))
        return InventoryRoleAssignment.from_json(found, self.c8y)

    def assign(
        self, username: str, managed_object_id: str | int, *roles: InventoryRole | int | str
    ) -> InventoryRoleAssignment:
        """Give a user roles for an object (POST /user/{tenant}/users/{u}/roles/inventory).

        Args:
            roles: objects, ids (int or digits), or names.
        """
        json = {"managedObject": str(managed_object_id), "roles": [_reference(one) for one in roles]}
        media = vendor("inventoryassignment")
        found = self.c8y.post(_place(self.c8y, username), json=json, accept=media, content_type=media)
        return InventoryRoleAssignment.from_json(found, self.c8y)

    def reassign(
        self, username: str, assignment_id: str | int, *roles: InventoryRole | int | str
    ) -> InventoryRoleAssignment:
        """Replace all roles of an assignment (PUT …/roles/inventory/{id})."""
        place = f"{_place(self.c8y, username)}/{codec.segment(assignment_id)}"
        media = vendor("inventoryassignment")
        json = {"roles": [_reference(one) for one in roles]}
        return InventoryRoleAssignment.from_json(
            self.c8y.put(place, json=json, accept=media, content_type=media), self.c8y
        )

    def unassign(self, username: str, *assignment_ids: str | int) -> None:
        """Take assignments away (DELETE …/roles/inventory/{id} each)."""
        for one in assignment_ids:
            self.c8y.delete(f"{_place(self.c8y, username)}/{codec.segment(one)}")

    def unassign_by(self, username: str, *managed_object_ids: str | int) -> None:
        """Take away everything that a user is assigned for these objects."""
        wanted = {str(one) for one in managed_object_ids}
        found = self.get_assignments(username)
        self.unassign(username, *(str(one.id) for one in found if one.managed_object_id in wanted))


def _place(c8y: CumulocityRestClient, username: str) -> str:
    return tenant_path(c8y, "users", username, "roles", "inventory")


def _reference(role: InventoryRole | int | str) -> dict[str, Any]:
    """A role as assignments name it: the platform describes names for new ones, and takes ids too."""
    if isinstance(role, InventoryRole):
        role = role.name or role.id or ""
    text = str(role)
    return {"id": int(text)} if text.isdecimal() else {"name": text}
