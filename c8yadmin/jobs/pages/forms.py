"""What the URLs and forms of the job pages may say."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.db.models import QuerySet

from c8yadmin.core.listing import ListForm
from c8yadmin.jobs.execution.items import ALL, CANCELED, PENDING, Items
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.registry import actions
from c8yadmin.jobs.states import RUNNABLE, STOPPING, ItemState, State

GROUPS: dict[str, tuple[str, list[State]]] = {
    "waiting": ("Waiting for confirmation", [State.READY]),
    "approval": ("Waiting for approval", [State.AWAITING_APPROVAL]),
    "active": ("Under way", [State.PREPARING, State.SCHEDULED, *sorted(RUNNABLE), *sorted(STOPPING)]),
    "paused": ("Paused", [State.PAUSED]),
    "completed": ("Completed", [State.COMPLETED]),
    "problems": ("With problems", [State.COMPLETED_WITH_ERRORS, State.ABORTED, State.FAILED]),
    "canceled": ("Canceled", [State.CANCELED]),
}


def _actions() -> list[tuple[str, str]]:
    return [("", "Any"), *((action.name, action.title or action.label) for action in actions())]


class JobFilter(ListForm):
    """The filters of the list of jobs."""

    state = forms.ChoiceField(
        required=False, choices=[("", "Any"), *((name, words) for name, (words, _) in GROUPS.items())]
    )
    action = forms.ChoiceField(required=False, choices=_actions)
    owner = forms.CharField(required=False, max_length=1000, label="Requested by")
    text = forms.CharField(
        required=False,
        max_length=200,
        label="Search",
        help_text="Part of what it does or of its targets.",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )

    sortable: ClassVar[dict[str, str]] = {
        "created": "created_at",
        "finished": "finished_at",
        "total": "total",
    }

    def query(self, jobs: QuerySet[Job]) -> QuerySet[Job]:
        """Those of `jobs` that match, the newest first unless the URL says otherwise."""
        wanted = self.filters()
        if "state" in wanted:
            jobs = jobs.filter(state__in=GROUPS[wanted["state"]][1])
        if "action" in wanted:
            name = wanted["action"]
            jobs = jobs.filter(action__in=[name, f"{name}.revert", f"{name}.redo"])
        if "owner" in wanted:
            jobs = jobs.filter(owner=wanted["owner"])
        if "text" in wanted:
            jobs = jobs.filter(summary__icontains=wanted["text"]) | jobs.filter(
                scope__icontains=wanted["text"]
            )
        column, descending = self.order or ("created_at", True)
        return jobs.order_by(f"{'-' if descending else ''}{column}", "id")


class ResultFilter(ListForm):
    """Which targets of a job are listed: by how they ended, and for which reason (see `reasons.key`)."""

    outcome = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Failed, unknown and skipped"),
            (ItemState.FAILED.value, "Failed"),
            (ItemState.UNKNOWN.value, "Unknown"),
            (ItemState.SKIPPED.value, "Skipped"),
            (ItemState.OK.value, "Done"),
            (PENDING, "To do"),
            (CANCELED, "Never started"),
            (ALL, "All targets"),
        ],
    )
    reason = forms.CharField(required=False, validators=[RegexValidator(re.compile(r"\A[0-9a-f]{12}\Z"))])

    def items(self, job: Job) -> Items:
        """The targets of the job that are meant."""
        return Items(job, self.cleaned_data["outcome"], self.cleaned_data["reason"])


class ConfirmForm(forms.Form):
    """How many targets the user thinks there are."""

    count = forms.CharField(
        max_length=30,
        label="Number of targets",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class ApprovalForm(forms.Form):
    """What the second person says."""

    comment = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ScopeForm(forms.Form):
    """What the forms that lead to a new job carry along: the action, and what it is aimed at.

    Either repeated `id`s, or `all` with the list's `filter`.
    """

    action = forms.CharField(max_length=100)
    target = forms.CharField(max_length=50)
    all = forms.BooleanField(required=False)
    filter = forms.CharField(required=False, max_length=10_000)

    @property
    def ids(self) -> list[str]:
        data: Any = self.data
        return list(data.getlist("id"))


class OnceForm(forms.Form):
    """The key that makes a form submitted twice one job."""

    idem_key = forms.CharField(validators=[RegexValidator(re.compile(r"\A[0-9a-f]{32}\Z"))])
