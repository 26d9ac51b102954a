"""One application, and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sdk.model import fields
from sdk.model.entity import Entity
from sdk.model.object import CumulocityObject
from sdk.rest import codec
from sdk.rest.auth import Auth, BasicAuth
from sdk.rest.client import CumulocityRestClient


class ApplicationType(StrEnum):
    """What an application is."""

    EXTERNAL = "EXTERNAL"
    HOSTED = "HOSTED"
    MICROSERVICE = "MICROSERVICE"


class ApplicationAvailability(StrEnum):
    """Who may subscribe to it."""

    PRIVATE = "PRIVATE"
    MARKET = "MARKET"
    SHARED = "SHARED"


class Application(Entity):
    """One application: a web application, a microservice, or something elsewhere.

    Args:
        name: its name.
        key: what it identifies itself by in requests.
        type: see ``ApplicationType``.
        availability: who may subscribe to it.
        context_path: where it is served.
        manifest: the manifest of a microservice or web application.
        roles, required_roles: permissions it provides, and permissions it needs.
        breadcrumbs, content_security_policy, dynamic_options_url, global_title, legacy, right_drawer,
            upgrade: how a web application is shown.
    """

    __slots__ = ()
    _media = "application"
    _path = "/application/applications"
    _server_only = Entity._server_only | {"owner", "activeVersionId", "resourcesUrl", "applicationVersions"}
    _fixed = frozenset({"type"})

    name = fields.text("name")
    key = fields.text("key")
    type = fields.choice("type", ApplicationType)
    availability = fields.choice("availability", ApplicationAvailability)
    context_path = fields.text("contextPath")
    description = fields.text("description")
    manifest = fields.document("manifest")
    roles = fields.texts("roles")
    required_roles = fields.texts("requiredRoles")
    breadcrumbs = fields.flag("breadcrumbs")
    content_security_policy = fields.text("contentSecurityPolicy")
    dynamic_options_url = fields.text("dynamicOptionsUrl")
    global_title = fields.text("globalTitle")
    legacy = fields.flag("legacy")
    right_drawer = fields.flag("rightDrawer")
    upgrade = fields.flag("upgrade")
    active_version_id = fields.text("activeVersionId", readonly=True)
    owner = fields.Field[str]("owner", lambda raw: _tenant_of(raw), readonly=True)

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        name: str | None = None,
        key: str | None = None,
        type: ApplicationType | str | None = None,
        availability: ApplicationAvailability | str | None = None,
        context_path: str | None = None,
        manifest: dict[str, Any] | None = None,
        roles: Iterable[str] | None = None,
        required_roles: Iterable[str] | None = None,
        breadcrumbs: bool | None = None,
        content_security_policy: str | None = None,
        dynamic_options_url: str | None = None,
        global_title: str | None = None,
        legacy: bool | None = None,
        right_drawer: bool | None = None,
        upgrade: bool | None = None,
        **fragments: Any,
    ) -> None:
        known = {
            "name": name,
            "key": key,
            "type": None if type is None else str(type),
            "availability": None if availability is None else str(availability),
            "contextPath": context_path,
            "manifest": manifest,
            "roles": None if roles is None else list(roles),
            "requiredRoles": None if required_roles is None else list(required_roles),
            "breadcrumbs": breadcrumbs,
            "contentSecurityPolicy": content_security_policy,
            "dynamicOptionsUrl": dynamic_options_url,
            "globalTitle": global_title,
            "legacy": legacy,
            "rightDrawer": right_drawer,
            "upgrade": upgrade,
        }
        super().__init__(c8y, **codec.present(known), **fragments)

    def resolve_tenant_option_category(self) -> str | None:
        """The category of the tenant options that the application owns; encrypted ones are shown to it alone.

        The first that is not blank of: the manifest's ``settingsCategory``, the context path, the name. (This
        is the platform's own rule; a client that takes the name first asks for the wrong category where they
        differ, and gets its own secrets encrypted.)
        """
        stated = self.get("manifest.settingsCategory")
        context = self.context_path or self.get("manifest.contextPath")
        found = [str(one).strip() for one in (stated, context, self.name) if one]
        return next((one for one in found if one), None)


class ApplicationSubscription(CumulocityObject):
    """The credentials of an application in a tenant subscribed to it; ``repr`` hides the password."""

    __slots__ = ()
    tenant_id = fields.text("tenant", readonly=True)
    username = fields.text("name", readonly=True)
    password = fields.text("password", readonly=True)

    @property
    def auth(self) -> Auth:
        """What signs the application in there.

        Raises:
            ValueError: when the tenant gave no credentials.
        """
        if not (self.tenant_id and self.username and self.password):
            raise ValueError("There are no complete credentials in this subscription.")
        return BasicAuth(f"{self.tenant_id}/{self.username}", self.password)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.tenant_id}/{self.username})"


class ApplicationSetting(CumulocityObject):
    """One setting that an application declares in its manifest."""

    __slots__ = ()
    key = fields.text("key", readonly=True)
    default_value = fields.text("defaultValue", readonly=True)
    value_schema = fields.document("valueSchema", readonly=True)
    editable = fields.flag("editable", readonly=True)
    inherited = fields.flag("inheritFromOwner", readonly=True)


class ApplicationBinary(CumulocityObject):
    """One archive that was uploaded for an application."""

    __slots__ = ()
    id = fields.text("id", readonly=True)
    name = fields.text("name", readonly=True)
    length = fields.integer("length", readonly=True)
    created = fields.time("created", readonly=True)
    created_datetime = fields.moment("created", readonly=True)
    context_path = fields.text("contextPath", readonly=True)


class ApplicationVersion(CumulocityObject):
    """One version of an application."""

    __slots__ = ()
    version = fields.text("version", readonly=True)
    binary_id = fields.text("binaryId", readonly=True)

    @property
    def tags(self) -> list[str]:
        """Its tags, such as "latest"."""
        return [str(one) for one in self.get("tags") or self.get("tag") or []]


def _tenant_of(raw: Any) -> str | None:
    tenant = raw.get("tenant") if isinstance(raw, dict) else None
    return str(tenant["id"]) if isinstance(tenant, dict) and "id" in tenant else None
