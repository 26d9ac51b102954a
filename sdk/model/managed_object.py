"""Managed objects, devices and device groups."""

from __future__ import annotations

from typing import Any, Literal, Self

from sdk.model import fields
from sdk.model.availability import Availability
from sdk.model.entity import Dated, key_of
from sdk.model.user import User
from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient
from sdk.rest.media_types import vendor

Kind = Literal["devices", "assets", "additions"]
CHILDREN: dict[str, str] = {"devices": "childDevices", "assets": "childAssets", "additions": "childAdditions"}


class ManagedObject(Dated):
    """Anything in the inventory.

    Args:
        c8y: the client that the object's own verbs use.
        fragments: custom fragments by name.
    """

    __slots__ = ()
    _media = "managedobject"
    _path = "/inventory/managedObjects"
    _server_only = Dated._server_only | {
        *CHILDREN.values(),
        "deviceParents",
        "assetParents",
        "additionParents",
        "c8y_LatestMeasurements",
    }

    type = fields.text("type")
    name = fields.text("name")
    owner = fields.text("owner")

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        type: str | None = None,
        name: str | None = None,
        owner: str | None = None,
        **fragments: Any,
    ) -> None:
        known = {"type": type, "name": name, "owner": owner}
        super().__init__(c8y, **codec.present(known), **fragments)

    @property
    def is_device(self) -> bool:
        """Whether it has the device marker."""
        return "c8y_IsDevice" in self._writable()

    @property
    def is_device_group(self) -> bool:
        """Whether it has the group marker."""
        return "c8y_IsDeviceGroup" in self._writable()

    @property
    def is_binary(self) -> bool:
        """Whether it stands for a file; see ``Binaries``."""
        return "c8y_IsBinary" in self._writable()

    @property
    def child_devices(self) -> list[ManagedObject]:
        """The child devices that the answer held (ask for them: ``with_children``)."""
        return self._references("childDevices")

    @property
    def child_assets(self) -> list[ManagedObject]:
        """The child assets that the answer held."""
        return self._references("childAssets")

    @property
    def child_additions(self) -> list[ManagedObject]:
        """The child additions that the answer held."""
        return self._references("childAdditions")

    @property
    def parent_devices(self) -> list[ManagedObject]:
        """The parent devices that the answer held (ask for them: ``with_parents``)."""
        return self._references("deviceParents")

    @property
    def parent_assets(self) -> list[ManagedObject]:
        """The parent assets, groups among them, that the answer held."""
        return self._references("assetParents")

    @property
    def parent_additions(self) -> list[ManagedObject]:
        """The objects this one is an addition of, as the answer held them."""
        return self._references("additionParents")

    def _references(self, key: str) -> list[ManagedObject]:
        found = documents.references(self.json, key, "managedObject")
        return [ManagedObject.from_json(one, self.c8y) for one in found]

    def delete(self, with_device_user: bool | None = None) -> None:
        """Delete the object; its children stay."""
        self._delete({})

    def delete_tree(self) -> None:
        """Delete the object and everything below it, whatever it is (``forceCascade``)."""
        self._delete({"forceCascade": True})

    def _delete(self, params: dict[str, Any]) -> None:
        c8y = self._client()
        c8y.delete(self._object_path(c8y, self._key()), params)

    def assign_child_device(self, child: ManagedObject | str) -> None:
        """Make another object a child device of this one (POST …/childDevices)."""
        self._assign("devices", child)

    def assign_child_asset(self, child: ManagedObject | str) -> None:
        """Make another object a child asset of this one (POST …/childAssets)."""
        self._assign("assets", child)

    def assign_child_addition(self, child: ManagedObject | str) -> None:
        """Make another object an addition of this one (POST …/childAdditions)."""
        self._assign("additions", child)

    add_child_device, add_child_asset = assign_child_device, assign_child_asset
    add_child_addition = assign_child_addition

    def unassign_child_device(self, child: ManagedObject | str) -> None:
        """Take a child device away (DELETE …/childDevices/{id}); the child itself stays."""
        self._unassign("devices", child)

    def unassign_child_asset(self, child: ManagedObject | str) -> None:
        """Take a child asset away (DELETE …/childAssets/{id}); the child itself stays."""
        self._unassign("assets", child)

    def unassign_child_addition(self, child: ManagedObject | str) -> None:
        """Take an addition away (DELETE …/childAdditions/{id}); the child itself stays."""
        self._unassign("additions", child)

    def _assign(self, kind: Kind, child: ManagedObject | str) -> None:
        c8y = self._client()
        body = {"managedObject": {"id": key_of(child)}}
        path = children_path(self._key(), kind)
        c8y.post(path, json=body, content_type=vendor("managedobjectreference"))

    def _unassign(self, kind: Kind, child: ManagedObject | str) -> None:
        self._client().delete(f"{children_path(self._key(), kind)}/{codec.segment(key_of(child))}")

    def get_latest_availability(self) -> Availability:
        """How the platform last saw the device (GET …/availability); NotFound when it is not monitored."""
        c8y = self._client()
        return Availability.from_json(c8y.get(f"{self._object_path(c8y, self._key())}/availability"))

    def get_supported_measurements(self) -> list[str]:
        """The fragments of the device's measurements (GET …/supportedMeasurements)."""
        return self._supported("supportedMeasurements", "c8y_SupportedMeasurements")

    def get_supported_series(self) -> list[str]:
        """The series of the device's measurements, ``fragment.series`` (GET …/supportedSeries)."""
        return self._supported("supportedSeries", "c8y_SupportedSeries")

    def _supported(self, resource: str, key: str) -> list[str]:
        c8y = self._client()
        found = c8y.get(f"{self._object_path(c8y, self._key())}/{resource}")
        return [str(one) for one in found.get(key) or []]


class Device(ManagedObject):
    """A managed object with the device marker ``c8y_IsDevice``."""

    __slots__ = ()

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        type: str | None = None,
        name: str | None = None,
        owner: str | None = None,
        **fragments: Any,
    ) -> None:
        super().__init__(c8y, type, name, owner, **{"c8y_IsDevice": {}, **fragments})

    def delete(self, with_device_user: bool | None = False) -> None:
        """Delete the device, and its user too if wanted; its children stay."""
        self._delete({"withDeviceUser": with_device_user})

    def delete_tree(self, with_device_user: bool = False) -> None:
        """Delete the device with everything below it (``cascade``), and its user too if wanted."""
        self._delete({"cascade": True, "withDeviceUser": with_device_user})

    def get_username(self) -> str:
        """The name of the device's user: its owner, as the device registered itself."""
        return self.owner or f"device_{self.name}"

    def get_user(self) -> User:
        """The user the device signs in as (GET …/user, then the user itself)."""
        c8y = self._client()
        known = c8y.get(f"{self._object_path(c8y, self._key())}/user").get("userName")
        return User._read(c8y, known or self.get_username())


class DeviceGroup(ManagedObject):
    """A group of devices; devices and groups within are its child assets.

    Args:
        root: whether it stands at the top; the type follows from it.
    """

    __slots__ = ()
    ROOT_TYPE = "c8y_DeviceGroup"
    CHILD_TYPE = "c8y_DeviceSubGroup"

    def __init__(
        self,
        c8y: CumulocityRestClient | None = None,
        root: bool = False,
        name: str | None = None,
        owner: str | None = None,
        **fragments: Any,
    ) -> None:
        kind = self.ROOT_TYPE if root else self.CHILD_TYPE
        super().__init__(c8y, kind, name, owner, **{"c8y_IsDeviceGroup": {}, **fragments})

    def create_child(self, name: str, owner: str | None = None, **fragments: Any) -> Self:
        """Create a group within this one, in one call (POST …/childAssets)."""
        c8y = self._client()
        child = type(self)(c8y, False, name, owner, **fragments)
        return child._create(c8y, children_path(self._key(), "assets"))

    def assign_child_group(self, child: DeviceGroup | str) -> None:
        """Put a group into this one."""
        self._assign("assets", child)

    def unassign_child_group(self, child: DeviceGroup | str) -> None:
        """Take a group out of this one; it stays as it is."""
        self._unassign("assets", child)

    def delete_tree(self) -> None:
        """Delete the group with the groups and devices in it (``cascade``)."""
        self._delete({"cascade": True})


def children_path(id: str, kind: Kind) -> str:
    """The resource that lists an object's children of a kind."""
    if kind not in CHILDREN:
        raise ValueError(f"Children are {', '.join(CHILDREN)}; not {kind!r}.")
    return codec.path("inventory", "managedObjects", id, CHILDREN[kind])
