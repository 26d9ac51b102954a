"""The filter of the list of operations, and the form for a new one."""

from __future__ import annotations

from typing import Any

from django import forms

from c8yadmin.core.fields import Moment, ObjectId, check_span
from c8yadmin.core.listing import ListForm
from c8yadmin.operations.body import parse
from sdk import CumulocityClient, Operation, OperationStatus, Query


class OperationFilter(ListForm):
    """Filters of operations by status, device and time of creation."""

    status = forms.ChoiceField(
        choices=[("", "Any status"), *((s.value, s.value.capitalize()) for s in OperationStatus)],
        required=False,
    )
    device = ObjectId(label="Device id", required=False)
    since = Moment("From (UTC)")
    until = Moment("To (UTC)")

    def clean(self) -> dict[str, Any]:
        super().clean()
        check_span(self)
        return self.cleaned_data

    def query(self, c8y: CumulocityClient) -> Query[Operation]:
        """The operations that match, newest first (GET /devicecontrol/operations), unsent."""
        chosen = self.cleaned_data
        filters = {
            "status": chosen["status"],
            "device_id": chosen["device"],
            "date_from": chosen["since"],
            "date_to": chosen["until"],
        }
        given = {name: value for name, value in filters.items() if value}
        return c8y.operations.where(ascending=False, **given)


class NewOperation(forms.Form):
    """An operation for one device; `body` is validated into the dict to send."""

    device = ObjectId(label="Device id")
    body = forms.CharField(
        label="Operation (JSON)",
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "font-monospace"}),
    )
    unsupported = forms.BooleanField(
        label="Send it although the device does not name it as supported", required=False
    )

    def clean_body(self) -> dict[str, Any]:
        return parse(self.cleaned_data["body"])
