"""Rights of users and groups for single devices."""

from __future__ import annotations

import pytest

from sdk import CumulocityClient, Device, UserGroup


def test_rights_for_single_devices(c8y: CumulocityClient, calls: list[str]) -> None:
    device = str(Device(c8y, name="pump").create().id)
    group = str(UserGroup(c8y, "pump readers").create().id)
    c8y.users.set_device_permissions(
        device, users={"reader": ["ALARM:*:READ"]}, groups={group: ["*:*:ADMIN", "EVENT:*:READ"]}
    )
    assert c8y.users.get_device_permissions(device) == {
        "users": {"reader": ["ALARM:*:READ"]},
        "groups": {group: ["*:*:ADMIN", "EVENT:*:READ"]},
    }
    c8y.users.set_device_permissions(device, users={"reader": []})
    assert c8y.users.get_device_permissions(device)["users"] == {}
    sent = len(calls)
    with pytest.raises(ValueError, match="nothing"):
        c8y.users.set_device_permissions(device)
    assert len(calls) == sent
