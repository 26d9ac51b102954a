"""Rows of a file as users of the tenant."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import ClassVar

from django.core.exceptions import ValidationError

from c8yadmin.core.jsontext import Json
from c8yadmin.core.request import AppRequest
from c8yadmin.imports.action import ImportAction, importing
from c8yadmin.imports.kinds import ImportKind, KeyChoice, Made
from c8yadmin.imports.mapping import Column, Entry, Key, Mapping
from c8yadmin.jobs.execution.differences import same
from c8yadmin.jobs.registry import Unfit
from c8yadmin.users.permissions import MANAGING
from sdk import CumulocityClient, NotFound, User

THREADS = 8
TEXTS = ("firstName", "lastName", "displayName", "email", "phone")
PROPERTIES = "customProperties"
EXAMPLE = """\
userName,email,firstName,lastName,phone,enabled
ada.king,ada.king@example.com,Ada,King,+49 211 1000,true
g.hopper,g.hopper@example.com,Grace,Hopper,,true
"""


class Users(ImportKind):
    """Users: told by their name; a new one gets a mail in which it chooses its password."""

    name = "users"
    title = "Users"
    label = ("user", "users")
    listing = "users:browse"
    page = "users:detail"
    keys = (KeyChoice("userName", "User name"),)
    always_told = True
    known: ClassVar[dict[str, Column]] = {
        "firstname": Column("firstName", "text"),
        "lastname": Column("lastName", "text"),
        "displayname": Column("displayName", "text"),
        "email": Column("email", "text"),
        "mail": Column("email", "text"),
        "emailaddress": Column("email", "text"),
        "phone": Column("phone", "text"),
        "telephone": Column("phone", "text"),
        "enabled": Column("enabled", "boolean"),
    }
    key_names: ClassVar[dict[str, str]] = dict.fromkeys(("username", "user", "login", "alias"), "userName")
    example = EXAMPLE
    hint = f"{', '.join(TEXTS)}, enabled, or {PROPERTIES}.<name>. New users choose their password by mail."

    def blocked(self, request: AppRequest) -> str:
        return request.blocked(*MANAGING)

    def check(self, column: Column) -> None:
        first, _, rest = column.path.partition(".")
        if column.path in TEXTS and column.type != "text":
            raise ValidationError(f"{column.path} is a text.")
        if column.path == "enabled" and column.type != "boolean":
            raise ValidationError("enabled is true or false.")
        custom = first == PROPERTIES and rest and "." not in rest and rest.isprintable()
        if column.path not in (*TEXTS, "enabled") and not custom:
            raise ValidationError(
                f"“{column.path[:60]}” is nothing of a user that can be imported: {self.hint}"
            )

    def told(self, key: Key, value: str) -> str:
        if len(value) > 1000 or not value.isprintable() or set(value) & set(" /+$:"):
            raise Unfit("A user name has no blanks, slashes, colons, plus or dollar signs.")
        return value.casefold()  # the platform does not tell upper from lower case in names

    def find(self, c8y: CumulocityClient, mapping: Mapping, values: Sequence[str]) -> dict[str, list[str]]:
        return {value: [value] for value in self.current(c8y, values)}

    def current(self, c8y: CumulocityClient, ids: Sequence[str]) -> dict[str, Json]:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="users") as pool:
            found = pool.map(partial(_found, c8y), ids)
        return {name: user.to_json() for name, user in zip(ids, found, strict=True) if user}

    def changes(self, current: Json, wanted: Json) -> Json:
        merged = {
            name: {**(current.get(name) or {}), **value} if isinstance(value, dict) else value
            for name, value in wanted.items()
        }
        return {name: value for name, value in merged.items() if not same(current.get(name), value)}

    def content(self, mapping: Mapping, entry: Entry) -> Json:
        if "email" not in entry.document:
            raise Unfit("A new user needs an e-mail address: that is how it gets its password.")
        return {"userName": entry.value, "enabled": True, **entry.document}

    def create(self, c8y: CumulocityClient, mapping: Mapping, entry: Entry, mark: str) -> None:
        User.from_json(self.content(mapping, entry), c8y).create()

    def created(self, c8y: CumulocityClient, key: Key | None, value: str, made: Made) -> str | None:
        found = _found(c8y, value)
        if found and self.changes(found.to_json(), made.values):
            raise Unfit("A user of this name exists by now, with other values.")
        return value if found else None

    def read(self, c8y: CumulocityClient, id: str) -> tuple[Json, datetime | None]:
        return c8y.users.get_by_name(id).to_json(), None

    def write(self, c8y: CumulocityClient, id: str, changes: Json) -> None:
        User.from_json({"id": id}, c8y).apply(changes)

    def delete(self, c8y: CumulocityClient, id: str) -> None:
        c8y.users.delete(id)


def _found(c8y: CumulocityClient, name: str) -> User | None:
    try:
        return c8y.users.get_by_name(name)
    except NotFound:
        return None


@importing
class ImportUsers(ImportAction):
    """`users.import`: create users (POST) or change the mapped values of those that exist (PUT)."""

    name = "users.import"
    title = "Import users"
    target = "users rows"
    needs = MANAGING
    kind = Users()
