"""Giving global roles to users, and taking them."""

from __future__ import annotations

from typing import ClassVar

from django import forms

from c8yadmin.core.jsontext import Json
from c8yadmin.jobs.registry import Outcome, Params, ParamsForm, action
from c8yadmin.users.actions.users import UserAction
from c8yadmin.users.roles import one_role
from sdk import CumulocityClient, NotFound, User


class RoleForm(ParamsForm):
    """One global role."""

    suggestions: ClassVar[dict[str, str]] = {"role": "users:roles"}

    role = forms.CharField(
        max_length=300,
        label="Global role",
        help_text="Its name or its id.",
        widget=forms.TextInput(attrs={"list": "role_names", "autocomplete": "off"}),
    )


class RoleAction(UserAction):
    """A change of who has one global role, which is looked up when the job is made."""

    form = RoleForm
    gives: ClassVar[bool]
    spared = "The job works as this user: another administrator has to take a global role from it."

    def settle(self, c8y: CumulocityClient, params: Params) -> Params:
        role = one_role(c8y, params["role"])
        return {"role": str(role.id), "name": role.name or str(role.id)}

    def difference(self, user: User, params: Params) -> tuple[Json, Json]:
        held = {f"global role “{params['name']}”": "held"}
        return held if _has(user, params) else {}, held if self.gives else {}

    def is_so(self, user: User, params: Params) -> bool:
        return _has(user, params) is self.gives

    def takes(self, after: Json) -> bool:
        return not after

    def change(self, c8y: CumulocityClient, user: User, params: Params, after: Json) -> Outcome:
        step = c8y.user_groups.assign_users if after else c8y.user_groups.unassign_users
        try:
            step(params["role"], user.id or "")
        except NotFound:  # the user was there a moment ago
            if not after:
                return Outcome.already_so(RemoveRole.already)
            return Outcome.failed("The global role is gone.", "gone")
        return Outcome.ok()


@action
class AddRole(RoleAction):
    """`users.role.add`: give a global role (POST /user/{tenant}/groups/{group}/users)."""

    name = "users.role.add"
    label = "Add global role"
    place = 3
    already = "It has this global role already."
    gives = True

    def describe(self, params: Params) -> str:
        return f"Add the global role “{params['name']}”"


@action
class RemoveRole(RoleAction):
    """`users.role.remove`: take a global role (DELETE /user/{tenant}/groups/{group}/users/{id}).

    Never from the user that the job works as.
    """

    name = "users.role.remove"
    label = "Remove global role"
    caution = "Whoever orders this is left out: another administrator has to take a global role from them."
    place = 4
    already = "It does not have this global role."
    gives = False

    def describe(self, params: Params) -> str:
        return f"Remove the global role “{params['name']}”"


def _has(user: User, params: Params) -> bool:
    return any(str(group.id) == params["role"] for group in user.groups)
