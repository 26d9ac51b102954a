"""Groups as a user names them: by id, by name, or as `Name #id`, which the suggestions write."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from c8yadmin.core.fields import id_in
from sdk import CumulocityClient, ManagedObject, NotFound


def group_ids(c8y: CumulocityClient, group: str) -> list[str]:
    """The ids of the groups that `group` names; a name is looked up (GET /inventory/managedObjects).

    Raises ValidationError for the field `group` when there is none of that name.
    """
    if given := id_in(group):
        return [given]
    found = list(c8y.group_inventory.where(name=group).ids())
    if not found:
        raise ValidationError({"group": f"No group is called “{group}”."})
    return found


def one_group(c8y: CumulocityClient, group: str) -> ManagedObject:
    """The one group that `group` names, to which devices can be assigned (at most two tenant calls).

    Raises ValidationError for the field `group` when there is none, or more than one.
    """
    ids = group_ids(c8y, group)
    if len(ids) > 1:
        raise ValidationError({"group": f"{len(ids)} groups are called “{group}”: choose one by its id."})
    try:
        found = c8y.inventory.get(ids[0])
    except NotFound:
        raise ValidationError({"group": f"There is no group {ids[0]}, or you may not see it."}) from None
    if found.has("c8y_IsDynamicGroup"):
        raise ValidationError({"group": "A smart group finds its devices by itself: choose another one."})
    if not found.is_device_group:
        raise ValidationError({"group": f"{ids[0]} is not a group."})
    return found
