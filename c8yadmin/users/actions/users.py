"""Users as the targets of jobs, and what all actions on them share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from c8yadmin.core.jsontext import Json
from c8yadmin.jobs.orders.previews import existing, foreseen
from c8yadmin.jobs.registry import (
    Image,
    Occasion,
    Outcome,
    Params,
    Preview,
    TargetKind,
    Unfit,
    register_target,
)
from c8yadmin.jobs.undoing.undo import StateAction
from c8yadmin.users.actions.export import SHEET
from c8yadmin.users.forms import UserFilter
from c8yadmin.users.permissions import MANAGING, is_user, same_name
from sdk import CumulocityClient, User

register_target(
    TargetKind(
        name="users",
        label=("user", "users"),
        form=UserFilter,
        page="users:detail",
        listing="users:browse",
        sheet=SHEET,
        id="[^/]+",
    )
)


class UserAction(StateAction[User]):
    """An action on users: a GET, and a call to change what is not yet so.

    From the user that a job works as, nothing is taken; `spared` says why.
    """

    target: ClassVar[str] = "users"
    needs: ClassVar[tuple[str, ...]] = MANAGING
    calls: ClassVar[int] = 2
    spared: ClassVar[str]
    already: ClassVar[str]

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        me = c8y.users.get_current().username or ""
        return [
            foreseen(user.id or "", user.username or "", partial(self._difference, user, me, params))
            for user in existing(c8y.users.get, ids)
        ]

    def _difference(self, user: User, me: str, params: Params) -> tuple[Json, Json]:
        before, after = self.difference(user, params)
        self._require_other(user, me, after)
        return before, after

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        user = self.read(c8y, id)
        before, after = self.difference(user, params)
        self._require_other(user, occasion.owner, after)
        if self.took_effect(user, params, occasion):
            return Outcome.ok()
        if self.is_so(user, params):
            return Outcome.already_so(self.already)
        occasion.keep(before, after)
        return self.change(c8y, user, params, after)

    def read(self, c8y: CumulocityClient, id: str) -> User:
        return c8y.users.get(id)

    def label_of(self, found: User) -> str:
        return found.username or ""

    def state(self, found: User, image: Image, params: Params) -> Json:
        return self.difference(found, params)[0]

    def bring_back(
        self, c8y: CumulocityClient, found: User, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        self._require_other(found, occasion.owner, image.before)
        return self.change(c8y, found, params, image.before)

    def foresee(self, c8y: CumulocityClient, images: Mapping[str, Image], params: Params) -> list[Preview]:
        me = c8y.users.get_current().username or ""
        return [
            replace(shown, before={}, after={}, note=self.spared)
            if self.takes(images[shown.id].before) and same_name(shown.label, me)
            else shown
            for shown in super().foresee(c8y, images, params)
        ]

    def _require_other(self, user: User, me: str, after: Json) -> None:
        if self.takes(after) and is_user(user, me):
            raise Unfit(self.spared)

    @abstractmethod
    def difference(self, user: User, params: Params) -> tuple[Json, Json]:
        """What it would change of `user`, before and after."""

    @abstractmethod
    def is_so(self, user: User, params: Params) -> bool:
        """Whether there is nothing to change."""

    @abstractmethod
    def takes(self, after: Json) -> bool:
        """Whether to bring a user into the state `after` takes something away."""

    @abstractmethod
    def change(self, c8y: CumulocityClient, user: User, params: Params, after: Json) -> Outcome:
        """Bring `user` into the state `after`."""
