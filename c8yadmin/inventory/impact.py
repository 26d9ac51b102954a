"""What the deletion of a device takes along, for the one who has to confirm it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from c8yadmin.core.jsontext import Json
from sdk import AlarmStatus, CumulocityClient, Forbidden, ManagedObject, NotFound, OperationStatus

SHOWN = 10
OPEN = (AlarmStatus.ACTIVE, AlarmStatus.ACKNOWLEDGED)
UNDER_WAY = (OperationStatus.PENDING, OperationStatus.EXECUTING)


def impact(c8y: CumulocityClient, device: ManagedObject, *, with_user: bool) -> Json:
    """What hangs on `device`, which was read with its children and parents; nothing that is not there.

    Asks for its external ids, its open alarms, its open operations (two calls) and, `with_user`, its user.
    """
    id = device.id or ""
    found: Json = {
        "child devices": ", ".join(some(device.child_devices)),
        "child assets": ", ".join(some(device.child_assets)),
        "groups": ", ".join(some(device.parent_assets)),
        "external ids": ", ".join(
            f"{one.external_id} ({one.external_type})" for one in c8y.identity.get_all(id)
        ),
        "open alarms": _counted(lambda: c8y.alarms.get_count(source=id, status=OPEN)),
        "open operations": _counted(
            lambda: sum(c8y.operations.get_count(device_id=id, status=status) for status in UNDER_WAY)
        ),
        "user": _user(c8y, device) if with_user else "",
    }
    return {name: value for name, value in found.items() if value}


def some(objects: Sequence[ManagedObject]) -> list[str]:
    """The names of the first few."""
    more = [f"and {len(objects) - SHOWN:,} more"] if len(objects) > SHOWN else []
    return [*names(objects[:SHOWN]), *more]


def names(objects: Sequence[ManagedObject]) -> list[str]:
    """What people call each of `objects`."""
    return [one.name or one.id or "" for one in objects]


def _counted(count: Callable[[], int]) -> int:
    """The count, or 0 where the user may not know."""
    try:
        return count()
    except Forbidden:
        return 0


def _user(c8y: CumulocityClient, device: ManagedObject) -> str:
    try:
        return c8y.inventory.get_device_user(device.id or "").username
    except (NotFound, Forbidden):
        return ""
