"""Child devices, assets and additions: listed, assigned, created in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from sdk.model import query_language as ql
from sdk.model.bulk import each
from sdk.model.managed_object import Kind, ManagedObject, children_path, key_of
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

O = TypeVar("O", bound=ManagedObject)  # noqa: E741


class Children:
    """The verbs of an inventory that concern objects below others. Children are given as objects or ids."""

    c8y: CumulocityRestClient

    def child_devices(self, id: str, query: str | None = None) -> Query[ManagedObject]:
        """The child devices of an object (GET …/childDevices), filtered in the query language."""
        return self._children(id, "devices", query)

    def child_assets(self, id: str, query: str | None = None) -> Query[ManagedObject]:
        """The child assets of an object (GET …/childAssets); of a group these are its members."""
        return self._children(id, "assets", query)

    def child_additions(self, id: str, query: str | None = None) -> Query[ManagedObject]:
        """The additions of an object (GET …/childAdditions)."""
        return self._children(id, "additions", query)

    def get_children(
        self, id: str, kind: Kind, query: str | None = None, *, limit: int | None = 5
    ) -> list[ManagedObject]:
        """The children of one kind as a list; None as the ``limit`` for all."""
        return list(self.select_children(id, kind, query, limit=limit))

    def select_children(
        self, id: str, kind: Kind, query: str | None = None, *, limit: int | None = 5
    ) -> Iterator[ManagedObject]:
        """Iterate over the children of one kind, filtered in the query language."""
        return iter(self._children(id, kind, query).limit(limit))

    def _children(self, id: str, kind: Kind, query: str | None) -> Query[ManagedObject]:
        listing = Listing(
            children_path(id, kind),
            "references",
            "managedObject",
            accept=vendor("managedobjectreferencecollection"),
        )
        condition, order = ql.split(query or "")
        spoken = ql.compose(condition, order)
        return Query(self.c8y, listing, ManagedObject, {"query": spoken} if spoken else {})

    def assign_child_devices(self, parent_id: str, *children: ManagedObject | str) -> None:
        """Make objects child devices of another, in one call (POST …/childDevices)."""
        self._assign(parent_id, "devices", children)

    def assign_child_assets(self, parent_id: str, *children: ManagedObject | str) -> None:
        """Make objects child assets of another, in one call (POST …/childAssets)."""
        self._assign(parent_id, "assets", children)

    def assign_child_additions(self, parent_id: str, *children: ManagedObject | str) -> None:
        """Make objects additions of another, in one call (POST …/childAdditions)."""
        self._assign(parent_id, "additions", children)

    def unassign_child_devices(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Take child devices away (DELETE …/childDevices/{id} each); the children themselves stay."""
        self._unassign(parent_id, "devices", children, workers)

    def unassign_child_assets(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Take child assets away (DELETE …/childAssets/{id} each); the children themselves stay."""
        self._unassign(parent_id, "assets", children, workers)

    def unassign_child_additions(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Take additions away (DELETE …/childAdditions/{id} each); the children themselves stay."""
        self._unassign(parent_id, "additions", children, workers)

    # The platform's Python SDK names one child, though many may be given.
    assign_child_device, unassign_child_device = assign_child_devices, unassign_child_devices
    assign_child_asset, unassign_child_asset = assign_child_assets, unassign_child_assets
    assign_child_addition, unassign_child_addition = assign_child_additions, unassign_child_additions

    def create_child(self, parent_id: str, kind: Kind, child: O) -> O:
        """Create an object below another, in one call (POST …/child…); both happen or none."""
        return child._create(self.c8y, children_path(parent_id, kind))

    def _assign(self, parent_id: str, kind: Kind, children: tuple[ManagedObject | str, ...]) -> None:
        if children:
            body = {"references": [{"managedObject": {"id": key_of(one)}} for one in children]}
            media = vendor("managedobjectreferencecollection")
            self.c8y.post(children_path(parent_id, kind), json=body, content_type=media)

    def _unassign(
        self, parent_id: str, kind: Kind, children: tuple[ManagedObject | str, ...], workers: int | None
    ) -> None:
        place = children_path(parent_id, kind)
        each(lambda one: self.c8y.delete(f"{place}/{codec.segment(key_of(one))}"), children, workers)
