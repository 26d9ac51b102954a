"""How hard a tenant may be worked by all its jobs together, as pages and the command line ask for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from c8yadmin.jobs.execution import hours
from c8yadmin.jobs.models import TenantLimit

MOST_SLOTS = 64
SLOWEST, FASTEST = 0.01, 10_000  # requests per second
COLUMNS = ("rate", "burst", "max_leases", "hours", "hours_zone")


def hours_field() -> forms.CharField:
    """At what time of day work may be done, to be typed."""
    return forms.CharField(
        required=False,
        max_length=20,
        label="Only between",
        help_text="Hours of the day, such as 22:00-05:00. Empty: at any time.",
    )


class RateField(forms.FloatField):
    """Requests per second at most; None for no limit, which 0 is not: who types that means the opposite."""

    def __init__(self, **more: Any) -> None:
        widget = forms.NumberInput(attrs={"step": "any"})
        super().__init__(
            label="Requests per second", required=False, max_value=FASTEST, widget=widget, **more
        )

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value == 0:
            raise ValidationError(
                "With 0 no job would ever go on. Empty is no limit; to stop a job, pause it on its page."
            )
        if value is not None and value < SLOWEST:
            raise ValidationError(
                f"Less than {SLOWEST:g}, one request in {1 / SLOWEST:g} seconds, would hardly ever end."
            )


class LimitForm(forms.Form):
    """The limits of one tenant; they hold for whatever is worked a second later."""

    rate = RateField(help_text="Of all its jobs, by all workers together. Empty: no limit.")
    burst = forms.IntegerField(
        min_value=1, max_value=10_000, label="At once", help_text="After a rest so many may be sent at once."
    )
    max_leases = forms.IntegerField(
        min_value=1,
        max_value=MOST_SLOTS,
        label="Slots",
        help_text="Chunks of 500 targets that are worked at the same time.",
    )
    hours = hours_field()
    hours_zone = forms.CharField(
        required=False, max_length=64, label="Time zone", help_text="Of these hours, such as Europe/Berlin."
    )

    def clean(self) -> dict[str, Any]:
        text, zone = self.cleaned_data.get("hours"), self.cleaned_data.get("hours_zone") or "UTC"
        try:
            self.cleaned_data["hours"] = str(hours.Hours.parse(text, zone)) if text else ""
        except ValueError as error:
            self.add_error(
                "hours_zone" if "time zone" in str(error) else "hours", ValidationError(str(error))
            )
        self.cleaned_data["hours_zone"] = zone if text else ""
        return self.cleaned_data


def limit_of(tenant: str) -> TenantLimit:
    """The tenant's limits."""
    return TenantLimit.objects.filter(tenant=tenant).first() or TenantLimit(tenant=tenant)


def save(tenant: str, form: LimitForm) -> TenantLimit:
    """Let the valid `form` be the tenant's limits from now on."""
    limit, _ = TenantLimit.objects.update_or_create(tenant=tenant, defaults=form.cleaned_data)
    return limit


def summary(limit: TenantLimit) -> dict[str, Any]:
    """The limits as the command line prints them."""
    return {"tenant": limit.tenant} | {name: getattr(limit, name) for name in COLUMNS}


def words(limit: TenantLimit) -> str:
    """The limits in a sentence."""
    rate = f"at most {limit.rate:g} requests per second, {limit.burst} at once" if limit.rate else "any rate"
    return f"{limit.tenant}: {limit.max_leases} slots, {rate}, {_when(limit)}."


def _when(limit: TenantLimit) -> str:
    try:
        return next((f"only {its.words}" for its in hours.of(limit)), "at any time")
    except ValueError:
        return f"only {limit.hours} ({limit.hours_zone}), which cannot be understood"
