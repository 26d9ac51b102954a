"""The inventory: everything, devices, groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, Unpack

from sdk.model import bulk_inventory
from sdk.model.availability import Availability
from sdk.model.bulk import each
from sdk.model.children import Children
from sdk.model.collection import Collection, Selection, collecting, counting, framing, selecting, spelled_out
from sdk.model.filters import Paging
from sdk.model.inventory_query import VOCABULARY, Extras, InventoryFilter, InventorySelection, Request
from sdk.model.joining import Joining
from sdk.model.managed_object import Device, DeviceGroup, ManagedObject
from sdk.model.pages import Listing
from sdk.rest.media_types import vendor

O = TypeVar("O", bound=ManagedObject)  # noqa: E741


class InventoryQuery(InventoryFilter, Paging, total=False):
    """Filters and paging of ``select`` and ``get_all``."""


class InventoryView(Children, Collection[O], Generic[O]):
    """What the three views of the inventory share."""

    listing = Listing("/inventory/managedObjects", "managedObjects", accept=vendor("managedobjectcollection"))
    vocabulary = VOCABULARY
    # The fragment that all objects of this view have.
    marker: ClassVar[str] = ""

    @spelled_out
    def where(
        self, expression: str | None = None, /, **filters: Unpack[InventoryFilter]
    ) -> InventorySelection[O]:
        """A query for objects (GET /inventory/managedObjects), sent when it is used.

        Args:
            expression: a raw REST query string such as ``"q=$filter=name eq 'M01'"``, not encoded; the
                filters are added to it.
            filters: see ``InventoryFilter``; what needs the query language is put into one query.
        """
        return self._query(expression, filters)

    @spelled_out
    def _asked(self, expression: str | None = None, /, **query: Unpack[InventoryQuery]) -> Selection[O]:
        """Args: see ``where`` for the filters, and ``Paging``."""
        return self._select(expression, query)

    select = selecting(_asked)
    get_all = collecting(_asked)
    to_dataframe = framing(_asked)
    get_count = counting(where)

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> InventorySelection[O]:
        request = Request.of(expression, filters, self.marker, type(self).__name__)
        return InventorySelection(
            self.c8y, self.listing, self.model, request.to_params(), condition=request.condition()
        )

    @spelled_out
    def get(self, id: str, **extras: Unpack[Extras]) -> O:
        """Read one object (GET /inventory/managedObjects/{id}).

        Args:
            extras: what the answer holds besides the object's own fragments; children only on demand.

        Raises:
            NotFound: when there is none, or none this user may see.
        """
        asked: Mapping[str, Any] = {"with_children": False, **extras}
        return self.model._read(self.c8y, id, self.vocabulary.params(asked, type(self).__name__))

    @spelled_out
    def get_by(self, expression: str | None = None, /, **filters: Unpack[InventoryFilter]) -> O:
        """The one object that matches.

        Raises:
            ValueError: when there is none, or more than one.
        """
        found = self._query(expression, filters).limit(2).all()
        if len(found) != 1:
            raise ValueError(f"{'More than one object matches' if found else 'No object matches'}.")
        return found[0]

    def delete(
        self,
        *objects: O | str,
        cascade: bool | None = None,
        force_cascade: bool | None = None,
        with_device_user: bool | None = None,
        workers: int | None = None,
    ) -> None:
        """Delete objects, given as objects or ids (DELETE /inventory/managedObjects/{id} each).

        The platform does it in the background; it may list them a little longer.

        Args:
            cascade: also the child devices and assets; of a group, the devices in it.
            force_cascade: also everything below, whatever it is.
            with_device_user: also the user of a device.

        Raises:
            BulkError: see ``create``.
        """
        params = {"cascade": cascade, "forceCascade": force_cascade, "withDeviceUser": with_device_user}
        each(lambda one: self._delete_one(one, params), objects, workers)

    def create_bulk(self, *objects: O, workers: int | None = None) -> list[O]:
        """Create objects with few requests (POST /inventory/managedObjects, 50 at a time).

        A request creates all of its objects or none; after a server error some may be there nevertheless.

        Returns:
            The created ones, in the order given.

        Raises:
            BulkError: object by object, when one of several requests failed; a single one raises its own.
        """
        return bulk_inventory.create(self.c8y, objects, workers)

    def update_bulk(self, *objects: O, workers: int | None = None) -> None:
        """Write the changes of objects with few requests (PUT /inventory/managedObjects, 50 at a time).

        Only the newest platforms offer it. The objects then hold what the tenant answered.

        Raises:
            BulkError: see ``create_bulk``.
        """
        bulk_inventory.update(self.c8y, objects, workers)

    def get_latest_availability(self, id: str) -> Availability:
        """How the platform last saw a device (GET …/availability); NotFound when it is not monitored."""
        return ManagedObject.from_json({"id": id}, self.c8y).get_latest_availability()

    def get_supported_measurements(self, id: str) -> list[str]:
        """The fragments of a device's measurements (GET …/supportedMeasurements)."""
        return ManagedObject.from_json({"id": id}, self.c8y).get_supported_measurements()

    def get_supported_series(self, id: str) -> list[str]:
        """The series of a device's measurements, ``fragment.series`` (GET …/supportedSeries)."""
        return ManagedObject.from_json({"id": id}, self.c8y).get_supported_series()

    def get_device_user(self, id: str) -> DeviceUser:
        """The user of a device (GET …/user)."""
        found = self.c8y.get(f"{self.model._object_path(self.c8y, id)}/user")
        return DeviceUser(str(found.get("userName", "")), bool(found.get("enabled", True)))

    def set_device_user(self, id: str, *, enabled: bool) -> None:
        """Let the user of a device in, or lock it out (PUT …/user)."""
        self.c8y.put(
            f"{self.model._object_path(self.c8y, id)}/user",
            json={"enabled": enabled},
            content_type=vendor("managedobjectuser"),
        )


class Inventory(InventoryView[ManagedObject]):
    """Everything in the inventory."""

    model = ManagedObject


class DeviceInventory(Joining, InventoryView[Device]):
    """The devices in the inventory: objects with ``c8y_IsDevice``."""

    model = Device
    marker = "c8y_IsDevice"

    def delete_trees(
        self, *devices: Device | str, with_device_user: bool | None = None, workers: int | None = None
    ) -> None:
        """Delete devices with everything below them (``cascade``)."""
        self.delete(*devices, cascade=True, with_device_user=with_device_user, workers=workers)


class DeviceGroupInventory(InventoryView[DeviceGroup]):
    """The groups in the inventory: objects with ``c8y_IsDeviceGroup``."""

    model = DeviceGroup
    marker = "c8y_IsDeviceGroup"

    def _query(self, expression: str | None, filters: Mapping[str, Any]) -> InventorySelection[DeviceGroup]:
        given = dict(filters)
        # The type tells the level, and unlike the parameter onlyRoots it can be part of a query.
        if given.pop("only_roots", None) and given.setdefault("type", DeviceGroup.ROOT_TYPE) != (
            DeviceGroup.ROOT_TYPE
        ):
            raise ValueError(f"Groups at the top are of the type {DeviceGroup.ROOT_TYPE}.")
        return super()._query(expression, given)

    def assign_children(
        self, group_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Put devices or groups into a group (POST …/childAssets, 500 at a time)."""
        self.assign_child_assets(group_id, *children, workers=workers)

    def unassign_children(
        self, group_id: str, *children: ManagedObject | str, workers: int | None = None
    ) -> None:
        """Take devices or groups out of a group; they stay as they are."""
        self.unassign_child_assets(group_id, *children, workers=workers)

    def delete_trees(self, *groups: DeviceGroup | str, workers: int | None = None) -> None:
        """Delete groups with the groups and devices in them (``cascade``)."""
        self.delete(*groups, cascade=True, workers=workers)


@dataclass(frozen=True, slots=True)
class DeviceUser:
    """The user a device signs in as."""

    username: str
    enabled: bool
