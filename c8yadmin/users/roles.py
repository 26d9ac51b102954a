"""The global roles of a tenant, which its API calls groups."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from c8yadmin.core.fields import id_in
from sdk import CumulocityClient, UserGroup

ALL = 2000  # the most that the tenant gives at once; no tenant has more global roles


def all_roles(c8y: CumulocityClient) -> list[UserGroup]:
    """All of them (GET /user/{tenant}/groups)."""
    return list(c8y.user_groups.where().page(1, ALL, total=False).items)


def one_role(c8y: CumulocityClient, text: str) -> UserGroup:
    """The one that `text` names: by its name, by its id, or as `Name #id` (one tenant call).

    Raises ValidationError for the field `role` when there is none.
    """
    roles, number = all_roles(c8y), id_in(text)
    named = [role for role in roles if role.name == text]
    found = named or [role for role in roles if str(role.id) == number]
    if not found:
        raise ValidationError({"role": f"There is no global role “{text}”."})
    return found[0]
