"""Sending one operation to many devices, to none of them twice.

The platform takes every POST for a new operation, so each carries the mark of its job. Where nobody knows
whether a call arrived, the device's operations with such a mark are read before it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from c8yadmin.core.jsontext import Json, readable
from c8yadmin.core.request import AppRequest
from c8yadmin.jobs.orders.placeholders import Placeholders
from c8yadmin.jobs.orders.previews import foreseen
from c8yadmin.jobs.registry import (
    Image,
    Nature,
    Occasion,
    Outcome,
    Params,
    ParamsForm,
    Preview,
    Unfit,
    action,
)
from c8yadmin.jobs.undoing.reversal import Undoable
from c8yadmin.operations import samples
from c8yadmin.operations.body import fragments, parse, supported
from c8yadmin.operations.cancelling import cancel, left_pending
from c8yadmin.operations.rights import why_not_operate
from sdk import (
    Conflict,
    CumulocityClient,
    Invalid,
    ManagedObject,
    Operation,
    OperationStatus,
    RateLimited,
    Refused,
    ServerError,
    Timeout,
    Unauthorized,
)

MARK = "c8yadmin_Job"
UNDONE = "Taken back by an administrator"
TAKEN_BACK = "It is taken back already."
VALUES = Placeholders("{{", "}}")
SKEW = timedelta(hours=1)  # between our clock and the tenant's, at the very most


class OperationForm(ParamsForm):
    """The operation as JSON, in whose texts each device's own values stand."""

    body = forms.CharField(
        label="Operation (JSON)",
        max_length=100_000,
        strip=False,
        initial=samples.SAMPLES[0].text,
        help_text=f"Texts may hold values of each device: {VALUES.known}.",
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "editor", "wrap": "off"}),
    )
    unsupported = forms.BooleanField(
        required=False,
        label="Send it also to devices that do not name it as supported",
        help_text="Otherwise these are skipped. There it may stay pending for ever.",
    )

    def clean_body(self) -> Json:
        body = parse(self.cleaned_data["body"])
        if MARK in body:
            raise ValidationError(f"Leave out {MARK}: it marks the operations of a job.")
        for text in _texts(body):
            if unknown := VALUES.unknown(text):
                raise ValidationError(f"There is no placeholder {unknown[0]}. Write {VALUES.known}.")
        return body

    @classmethod
    def typed(cls, params: Params) -> dict[str, Any]:
        return super().typed(params) | {"body": readable(params["body"])}


@action
class CreateOperations(Undoable):
    """`operations.create`: send an operation to each device (POST /devicecontrol/operations).

    To undo it cancels those that no device has begun.
    """

    name = "operations.create"
    label = "Send operation"
    place = 2
    target = "devices"
    needs = ("ROLE_DEVICE_CONTROL_ADMIN",)
    calls = 2
    repeatable = False
    nature: ClassVar[Nature] = "addition"
    form = OperationForm
    loses = "That only cancels operations which are still pending; what a device has begun or done stays."
    final = "An operation that was cancelled cannot become pending again."

    def blocked(self, request: AppRequest) -> str:
        return why_not_operate(request)

    def describe(self, params: Params) -> str:
        names = ", ".join(fragments(params["body"]))
        description = params["body"].get("description")
        return f"Send “{description}” ({names})" if description else f"Send {names}"

    def preview(self, c8y: CumulocityClient, ids: Sequence[str], params: Params) -> list[Preview]:
        found = {device.id: device for device in c8y.inventory.where(ids=list(ids))} if ids else {}
        return [
            foreseen(id, found[id].name or "", partial(_difference, found[id], params))
            for id in ids
            if id in found
        ]

    def perform(self, c8y: CumulocityClient, id: str, params: Params, occasion: Occasion) -> Outcome:
        if occasion.repeated and (known := _looked_up(c8y, id, occasion)):
            return known
        content = _content(c8y.inventory.get(id), params)
        mark = _mark(occasion)
        occasion.keep(mark.before, mark.after)
        try:
            c8y.operations.send_to(content | {MARK: {"id": occasion.job}}, id)
        except Timeout as error:
            occasion.unanswered |= not error.safe_to_repeat
            raise
        return Outcome.ok()

    def restore(
        self, c8y: CumulocityClient, id: str, image: Image, params: Params, occasion: Occasion
    ) -> Outcome:
        found = _sent(c8y, id, image)
        if _is_undone(found):
            return Outcome.already_so(TAKEN_BACK)
        _require_pending(found)
        try:
            for operation in found:
                cancel(operation, UNDONE)
        except (Conflict, Invalid):
            _require_pending(_sent(c8y, id, image))
            raise
        return Outcome.ok()

    def foresee(self, c8y: CumulocityClient, images: Mapping[str, Image], params: Params) -> list[Preview]:
        names = {one.id: one.name or "" for one in c8y.inventory.where(ids=list(images))} if images else {}
        return [
            foreseen(id, names.get(id, id), partial(_taken_back, c8y, id, image))
            for id, image in images.items()
        ]


def _taken_back(c8y: CumulocityClient, id: str, image: Image) -> tuple[Json, Json]:
    found = _sent(c8y, id, image)
    if _is_undone(found):
        raise Unfit(TAKEN_BACK)
    _require_pending(found)
    return {"status": OperationStatus.PENDING.value}, {
        "status": OperationStatus.FAILED.value,
        "failureReason": UNDONE,
    }


def _is_undone(found: Sequence[Operation]) -> bool:
    return any(operation.failure_reason == UNDONE for operation in found)


def _sent(c8y: CumulocityClient, id: str, image: Image) -> list[Operation]:
    """The operations that the device got from the job of `image`; one, where the platform forgot none."""
    since = datetime.fromisoformat(image.after["since"]) - SKEW
    marked = c8y.operations.where(device_id=id, fragment=MARK, date_from=since)
    return [operation for operation in marked if operation.get(f"{MARK}.id") == image.after[MARK]]


def _require_pending(found: Sequence[Operation]) -> None:
    if not found:
        raise Unfit("Its operation is gone.")
    if all(left_pending(operation) for operation in found):
        raise Unfit(left_pending(found[0]))


def _looked_up(c8y: CumulocityClient, id: str, occasion: Occasion) -> Outcome | None:
    """How the call of an earlier attempt ended; None when it never arrived and may be sent again."""
    try:
        if _was_sent(c8y, id, occasion):
            return Outcome.ok()
    except (RateLimited, ServerError, Unauthorized):
        raise  # the look-up may succeed another time
    except Refused as error:
        words = f"Nobody can tell whether this was sent: {error.message}"
        return Outcome.unknown(words, error.error, error.status)
    if occasion.unanswered:
        return Outcome.unknown(
            "The tenant did not answer in time; the operation may still appear.", "timeout"
        )
    return None


def _was_sent(c8y: CumulocityClient, id: str, occasion: Occasion) -> bool:
    return bool(_sent(c8y, id, _mark(occasion)))


def _mark(occasion: Occasion) -> Image:
    """What is left where nothing was: enough to find the operation again."""
    return Image({}, {MARK: occasion.job, "since": occasion.since.isoformat()})


def _difference(device: ManagedObject, params: Params) -> tuple[Json, Json]:
    return {}, _content(device, params)


def _content(device: ManagedObject, params: Params) -> Json:
    """The operation for `device`. Raises Unfit."""
    known = supported(device)
    missing = [name for name in fragments(params["body"]) if name not in known]
    if missing and not params["unsupported"]:
        raise Unfit(f"It does not name {', '.join(missing)} as supported.")
    content: Json = _filled(params["body"], device)
    return content


def _filled(value: Any, device: ManagedObject) -> Any:
    if isinstance(value, str):
        return VALUES.fill(value, device)
    if isinstance(value, list):
        return [_filled(item, device) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, device) for key, item in value.items()}
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
