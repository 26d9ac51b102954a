"""Login options: how people sign in to the tenant, and what they may do then."""

from __future__ import annotations

from typing import Any, Final, Literal

from sdk.model import fields
from sdk.model.entity import Entity
from sdk.model.object import CumulocityObject
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

_PLACE: Final = "/tenant/loginOptions"


class LoginOption(Entity):
    """One way to sign in. What has no attribute here is read and written by its key.

    Args:
        type: BASIC, OAUTH2_INTERNAL (OAI-Secure) or OAUTH2 (single sign-on).
        fragments: the properties of the way, by JSON key.
    """

    __slots__ = ()
    _media = "authconfig"
    _path = "/tenant/loginOptions"

    type = fields.text("type")
    grant_type = fields.text("grantType")
    provider_name = fields.text("providerName")
    user_management_source = fields.text("userManagementSource")
    visible_on_login_page = fields.flag("visibleOnLoginPage")
    only_management_tenant_access = fields.flag("onlyManagementTenantAccess", readonly=True)
    session_configuration = fields.document("sessionConfiguration")
    init_request = fields.text("initRequest", readonly=True)
    tfa_strategy = fields.text("tfaStrategy", readonly=True)

    def __init__(
        self, c8y: CumulocityRestClient | None = None, *, type: str | None = None, **fragments: Any
    ) -> None:
        super().__init__(c8y, **({} if type is None else {"type": type}), **fragments)

    def _key(self) -> str:
        return self.id or self.type or super()._key()


class AccessMapping(CumulocityObject):
    """What someone whose token says this may do: groups and applications, or inventory roles.

    Its parts are read and written by key: ``when``, ``thenGroups``, ``thenApplications``,
    ``thenInventoryRoles``.
    """

    __slots__ = ()
    id = fields.text("id", readonly=True)


class LoginOptions:
    """The ways people sign in to the tenant; options are addressed by their type or id."""

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y
        self.access_mappings = AccessMappings(c8y, "accessMapping")
        self.inventory_access_mappings = AccessMappings(c8y, "inventoryAccessMapping")

    def get_all(self, *, management: bool | None = None, tenant_id: str | None = None) -> list[LoginOption]:
        """All ways to sign in (GET /tenant/loginOptions); the platform tells them anybody.

        Args:
            management: those of the management tenant.
            tenant_id: of this tenant, where the host does not tell it.
        """
        params = {"management": management, "tenantId": tenant_id}
        found = self.c8y.get(_PLACE, params=params, accept=vendor("loginoptioncollection"))
        return LoginOption._listed(found, "loginOptions", self.c8y)

    def get(self, type_or_id: str) -> LoginOption:
        """One way to sign in, with all its properties (GET /tenant/loginOptions/{typeOrId}).

        Raises:
            NotFound: when there is none.
        """
        return LoginOption._read(self.c8y, type_or_id)

    def create(self, option: LoginOption) -> LoginOption:
        """Add a way to sign in (POST /tenant/loginOptions).

        Raises:
            Invalid: when there is one of this type already.
        """
        return option._create(self.c8y)

    def update(self, option: LoginOption, *, terminate_user_sessions: bool | None = None) -> LoginOption:
        """Write a way to sign in as a whole (PUT /tenant/loginOptions/{typeOrId}).

        Args:
            terminate_user_sessions: whether everybody has to sign in anew.
        """
        place, kind = LoginOption._object_path(self.c8y, option._key()), vendor("authconfig")
        params = {"terminateUserSessions": terminate_user_sessions}
        json = option._content() | ({"id": option.id} if option.id else {})
        found = self.c8y.put(place, params=params, json=json, accept=kind, content_type=kind)
        return LoginOption.from_json(found, self.c8y)

    def restrict(self, type_or_id: str, target_tenant: str, *, only_management: bool) -> None:
        """Let just the management tenant change another's way to sign in (PUT …/restrict)."""
        self.c8y.put(
            f"{LoginOption._object_path(self.c8y, type_or_id)}/restrict",
            params={"targetTenant": target_tenant},
            json={"onlyManagementTenantAccess": only_management},
        )

    def delete(self, type_or_id: str) -> None:
        """Take a way to sign in away (DELETE /tenant/loginOptions/{typeOrId})."""
        self.c8y.delete(LoginOption._object_path(self.c8y, type_or_id))


class AccessMappings:
    """The rules of one kind that give rights to those who sign in by a way."""

    def __init__(
        self, c8y: CumulocityRestClient, kind: Literal["accessMapping", "inventoryAccessMapping"]
    ) -> None:
        self.c8y, self._kind = c8y, kind

    def get_all(self, type_or_id: str) -> list[AccessMapping]:
        """All rules of a way to sign in (GET …/{typeOrId}/accessMappings)."""
        found = self.c8y.get(self._place(type_or_id), accept=vendor(f"{self._kind}Collection"))
        return AccessMapping._listed(found, f"{self._kind}s", self.c8y)

    def get(self, type_or_id: str, id: str) -> AccessMapping:
        """One rule (GET …/accessMappings/{id})."""
        return AccessMapping.from_json(self.c8y.get(self._place(type_or_id, id), accept=vendor(self._kind)))

    def create(
        self, type_or_id: str, json: dict[str, Any], *, terminate_user_sessions: bool | None = None
    ) -> AccessMapping:
        """Add a rule (POST …/accessMappings).

        Args:
            json: its parts, see ``AccessMapping``.
            terminate_user_sessions: whether everybody has to sign in anew.
        """
        kind, params = vendor(self._kind), {"terminateUserSessions": terminate_user_sessions}
        place = self._place(type_or_id)
        found = self.c8y.post(place, params=params, json=json, accept=kind, content_type=kind)
        return AccessMapping.from_json(found, self.c8y)

    def update(
        self, type_or_id: str, id: str, json: dict[str, Any], *, terminate_user_sessions: bool | None = None
    ) -> AccessMapping:
        """Replace a rule (PUT …/accessMappings/{id}); see ``create``."""
        kind, params = vendor(self._kind), {"terminateUserSessions": terminate_user_sessions}
        place = self._place(type_or_id, id)
        found = self.c8y.put(place, params=params, json=json, accept=kind, content_type=kind)
        return AccessMapping.from_json(found, self.c8y)

    def delete(self, type_or_id: str, id: str, *, terminate_user_sessions: bool | None = None) -> None:
        """Take a rule away (DELETE …/accessMappings/{id})."""
        self.c8y.delete(self._place(type_or_id, id), {"terminateUserSessions": terminate_user_sessions})

    def _place(self, type_or_id: str, *ids: str) -> str:
        return codec.path("tenant", "loginOptions", type_or_id, f"{self._kind}s", *ids)
