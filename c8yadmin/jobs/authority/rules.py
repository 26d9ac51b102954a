"""The two-person rule as it is configured: which jobs need a second person."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from c8yadmin.core.tenants import Tenant
from c8yadmin.jobs.registry import Action

WORDS = "off, all, destructive, a number of targets, or destructive and a number: destructive,1000"


@dataclass(frozen=True, slots=True)
class Rule:
    """Approval is for destructive jobs, and for jobs of more than `above` targets; None is no such limit."""

    destructive: bool = False
    above: int | None = None

    @classmethod
    def parse(cls, text: str) -> Rule:
        """The rule that a setting spells: one of WORDS. Raises ValueError."""
        parts = [part.strip().lower() for part in text.split(",") if part.strip()]
        if parts in ([], ["off"]):
            return cls()
        if parts == ["all"]:
            return cls(destructive=True, above=0)
        numbers = [part for part in parts if part.isascii() and part.isdecimal() and len(part) < 10]
        if len(numbers) > 1 or sorted(set(parts) - set(numbers)) not in ([], ["destructive"]):
            raise ValueError(f"{text!r} is no rule of approval: write {WORDS}.")
        return cls("destructive" in parts, int(numbers[0]) if numbers else None)

    @property
    def is_on(self) -> bool:
        return self != Rule()

    def why(self, action: Action | None, total: int) -> str:
        """Why a job of this action and so many targets needs a second person; empty when it does not.

        What only reads changes nothing, and needs nobody.
        """
        if action is not None and action.reads:
            return ""
        if self.above == 0:
            return "Every job needs a second person's approval here."
        if self.destructive and (action is None or action.destructive):
            return "Destructive jobs need a second person's approval here."
        if self.above is not None and total > self.above:
            return f"More than {self.above:,} targets need a second person's approval here."
        return ""


def rule_of(tenant: Tenant | None) -> Rule:
    """The rule for the jobs of `tenant`: its own, else that of the whole console."""
    return Rule.parse((tenant and tenant.approval) or settings.APPROVAL)
