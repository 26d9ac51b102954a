"""Users as the targets of jobs, and what all actions on them share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from c8yadmin.core.jsontext import Json
from c8yadmin.jobs.previews import existing, foreseen
from c8yadmin.jobs.registry import (
    Action,
    Occasion,
    Outcome,
    Params,
    Preview,
    TargetKind,
    Unfit,
    register_target,
)
from c8yadmin.users.forms import UserFilter
from c8yadmin.users.permissions import MANAGING, is_user
from sdk import CumulocityClient, User

register_target(
    TargetKind(
        name="users",
        label=("user", "users"),
        form=UserFilter,
        page="users:detail",
        listing="users:browse",
        id="[^/]+",
    )
)


class UserAction(Action):
    """An action on users: a GET, and a call to change what is not yet so.

    `spares` says why the user that a job works as is skipped; empty when it is not.
    """

    target: ClassVar[str] = "users"
    needs: ClassVar[tuple[str, ...]] = MANAGING
    calls: ClassVar[int] = 2
    spares: ClassVar[str] = ""
    already: ClassVar[str]

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        me = c8y.users.get_current().username or ""
        return [
            foreseen(user.id or "", user.username or "", partial(self._difference, user, me, params))
            for user in existing(c8y.users.get, ids)
        ]

    def _difference(self, user: User, me: str, params: Params) -> tuple[Json, Json]:
        self._require_other(user, me)
        return self.difference(user, params)

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        user = c8y.users.get(id)
        self._require_other(user, occasion.owner)
        if self.is_so(user, params):
            return Outcome.already_so(self.already)
        return self.change(c8y, user, params)

    def _require_other(self, user: User, me: str) -> None:
        if self.spares and is_user(user, me):
            raise Unfit(self.spares)

    @abstractmethod
    def difference(self, user: User, params: Params) -> tuple[Json, Json]:
        """What it would change of `user`, before and after."""

    @abstractmethod
    def is_so(self, user: User, params: Params) -> bool:
        """Whether there is nothing to change."""

    @abstractmethod
    def change(self, c8y: CumulocityClient, user: User, params: Params) -> Outcome:
        """Change `user`."""
