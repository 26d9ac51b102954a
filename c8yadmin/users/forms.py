"""The filter of the list of users, and what an administrator may edit of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from c8yadmin.core.fields import ObjectId
from c8yadmin.core.listing import ListForm
from c8yadmin.ui.text import visible
from sdk import CumulocityClient, Query, User, UserGroup

LONG_ENOUGH = 3
"""So many characters the tenant wants of a part of a user's name."""


@dataclass(frozen=True, slots=True)
class UsersInState:
    """Those users of a query that are enabled, or not, for which the tenant has no filter: all are read."""

    query: Query[User]
    enabled: bool
    by_id = False
    chronology = None

    def __iter__(self) -> Iterator[User]:
        return (user for user in self.query if bool(user.enabled) is self.enabled)

    def ids(self, after: str | None = None) -> Iterator[str]:
        """The id of each; they come in no order in which one could go on `after` one of them."""
        return (str(user.id) for user in self)

    def count(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)


class UserFilter(ListForm):
    """Filters of users by name, global role, state and kind."""

    text = forms.CharField(label="User name contains", max_length=1000, required=False)
    group = forms.ChoiceField(label="Global role", required=False)
    state = forms.ChoiceField(
        choices=[("", "Enabled or not"), ("enabled", "Enabled"), ("disabled", "Disabled")], required=False
    )
    kind = forms.ChoiceField(choices=[("", "People"), ("devices", "Device users")], required=False)

    def __init__(self, data: Any, groups: Sequence[UserGroup] | None = None) -> None:
        """`groups` are the tenant's; where nobody has asked for them, a group is any id."""
        super().__init__(data)
        if groups is None:
            self.fields["group"] = ObjectId(label="Global role", required=False)
            return
        self.fields["group"].choices = [  # type: ignore[attr-defined]
            ("", "Any global role"),
            *((str(group.id), group.name) for group in groups),
        ]

    def query(self, c8y: CumulocityClient) -> Query[User] | UsersInState:
        """The users that match, unsent."""
        found, state = self.in_any_state(c8y), self.cleaned_data["state"]
        return UsersInState(found, state == "enabled") if state else found

    def in_any_state(self, c8y: CumulocityClient) -> Query[User]:
        """The users that match all but `state` (GET /user/{tenant}/users), unsent."""
        chosen = self.cleaned_data
        text = chosen["text"]
        filters = {
            # Fewer are taken as the beginning of the name, of which any number will do.
            "username_contains" if len(text) >= LONG_ENOUGH else "username": text,
            "groups": chosen["group"],
            "only_devices": chosen["kind"] == "devices",
        }
        return c8y.users.where(**{name: value for name, value in filters.items() if value})


# What the tenant holds of each field of the form.
ATTRIBUTES = ("first_name", "last_name", "display_name", "email", "phone")


class UserForm(forms.Form):
    """What may be edited of a user.

    Every field carries the value that the page showed: only what the administrator changed is sent, and a
    value that somebody else changed meanwhile is never put back.
    """

    first_name = forms.CharField(max_length=1000, required=False, show_hidden_initial=True)
    last_name = forms.CharField(max_length=1000, required=False, show_hidden_initial=True)
    display_name = forms.CharField(max_length=1000, required=False, show_hidden_initial=True)
    email = forms.EmailField(label="E-mail", max_length=254, required=False, show_hidden_initial=True)
    phone = forms.CharField(max_length=100, required=False, show_hidden_initial=True)

    def __init__(self, user: User, data: Any = None) -> None:
        self.user = user
        super().__init__(data, initial={name: getattr(user, name) or "" for name in ATTRIBUTES})

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name in self.changed_data:
            seen, now = self._seen(name), self.initial[name]
            if now not in (seen, self.cleaned_data.get(name, "")):
                self.add_error(name, f"Somebody changed this to “{visible(now, 100)}” meanwhile.")
        return self.cleaned_data

    def changes(self) -> dict[str, str]:
        """The attributes that the administrator changed, with their new values."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def _seen(self, name: str) -> str:
        return str(self.data.get(self.add_initial_prefix(name), ""))


class RoleForm(forms.Form):
    """A global role to give or to take."""

    group = ObjectId(label="Global role")
