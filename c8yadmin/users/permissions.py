"""What a user may do, and through which global role."""

from __future__ import annotations

from collections.abc import Sequence

from sdk import User, UserGroup

MANAGING = ("ROLE_USER_MANAGEMENT_ADMIN", "ROLE_USER_MANAGEMENT_CREATE")


def is_user(user: User, name: str) -> bool:
    """Whether `name` is a name of `user`; the platform does not tell upper from lower case in them."""
    return any(same_name(str(own), name) for own in (user.id, user.username))


def same_name(one: str, other: str) -> bool:
    """Whether both are the name of the same user."""
    return one.casefold() == other.casefold()


def effective(user: User, groups: Sequence[UserGroup]) -> list[tuple[str, list[str]]]:
    """The permissions of `user` in alphabetical order, each with the global roles that give it.

    `groups` are the tenant's, with the permissions of each. A permission that no global role gives was
    assigned directly; its list is empty.
    """
    held = {group.id for group in user.groups}
    sources: dict[str, list[str]] = {role: [] for role in direct(user)}
    for group in groups:
        if group.id in held:
            for role in group.roles:
                sources.setdefault(role, []).append(group.name or str(group.id))
    return sorted(sources.items())


def direct(user: User) -> list[str]:
    """The permissions that were assigned to `user` without a global role."""
    references = user.get("roles.references") or []
    return [reference["role"]["id"] for reference in references]
