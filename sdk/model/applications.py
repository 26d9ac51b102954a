"""Applications: listed, made, subscribed to, and the current one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict, Unpack

from sdk.model.application import (
    Application,
    ApplicationSetting,
    ApplicationSubscription,
    ApplicationType,
)
from sdk.model.application_files import ApplicationFiles
from sdk.model.bulk import each
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.entity import key_of
from sdk.model.filters import Paging, Vocabulary
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.model.tenants import own_path
from sdk.rest import codec
from sdk.rest.media_types import vendor

_CURRENT: Final = "/application/currentApplication"


class ApplicationFilter(TypedDict, total=False):
    """The filters of a list of applications; they combine with *and*.

    ``owner``, ``subscriber``, ``provided_for``: ids of tenants that own them, are subscribed to them, or are
    subscribed to them without owning them. ``tenant``: that owns or is subscribed to them. ``user``: that may
    use them. ``type``: one or several.
    """

    name: str
    type: ApplicationType | str | Sequence[ApplicationType | str]
    owner: str
    user: str
    tenant: str
    subscriber: str
    provided_for: str
    has_versions: bool


class ApplicationQuery(ApplicationFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class Applications(ApplicationFiles, Collection[Application]):
    """The applications that the tenant knows."""

    model = Application
    listing = Listing("/application/applications", "applications", accept=vendor("applicationcollection"))
    vocabulary = Vocabulary(ApplicationFilter, lists=frozenset({"type"}))

    @spelled_out
    def where(
        self, expression: str | None = None, /, **filters: Unpack[ApplicationFilter]
    ) -> Query[Application]:
        """A query for applications (GET /application/applications), sent when it is used.

        Args:
            expression: a raw REST query string, not encoded, e.g. ``"type=HOSTED&owner=t1"``.
            filters: see ``ApplicationFilter``.
        """
        return self._query(expression, filters)

    @spelled_out
    def _asked(
        self, expression: str | None = None, /, **query: Unpack[ApplicationQuery]
    ) -> Selection[Application]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def get_by_name(self, name: str) -> list[Application]:
        """The applications with this name (GET /application/applicationsByName/{name})."""
        return self._listed("applicationsByName", name).all()

    def get_by_owner(self, tenant_id: str) -> list[Application]:
        """The applications that a tenant owns (GET /application/applicationsByOwner/{tenant})."""
        return self._listed("applicationsByOwner", tenant_id).all()

    def get_by_tenant(self, tenant_id: str) -> list[Application]:
        """The applications a tenant is subscribed to or owns (GET /application/applicationsByTenant/{t})."""
        return self._listed("applicationsByTenant", tenant_id).all()

    def get_by_user(self, username: str) -> list[Application]:
        """The applications a user may use (GET /application/applicationsByUser/{username})."""
        return self._listed("applicationsByUser", username).all()

    def _listed(self, kind: str, name: str) -> Query[Application]:
        place = codec.path("application", kind, name)
        return Query(self.c8y, Listing(place, "applications", accept=self.listing.accept), Application, {})

    def delete(
        self, *objects: Application | str, force: bool | None = None, workers: int | None = None
    ) -> None:
        """Delete applications, given as objects or ids (DELETE /application/applications/{id} each).

        Args:
            force: unsubscribe all tenants first; without it a subscribed application is refused.

        Raises:
            BulkError: see ``create``.
        """
        each(lambda one: self._delete_one(one, {"force": force}), objects, workers)

    def clone(
        self, application: Application | str, *, version: str | None = None, tag: str | None = None
    ) -> Application:
        """Copy an application into this tenant (POST …/clone).

        Args:
            version, tag: which version of it, one of the two at most.
        """
        if version and tag:
            raise ValueError("Either a version or a tag tells which one is meant.")
        place, kind = f"{self._place(application)}/clone", vendor("application")
        params = {"version": version, "tag": tag}
        return Application.from_json(self.c8y.post(place, params=params, accept=kind), self.c8y)

    def get_bootstrap_user(self, application: Application | str) -> ApplicationSubscription:
        """The user a microservice starts with (GET …/bootstrapUser)."""
        found = self.c8y.get(f"{self._place(application)}/bootstrapUser", accept=vendor("user"))
        return ApplicationSubscription.from_json(found, self.c8y)

    def subscribe(self, application: Application | str, tenant_id: str | None = None) -> None:
        """Subscribe a tenant, or this one, to an application (POST /tenant/tenants/{t}/applications).

        Microservices start in the background.

        Raises:
            Conflict: when it is subscribed already.
        """
        own = {"application": {"self": self.c8y.base_url + self._place(application)}}
        kind = vendor("applicationreference")
        self.c8y.post(self._tenant_place(tenant_id), json=own, accept=kind, content_type=kind)

    def unsubscribe(self, application: Application | str, tenant_id: str | None = None) -> None:
        """End the subscription of a tenant, or this one (DELETE /tenant/tenants/{t}/applications/{id})."""
        self.c8y.delete(f"{self._tenant_place(tenant_id)}/{codec.segment(key_of(application))}")

    def get_subscribed(self, tenant_id: str | None = None) -> list[Application]:
        """The applications a tenant, or this one, is subscribed to (GET /tenant/tenants/{t}/applications)."""
        place, accept = self._tenant_place(tenant_id), vendor("applicationreferencecollection")
        found = Query(self.c8y, Listing(place, "references", accept=accept), Application, {})
        return [_unwrapped(one) for one in found]

    def get_current(self) -> Application:
        """The application whose bootstrap user this client acts as (GET /application/currentApplication)."""
        return Application.from_json(self.c8y.get(_CURRENT, accept=vendor("application")), self.c8y)

    def update_current(self, json: Mapping[str, Any]) -> Application:
        """Write to the current application (PUT /application/currentApplication)."""
        kind = vendor("application")
        found = self.c8y.put(_CURRENT, json=dict(json), accept=kind, content_type=kind)
        return Application.from_json(found, self.c8y)

    def get_current_settings(self) -> list[ApplicationSetting]:
        """The settings that the current application declares (GET …/currentApplication/settings)."""
        found = self.c8y.get(f"{_CURRENT}/settings", accept=f"{vendor('option')}, application/json")
        if isinstance(found, dict):
            # Older platforms answer just the values.
            found = [{"key": key, "defaultValue": value} for key, value in found.items() if key != "self"]
        return [ApplicationSetting.from_json(one, self.c8y) for one in found]

    def get_current_subscriptions(self) -> list[ApplicationSubscription]:
        """Who has subscribed to the current application (GET …/currentApplication/subscriptions).

        Each holds a tenant's id and the credentials of the application there.
        """
        found = self.c8y.get(f"{_CURRENT}/subscriptions", accept=vendor("applicationusercollection"))
        return ApplicationSubscription._listed(found, "users", self.c8y)

    def _tenant_place(self, tenant_id: str | None) -> str:
        return own_path(self.c8y, tenant_id, "applications")


def _unwrapped(one: Application) -> Application:
    """References hold the application once more, on some platforms."""
    inner = one.get("application")
    return Application.from_json(inner, one.c8y) if isinstance(inner, dict) else one
