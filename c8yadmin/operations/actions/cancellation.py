"""Cancelling the operations that no device has begun."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django import forms

from c8yadmin.core.jsontext import Json
from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.orders.previews import existing, foreseen
from c8yadmin.jobs.registry import (
    Action,
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
from c8yadmin.operations.actions.export import SHEET
from c8yadmin.operations.cancelling import cancel, left_pending
from c8yadmin.operations.forms import OperationFilter
from c8yadmin.operations.rights import why_not_operate
from sdk import Conflict, CumulocityClient, Invalid, Operation, OperationStatus

REASON = "Cancelled by an administrator"

register_target(
    TargetKind(
        name="operations",
        label=("operation", "operations"),
        form=OperationFilter,
        page="operations:detail",
        listing="operations:browse",
        sheet=SHEET,
    )
)


class CancelForm(ParamsForm):
    """Why."""

    reason = forms.CharField(
        max_length=500,
        required=False,
        initial=REASON,
        help_text="What the operations say as the reason of their failure.",
    )

    def clean_reason(self) -> str:
        return self.cleaned_data["reason"] or REASON


@action
class CancelOperations(Action):
    """`operations.cancel`: fail operations that are pending (PUT); those that have gone on are skipped."""

    name = "operations.cancel"
    label = "Cancel pending"
    title = "Cancel pending operations"
    target = "operations"
    needs = ("ROLE_DEVICE_CONTROL_ADMIN",)
    calls = 2
    form = CancelForm
    irreversible = "An operation that was cancelled cannot become pending again."

    def blocked(self, request: AppRequest) -> str:
        return why_not_operate(request)

    def describe(self, params: Params) -> str:
        return f"Cancel with the reason “{params['reason']}”"

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        return [
            foreseen(operation.id or "", _label(operation), partial(_difference, operation, params))
            for operation in existing(c8y.operations.get, ids)
        ]

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        operation = c8y.operations.get(id)
        if operation.status == OperationStatus.FAILED and operation.failure_reason == params["reason"]:
            return Outcome.already_so("It is cancelled already.")
        _require_pending(operation)
        try:
            cancel(operation, params["reason"])
        except (Conflict, Invalid):
            _require_pending(c8y.operations.get(id))
            raise
        return Outcome.ok()


def _difference(operation: Operation, params: Params) -> tuple[Json, Json]:
    _require_pending(operation)
    return {"status": str(operation.status)}, {
        "status": OperationStatus.FAILED.value,
        "failureReason": params["reason"],
    }


def _require_pending(operation: Operation) -> None:
    if why := left_pending(operation):
        raise Unfit(why)


def _label(operation: Operation) -> str:
    return f"{operation.description or 'Operation'} · {operation.device_name or operation.device_id}"
