"""Users as rows of a file: the columns of their list, and whole objects."""

from __future__ import annotations

from c8yadmin.jobs.exports.columns import field, one_by_one
from c8yadmin.jobs.exports.exporting import Export
from c8yadmin.jobs.registry import action
from sdk import User


def _roles(found: User) -> str:
    return ", ".join(group.name or group.id or "" for group in found.groups)


SHEET = one_by_one(
    [
        ("id", field("id")),
        ("user", field("username")),
        ("first name", field("first_name")),
        ("last name", field("last_name")),
        ("e-mail", field("email")),
        ("phone", field("phone")),
        ("enabled", field("enabled")),
        ("global roles", _roles),
        ("password changed", field("last_password_change")),
    ],
    lambda c8y: c8y.users,
)


@action
class ExportUsers(Export):
    """`users.export`."""

    name = "users.export"
    label = "Export users"
    target = "users"
