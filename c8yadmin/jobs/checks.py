"""Settings of jobs that are wrong, refused before anything starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from c8yadmin.core.tenants import configured
from c8yadmin.jobs.rules import WORDS, Rule


@register(Tags.security)
def rules_of_approval_are_rules(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        tenants = {f"The tenant {tenant.slug!r}": tenant.approval for tenant in configured()}
    except (ValueError, KeyError, TypeError, AttributeError):
        tenants = {}  # core.checks says what is wrong with the list
    return [
        Error(
            f"{whose}: {text!r} does not say which jobs need approval.",
            hint=f"C8YADMIN_APPROVAL, and `approval` of a tenant, is {WORDS}.",
            id="c8yadmin.E010",
        )
        for whose, text in {"C8YADMIN_APPROVAL": settings.APPROVAL, **tenants}.items()
        if not _is_rule(text)
    ]


def _is_rule(text: Any) -> bool:
    try:
        Rule.parse(text)
    except (ValueError, AttributeError):
        return False
    return True
