"""The users of the tenant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypedDict, Unpack

from sdk.model.bulk import each
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.device_permissions import DevicePermissions
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.tenant import TenantTfaSettings
from sdk.model.tenants import Tenants
from sdk.model.totp import TfaSettings
from sdk.model.user import CurrentUser, User
from sdk.model.user_group import grant, revoke, tenant_path
from sdk.rest.media_types import vendor


class UserFilter(TypedDict, total=False):
    """The filters of a list of users.

    ``username``: how the name begins. ``username_contains``: a part of it; not together with ``username``.
    ``groups``: ids of groups. ``only_devices``: the users of devices, which are left out otherwise.
    """

    username: str
    username_contains: str
    groups: str | int | Iterable[str | int]
    owner: str
    only_devices: bool
    with_subusers_count: bool


class UserQuery(UserFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class Users(DevicePermissions, Collection[User]):
    """The users of the tenant."""

    model = User
    vocabulary = Vocabulary(UserFilter, lists=frozenset({"groups"}))

    @property
    def listing(self) -> Listing:  # type: ignore[override]
        """Where the users of this client's tenant are listed."""
        return Listing(tenant_path(self.c8y, "users"), "users", accept=vendor("usercollection"))

    @spelled_out
    def where(self, expression: str | None = None, /, **filters: Unpack[UserFilter]) -> Query[User]:
        """A query for users (GET /user/{tenant}/users), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"onlyDevices=true"``.
            filters: see ``UserFilter``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _asked(self, expression: str | None = None, /, **query: Unpack[UserQuery]) -> Selection[User]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def get_by_name(self, username: str) -> User:
        """The user with this name (GET /user/{tenant}/userByName/{name}); ids may differ from names.

        Raises:
            NotFound: when there is none.
        """
        raw = self.c8y.read(tenant_path(self.c8y, "userByName", username), (), vendor("user"))
        return User._from_raw(raw, self.c8y)

    def get_current(self) -> CurrentUser:
        """The user this client acts as, with all effective permissions (GET /user/currentUser)."""
        return CurrentUser._read(self.c8y, "current")

    def reset_password(
        self, username: str, new_password: str | None = None, send_email: bool | None = None
    ) -> None:
        """Let a user get a new password (PUT /user/{tenant}/users/{id}).

        Args:
            new_password: set this one; newer platforms refuse to set the password of others.
            send_email: whether the platform sends a mail to choose one; by default without ``new_password``.
        """
        mail = new_password is None if send_email is None else send_email
        json = {"sendPasswordResetEmail": mail} | ({"password": new_password} if new_password else {})
        User._put(self.c8y, username, json)

    def set_current_password(self, current_password: str, new_password: str) -> None:
        """Change the own password; see ``CurrentUser.update_password``."""
        CurrentUser.from_json({}, self.c8y).update_password(current_password, new_password)

    def set_owner(self, user_id: str, owner_id: str | None) -> None:
        """Set the parent of a user, None for none (PUT or DELETE …/owner)."""
        User.from_json({"id": user_id}, self.c8y).set_owner(owner_id)

    def set_delegate(self, user_id: str, delegate_id: str | None) -> None:
        """Set the delegate of a user, None for none (PUT or DELETE …/delegatedby)."""
        User.from_json({"id": user_id}, self.c8y).set_delegate(delegate_id)

    def assign_roles(self, username: str, *role_ids: str, workers: int | None = None) -> None:
        """Give a user permissions without a group (POST /user/{tenant}/users/{id}/roles each).

        Raises:
            BulkError: when one of several failed; a single one raises its own error.
        """
        each(lambda role: grant(self.c8y, username, role, "users"), role_ids, workers)

    def unassign_roles(self, username: str, *role_ids: str, workers: int | None = None) -> None:
        """Take permissions from a user that come from no group (DELETE …/users/{id}/roles/{name} each)."""
        each(lambda role: revoke(self.c8y, username, role, "users"), role_ids, workers)

    def get_tfa_settings(self, user_id: str) -> TfaSettings:
        """The two-factor settings of a user (GET /user/{tenant}/users/{id}/tfa)."""
        return TfaSettings.from_json(self.c8y.get(tenant_path(self.c8y, "users", user_id, "tfa")))

    def get_tenant_tfa(self) -> TenantTfaSettings:
        """The two-factor settings of the tenant; see ``Tenants.get_tfa``."""
        return Tenants(self.c8y).get_tfa()

    def set_tenant_tfa(self, strategy: Literal["SMS", "TOTP"]) -> None:
        """Set how the second factor works in the tenant; see ``Tenants.set_tfa``."""
        Tenants(self.c8y).set_tfa(strategy)

    def revoke_totp_secret(self, user_id: str) -> None:
        """Forget a user's TOTP secret (DELETE …/totpSecret/revoke); the next sign-in sets up a new one."""
        self.c8y.delete(tenant_path(self.c8y, "users", user_id, "totpSecret", "revoke"))

    def logout(self) -> None:
        """End the OAI-Secure session this client uses (POST /user/logout)."""
        self.c8y.post("/user/logout")

    def logout_all(self) -> None:
        """End all sessions of all users of the tenant (POST /user/logout/{tenant}/allUsers)."""
        self.c8y.post(f"/user/logout{tenant_path(self.c8y, 'allUsers').removeprefix('/user')}")
