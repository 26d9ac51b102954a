"""Letting users sign in, or not any more."""

from __future__ import annotations

from typing import ClassVar, Literal

from c8yadmin.core.jsontext import Json
from c8yadmin.jobs.registry import Outcome, Params, action
from c8yadmin.users.actions.users import UserAction
from sdk import CumulocityClient, User


class SwitchUsers(UserAction):
    """Bring users into one state (PUT /user/{tenant}/users/{id} with nothing but `enabled`)."""

    enabled: ClassVar[bool]
    terse = True
    spared = "The job works as this user: nobody else might be there to enable it again."

    def describe(self, params: Params) -> str:
        return self.label

    def difference(self, user: User, params: Params) -> tuple[Json, Json]:
        return {"enabled": bool(user.enabled)}, {"enabled": self.enabled}

    def is_so(self, user: User, params: Params) -> bool:
        return bool(user.enabled) is self.enabled

    def takes(self, after: Json) -> bool:
        return not after["enabled"]

    def change(self, c8y: CumulocityClient, user: User, params: Params, after: Json) -> Outcome:
        user.enabled = after["enabled"]
        user.update()
        return Outcome.ok()


@action
class EnableUsers(SwitchUsers):
    """`users.enable`: let users sign in."""

    name = "users.enable"
    label = "Enable"
    title = "Enable users"
    place = 1
    takes_away = True
    enabled = True
    already = "It is enabled already."


@action
class DisableUsers(SwitchUsers):
    """`users.disable`: let users sign in no more; never the user that the job works as."""

    name = "users.disable"
    label = "Disable"
    title = "Disable users"
    caution = "Whoever orders this is left out: nobody else might be there to enable them again."
    place = 2
    destructive = True
    tone: ClassVar[Literal["secondary", "danger"]] = "danger"
    enabled = False
    already = "It is disabled already."
