"""Users as rows of a file: the columns of their list, and whole objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from c8yadmin.jobs.columns import Sheet, each, field
from c8yadmin.jobs.exporting import Export
from c8yadmin.jobs.registry import action
from c8yadmin.users.forms import UserFilter
from sdk import CumulocityClient, User

AT_ONCE = 40  # one request for each


def _matching(c8y: CumulocityClient, form: UserFilter) -> Iterable[User]:
    return form.query(c8y)


def _read(c8y: CumulocityClient, ids: Sequence[str]) -> Iterable[User]:
    return each(c8y.users.get, ids)


def _roles(found: User) -> str:
    return ", ".join(group.name or group.id or "" for group in found.groups)


SHEET = Sheet(
    columns=[
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
    matching=_matching,
    read=_read,
    at_once=AT_ONCE,
    calls=AT_ONCE,
)


@action
class ExportUsers(Export):
    """`users.export`."""

    name = "users.export"
    target = "users"
