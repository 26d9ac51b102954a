"""Device permissions: what users and groups may do with single devices, the older kind of such rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdk.rest import codec, documents
from sdk.rest.client import CumulocityRestClient

Rights = Mapping[str, Sequence[str]]


class DevicePermissions:
    """The verbs of users that concern single devices."""

    c8y: CumulocityRestClient

    def get_device_permissions(self, object_id: str) -> dict[str, dict[str, list[str]]]:
        """What users and groups may do with an object (GET /user/devicePermissions/{id}).

        Returns:
            ``{"users": {"jdoe": ["ALARM:*:READ"]}, "groups": {"12": […]}}``: permissions by user name and
            by the id of a group.
        """
        found = self.c8y.get(codec.path("user", "devicePermissions", object_id))
        return {
            "users": _by(documents.rows(found, "users"), "userName", object_id),
            "groups": _by(documents.rows(found, "groups"), "id", object_id),
        }

    def set_device_permissions(
        self, object_id: str, *, users: Rights | None = None, groups: Rights | None = None
    ) -> None:
        """Write what users and groups may do with an object (PUT /user/devicePermissions/{id}).

        Args:
            users: permissions such as "ALARM:*:READ" by user name; no permissions take all away.
            groups: the same by the id of a group.
        """
        if not users and not groups:
            raise ValueError("There is nothing to write.")
        json = {
            "users": [_entry("userName", name, object_id, rights) for name, rights in (users or {}).items()],
            "groups": [_entry("id", name, object_id, rights) for name, rights in (groups or {}).items()],
        }
        self.c8y.put(codec.path("user", "devicePermissions", object_id), json=json)


def _entry(key: str, name: str, object_id: str, rights: Sequence[str]) -> dict[str, Any]:
    return {key: name, "devicePermissions": {object_id: list(rights)}}


def _by(found: list[dict[str, Any]], key: str, object_id: str) -> dict[str, list[str]]:
    """The permissions of each entry for one object; entries without any are left out."""
    rights = {str(one.get(key)): (one.get("devicePermissions") or {}).get(object_id) for one in found}
    return {name: [str(right) for right in held] for name, held in rights.items() if held}
