"""What jobs do to alarms: acknowledge, clear or reactivate them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django import forms

from c8yadmin.alarms.export import SHEET
from c8yadmin.alarms.forms import AlarmFilter
from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.orders.previews import existing, foreseen
from c8yadmin.jobs.registry import (
    Image,
    Occasion,
    Outcome,
    Params,
    ParamsForm,
    Preview,
    TargetKind,
    Unfit,
    action,
    register_target,
)
from c8yadmin.jobs.undoing.undo import StateAction
from sdk import Alarm, AlarmStatus, CumulocityClient

VERBS = {
    AlarmStatus.ACKNOWLEDGED: "Acknowledge",
    AlarmStatus.CLEARED: "Clear",
    AlarmStatus.ACTIVE: "Reactivate",
}


register_target(
    TargetKind(
        name="alarms",
        label=("alarm", "alarms"),
        form=AlarmFilter,
        page="alarms:detail",
        listing="alarms:browse",
        sheet=SHEET,
    )
)


CLEARED = "It is cleared: reactivate it to acknowledge it."


class StatusForm(ParamsForm):
    """What shall become of the alarms."""

    status = forms.ChoiceField(
        label="New status",
        choices=[(status.value, verb) for status, verb in VERBS.items()],
        widget=forms.RadioSelect,
    )


@action
class ChangeStatus(StateAction[Alarm]):
    """`alarms.status`: bring alarms into one status."""

    name = "alarms.status"
    label = "Change status"
    title = "Change status of alarms"
    terse = True
    target = "alarms"
    needs = ("ROLE_ALARM_ADMIN",)
    calls = 2
    in_one_call = True
    form = StatusForm

    def blocked(self, request: AppRequest) -> str:
        """Who sees alarms by inventory roles alone may be allowed to change some: then the tenant decides."""
        if not request.tenant.read_only and not request.person.may("ROLE_ALARM_READ"):
            return ""
        return super().blocked(request)

    def describe(self, params: Params) -> str:
        return VERBS[AlarmStatus(params["status"])]

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        return [
            foreseen(alarm.id or "", _label(alarm), partial(_difference, alarm, params))
            for alarm in existing(c8y.alarms.get, ids)
        ]

    def outlook(self, c8y: CumulocityClient, spec: Mapping[str, Any], params: Params, total: int) -> str:
        """How many are cleared, and will not be acknowledged (GET /alarm/alarms/count)."""
        if params["status"] != AlarmStatus.ACKNOWLEDGED or not total:
            return ""
        if "filter" not in spec:
            return "Those that are cleared will be skipped: only “Reactivate” opens them again."
        cleared = AlarmFilter.of_status(spec["filter"], AlarmStatus.CLEARED)
        n = cleared.query(c8y).count() if cleared else 0
        which = f"{n:,} of them {'is' if n == 1 else 'are'} cleared, and will be skipped"
        return f"{which}: only “Reactivate” opens {'it' if n == 1 else 'them'} again." if n else ""

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        alarm = self.read(c8y, id)
        if self.took_effect(alarm, params, occasion):
            return Outcome.ok()
        if alarm.status == params["status"]:
            return Outcome.already_so(
                f"It is {params['status'].lower()} already.", alarm.last_updated_datetime
            )
        before, after = _difference(alarm, params)
        occasion.keep(before, after)
        return _bring(alarm, params["status"])

    def read(self, c8y: CumulocityClient, id: str) -> Alarm:
        return c8y.alarms.get(id)

    def label_of(self, found: Alarm) -> str:
        return _label(found)

    def state(self, found: Alarm, image: Image, params: Params) -> dict[str, Any]:
        return {"status": str(found.status)}

    def bring_back(
        self, c8y: CumulocityClient, found: Alarm, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        return _bring(found, image.before["status"])


def _difference(alarm: Alarm, params: Params) -> tuple[dict[str, Any], dict[str, Any]]:
    """Raises Unfit for what is over: to acknowledge it would open it again."""
    if alarm.status == AlarmStatus.CLEARED and params["status"] == AlarmStatus.ACKNOWLEDGED:
        raise Unfit(CLEARED)
    return {"status": str(alarm.status)}, {"status": params["status"]}


def _bring(alarm: Alarm, status: str) -> Outcome:
    alarm.status = status
    alarm.update()
    return Outcome.ok()


def _label(alarm: Alarm) -> str:
    return f"{alarm.type}: {alarm.text}"
