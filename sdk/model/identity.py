"""External ids: what a device calls itself, bound to its managed object."""

from __future__ import annotations

from typing import Any, Self

from sdk.errors import NotFound, Refused
from sdk.model import fields
from sdk.model.bulk import each
from sdk.model.managed_object import ManagedObject
from sdk.model.object import CumulocityObject, only_objects
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

_MEDIA = vendor("externalid")


class ExternalId(CumulocityObject):
    """One external id of a managed object. It cannot be changed, only deleted and made anew."""

    __slots__ = ()
    external_id = fields.text("externalId")
    external_type = fields.text("type")
    managed_object_id = fields.reference("managedObject")

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        *,
        external_id: str | None = None,
        external_type: str | None = None,
        managed_object_id: str | None = None,
    ) -> None:
        known = {"externalId": external_id, "type": external_type}
        super().__init__(c8y, **codec.present(known))
        if managed_object_id is not None:
            self.managed_object_id = managed_object_id

    def create(self) -> Self:
        """Bind the id to its object (POST /identity/globalIds/{id}/externalIds); Conflict if it is taken."""
        return self._create(self._client())

    def _create(self, c8y: CumulocityRestClient) -> Self:
        place = codec.path("identity", "globalIds", self.managed_object_id or "", "externalIds")
        body = {"externalId": self.external_id, "type": self.external_type}
        c8y.post(place, json=body, accept=_MEDIA, content_type=_MEDIA)
        self.c8y = c8y
        return self

    def delete(self) -> None:
        """Unbind the id (DELETE /identity/externalIds/{type}/{externalId}); the object stays."""
        Identity(self._client()).delete(self)

    def get_object(self) -> ManagedObject:
        """The managed object it is bound to (GET /inventory/managedObjects/{id})."""
        c8y = self._client()
        known = self.managed_object_id
        if known is None:
            known = Identity(c8y).get_id(self.external_id or "", self.external_type or "")
        return ManagedObject._read(c8y, known)


class Identity:
    """The external ids of the tenant."""

    def __init__(self, c8y: CumulocityRestClient) -> None:
        self.c8y = c8y

    def get(self, external_id: str, external_type: str = "c8y_Serial") -> ExternalId:
        """Who bears an external id (GET /identity/externalIds/{type}/{externalId}).

        Raises:
            NotFound: when nobody does.
        """
        found = self.c8y.get(_path(external_id, external_type), accept=_MEDIA)
        return ExternalId.from_json(found, self.c8y)

    def get_id(self, external_id: str, external_type: str = "c8y_Serial") -> str:
        """The id of the managed object that bears an external id."""
        return self.get(external_id, external_type).managed_object_id or ""

    def get_object(self, external_id: str, external_type: str = "c8y_Serial") -> ManagedObject:
        """The managed object that bears an external id: see ``get_id``, then the object (GET)."""
        return ManagedObject._read(self.c8y, self.get_id(external_id, external_type))

    def get_all(self, object_id: str) -> list[ExternalId]:
        """All external ids of a managed object (GET /identity/globalIds/{id}/externalIds)."""
        place = codec.path("identity", "globalIds", object_id, "externalIds")
        found = self.c8y.get(place, accept=vendor("externalidcollection"))
        return ExternalId._listed(found, "externalIds", self.c8y)

    def search(self, *pairs: tuple[str, str], workers: int | None = None) -> list[ExternalId]:
        """Who bears these external ids (POST /identity/search); where that is unknown, one GET each.

        Args:
            pairs: (external id, type).

        Returns:
            Those that somebody bears.
        """
        wanted = [{"externalId": external_id, "type": kind} for external_id, kind in pairs]
        if not wanted:
            return []
        try:
            accept = vendor("externalidcollection")
            found = self.c8y.post("/identity/search", json={"externalIds": wanted}, accept=accept)
        except Refused as problem:
            if problem.status not in {404, 405}:
                raise
            known = each(lambda pair: self._find(*pair), pairs, workers)
            return [one for one in known if one is not None]
        return ExternalId._listed(found, "externalIds", self.c8y)

    def _find(self, external_id: str, external_type: str) -> ExternalId | None:
        try:
            return self.get(external_id, external_type)
        except NotFound:
            return None

    def create(
        self,
        *objects: ExternalId,
        external_id: str | None = None,
        external_type: str = "c8y_Serial",
        managed_object_id: str | None = None,
        workers: int | None = None,
    ) -> list[ExternalId]:
        """Bind external ids (POST /identity/globalIds/{id}/externalIds each).

        Args:
            external_id, external_type, managed_object_id: one by its parts, beside or instead of ``objects``.
            workers: how many calls at once; one after the other when left out.

        Raises:
            Conflict: when it is bound to another object.
            BulkError: when one of several failed; a single one raises its own error.
        """
        given = [*only_objects(objects), *_by_parts(external_id, external_type, managed_object_id)]
        return each(lambda one: one._create(self.c8y), given, workers)

    def delete(
        self,
        *objects: ExternalId,
        external_id: str | None = None,
        external_type: str = "c8y_Serial",
        workers: int | None = None,
    ) -> None:
        """Unbind external ids (DELETE /identity/externalIds/{type}/{externalId} each); see ``create``."""
        given = [*only_objects(objects), *_by_parts(external_id, external_type)]
        each(self._delete, given, workers)

    def _delete(self, one: ExternalId) -> Any:
        return self.c8y.delete(_path(one.external_id or "", one.external_type or ""))


def _by_parts(external_id: str | None, kind: str, managed_object_id: str | None = None) -> list[ExternalId]:
    if external_id is None:
        return []
    return [ExternalId(external_id=external_id, external_type=kind, managed_object_id=managed_object_id)]


def _path(external_id: str, external_type: str) -> str:
    return codec.path("identity", "externalIds", external_type, external_id)
