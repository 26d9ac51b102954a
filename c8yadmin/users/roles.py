"""The global roles of a tenant, which its API calls groups."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from sdk import CumulocityClient, UserGroup

ALL = 2000  # the most that the tenant gives at once; no tenant has more global roles
_ID = re.compile(r"(?:.*\s#)?([0-9]{1,20})", re.DOTALL)


def all_roles(c8y: CumulocityClient) -> list[UserGroup]:
    """All of them (GET /user/{tenant}/groups)."""
    return list(c8y.user_groups.where().page(1, ALL, total=False).items)


def one_role(c8y: CumulocityClient, text: str) -> UserGroup:
    """The one that `text` names: by its name, by its id, or as `Name #id` (one tenant call).

    Raises ValidationError for the field `role` when there is none.
    """
    roles, number = all_roles(c8y), _ID.fullmatch(text)
    for role in roles:
        if role.name == text:
            return role
    for role in roles:
        if number and str(role.id) == number[1]:
            return role
    raise ValidationError({"role": f"There is no global role “{text}”."})
