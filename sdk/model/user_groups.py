"""Groups of users ("global roles") and the permissions they can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from sdk.model import fields, user_group
from sdk.model.bulk import each
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.entity import Entity
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.user import User
from sdk.model.user_group import UserGroup, groups_of, tenant_path
from sdk.rest.media_types import vendor


class Role(Entity):
    """A permission such as ROLE_ALARM_ADMIN; the platform defines them."""

    __slots__ = ()
    _media = "role"
    _path = "/user/roles"
    name = fields.text("name", readonly=True)


class RolePaging(Paging, total=False):
    """Paging only: the platform knows no filter of permissions."""


class Roles(Collection[Role]):
    """The permissions there are, to read."""

    model = Role
    listing = Listing("/user/roles", "roles", accept=vendor("rolecollection"))
    vocabulary = Vocabulary(RolePaging)

    def where(self, expression: str | None = None, /) -> Query[Role]:
        """A query for all permissions (GET /user/roles), sent when it is used."""
        return self._query(expression, {})

    @spelled_out
    def _asked(self, expression: str | None = None, /, **paging: Unpack[RolePaging]) -> Selection[Role]:
        """Args: see ``Paging``."""
        return self._select(expression, paging)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)


class UserGroupFilter(TypedDict, total=False):
    """The filter of a list of groups: the groups of one user."""

    username: str


class UserGroupQuery(UserGroupFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class UserGroups(Collection[UserGroup]):
    """The groups of users in the tenant."""

    model = UserGroup
    vocabulary = Vocabulary(UserGroupFilter)

    @property
    def listing(self) -> Listing:  # type: ignore[override]
        """Where the groups of this client's tenant are listed."""
        return Listing(tenant_path(self.c8y, "groups"), "groups", accept=vendor("groupcollection"))

    @spelled_out
    def where(self, expression: str | None = None, /, **filters: Unpack[UserGroupFilter]) -> Query[UserGroup]:
        """A query for groups (GET /user/{tenant}/groups or …/users/{u}/groups), sent when it is used."""
        return self._query(expression, filters)

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[UserGroupQuery]
    ) -> Selection[UserGroup]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> Query[UserGroup]:
        given = dict(filters)
        username = given.pop("username", None)
        if username is None:
            return super()._query(expression, given)
        self._params(expression, given)
        return groups_of(self.c8y, username)

    def get(self, group_id: int | str) -> UserGroup:
        """Read one group (GET /user/{tenant}/groups/{id})."""
        return super().get(str(group_id))

    def get_by_name(self, name: str) -> UserGroup:
        """The group with this name (GET /user/{tenant}/groupByName/{name})."""
        raw = self.c8y.read(tenant_path(self.c8y, "groupByName", name), (), vendor("group"))
        return UserGroup._from_raw(raw, self.c8y)

    def resolve_group_ids(self, *names: str) -> list[int]:
        """The numeric ids of groups, in the order of their names.

        Raises:
            NotFound: when one of them does not exist.
        """
        return [int(self.get_by_name(name).id or 0) for name in names]

    def build_object_path(self, object_id: int | str) -> str:
        """The resource of a group."""
        return tenant_path(self.c8y, "groups", object_id)

    def delete(self, *groups: UserGroup | str | int, workers: int | None = None) -> None:
        """Delete groups, given as objects or ids (DELETE each); their users stay."""
        super().delete(*(str(one) if isinstance(one, int) else one for one in groups), workers=workers)

    def users(self, group_id: int | str) -> Query[User]:
        """A query for the members of a group (GET …/groups/{g}/users)."""
        place = tenant_path(self.c8y, "groups", group_id, "users")
        return Query(self.c8y, Listing(place, "references", "user"), User, {})

    def get_users(self, group_id: int | str, *, limit: int | None = 5) -> list[User]:
        """The members of a group as a list; None as the ``limit`` for all."""
        return self.users(group_id).limit(limit).all()

    def get_roles(self, group_id: int | str) -> list[Role]:
        """The permissions of a group (GET …/groups/{g}/roles)."""
        place = tenant_path(self.c8y, "groups", group_id, "roles")
        return Query(self.c8y, Listing(place, "references", "role", totals=""), Role, {}).all()

    def role_names(self, group_id: int | str) -> list[str]:
        """The names of the permissions of a group (GET …/groups/{g}/roles)."""
        return [one.id or one.name or "" for one in self.get_roles(group_id)]

    def assign_users(self, group_id: int | str, *usernames: str, workers: int | None = None) -> None:
        """Make users members of a group (POST …/groups/{g}/users each)."""
        each(lambda name: user_group.join(self.c8y, group_id, name), usernames, workers)

    def unassign_users(self, group_id: int | str, *usernames: str, workers: int | None = None) -> None:
        """Take users out of a group (DELETE …/groups/{g}/users/{u} each)."""
        each(lambda name: user_group.leave(self.c8y, group_id, name), usernames, workers)

    def assign_roles(self, group_id: int | str, *role_ids: str, workers: int | None = None) -> None:
        """Give permissions to a group (POST …/groups/{g}/roles each); Conflict if it has one already."""
        each(lambda role: user_group.grant(self.c8y, group_id, role), role_ids, workers)

    def unassign_roles(self, group_id: int | str, *role_ids: str, workers: int | None = None) -> None:
        """Take permissions from a group (DELETE …/groups/{g}/roles/{r} each)."""
        each(lambda role: user_group.revoke(self.c8y, group_id, role), role_ids, workers)


# The name on the pages of the platform.
GlobalRoles = UserGroups
