"""Child devices, assets and additions: listed, assigned, created in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypedDict, TypeVar, Unpack

from sdk.model import query_language as ql
from sdk.model.batches import in_batches
from sdk.model.collection import spelled_out
from sdk.model.entity import key_of
from sdk.model.filters import camel
from sdk.model.managed_object import Kind, ManagedObject, children_path
from sdk.model.pages import Listing
from sdk.model.query import Query
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

O = TypeVar("O", bound=ManagedObject)  # noqa: E741


# So many children are assigned by one request.
_BATCH: Final = 500


class ChildPaging(TypedDict, total=False):
    """How many children are read, and what is told of each.

    ``limit``: at most so many, None for all. ``page_size``: rows per request, up to 2000. ``page_number``:
    this page only. ``with_children``, ``with_children_count``: the children of the children, or their number.
    """

    limit: int | None
    page_size: int | None
    page_number: int | None
    with_children: bool
    with_children_count: bool


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

    @spelled_out
    def get_children(
        self, id: str, kind: Kind, query: str | None = None, **how: Unpack[ChildPaging]
    ) -> list[ManagedObject]:
        """The children of one kind as a list; see ``select_children``."""
        return list(self.select_children(id, kind, query, **how))

    @spelled_out
    def select_children(
        self, id: str, kind: Kind, query: str | None = None, **how: Unpack[ChildPaging]
    ) -> Iterator[ManagedObject]:
        """Iterate over the children of one kind (GET …/childDevices, …/childAssets, …/childAdditions).

        Args:
            kind: "devices", "assets" or "additions".
            query: a condition in the query language.
            how: see ``ChildPaging``; five rows unless ``limit`` says otherwise, None for all.
        """
        asked = {camel(name): "true" for name in ("with_children", "with_children_count") if how.get(name)}
        number = how.get("page_number")
        limit = how.get("limit", 5 if number is None else None)
        found = self._children(id, kind, query, asked)
        return iter(replace(found, maximum=limit, size=how.get("page_size"), number=number))

    def get_child(self, id: str, kind: Kind, child_id: str) -> ManagedObject:
        """One child of an object (GET …/childDevices/{id} and so on).

        Raises:
            NotFound: when it is no child of that object.
        """
        place = f"{children_path(id, kind)}/{codec.segment(child_id)}"
        found = self.c8y.get(place, accept=vendor("managedobjectreference"))
        return ManagedObject.from_json(documents.part(found, "managedObject"), self.c8y)

    def _children(
        self, id: str, kind: Kind, query: str | None, asked: Mapping[str, str] | None = None
    ) -> Query[ManagedObject]:
        listing = Listing(
            children_path(id, kind),
            "references",
            "managedObject",
            accept=vendor("managedobjectreferencecollection"),
        )
        condition, order = ql.split(query or "")
        spoken = ql.compose(condition, order)
        params = {**(asked or {}), **({"query": spoken} if spoken else {})}
        return Query(self.c8y, listing, ManagedObject, params)

    def assign_child_devices(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Make objects child devices of another (POST …/childDevices, 500 at a time)."""
        self._assign(parent_id, "devices", children, workers)

    def assign_child_assets(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Make objects child assets of another (POST …/childAssets, 500 at a time)."""
        self._assign(parent_id, "assets", children, workers)

    def assign_child_additions(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Make objects additions of another (POST …/childAdditions, 500 at a time)."""
        self._assign(parent_id, "additions", children, workers)

    def unassign_child_devices(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Take child devices away (DELETE …/childDevices, 500 at a time); the children themselves stay."""
        self._unassign(parent_id, "devices", children, workers)

    def unassign_child_assets(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Take child assets away (DELETE …/childAssets, 500 at a time); the children themselves stay."""
        self._unassign(parent_id, "assets", children, workers)

    def unassign_child_additions(
        self, parent_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Take additions away (DELETE …/childAdditions, 500 at a time); the children themselves stay."""
        self._unassign(parent_id, "additions", children, workers)

    # The platform's Python SDK names one child, though many may be given.
    assign_child_device, unassign_child_device = assign_child_devices, unassign_child_devices
    assign_child_asset, unassign_child_asset = assign_child_assets, unassign_child_assets
    assign_child_addition, unassign_child_addition = assign_child_additions, unassign_child_additions

    def create_child(self, parent_id: str, kind: Kind, child: O) -> O:
        """Create an object below another, in one call (POST …/child…); both happen or none."""
        return child._create(self.c8y, children_path(parent_id, kind))

    def _assign(
        self, parent_id: str, kind: Kind, children: tuple[ManagedObject | str, ...], workers: int | None
    ) -> None:
        place, media = children_path(parent_id, kind), vendor("managedobjectreferencecollection")

        def send(batch: Sequence[ManagedObject | str]) -> list[ManagedObject | str]:
            self.c8y.post(place, json=_references(batch), content_type=media)
            return list(batch)

        in_batches(children, _BATCH, workers, send)

    def _unassign(
        self, parent_id: str, kind: Kind, children: tuple[ManagedObject | str, ...], workers: int | None
    ) -> None:
        place, media = children_path(parent_id, kind), vendor("managedobjectreferencecollection")
        if len(children) == 1:
            self.c8y.delete(f"{place}/{codec.segment(key_of(children[0]))}")
            return

        def send(batch: Sequence[ManagedObject | str]) -> list[ManagedObject | str]:
            self.c8y.delete(place, json=_references(batch), content_type=media)
            return list(batch)

        in_batches(children, _BATCH, workers, send)


def _references(children: Sequence[ManagedObject | str]) -> dict[str, Any]:
    return {"references": [{"managedObject": {"id": key_of(one)}} for one in children]}
